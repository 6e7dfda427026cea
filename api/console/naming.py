"""A case for the templates: how it stands, with what its codes are called."""

from __future__ import annotations

from typing import Any

from api.casework.viewing import CaseView
from api.service import Service
from engine.vocabulary import Text


def named(view: CaseView, service: Service) -> dict[str, Any]:
    """Give a case to a template, with what its codes are called."""
    reasons = service.policies.vocabulary.reasons
    because = {each.code: each.title for each in service.rulebook.reasons}
    return {
        "view": view,
        "case": view.case,
        "possible": {str(each.action): each for each in view.actions},
        "because_name": lambda code: because.get(code, Text(code, code)),
        "reason_name": lambda code: reasons[code].statement if code in reasons else Text(code, code),
    }
