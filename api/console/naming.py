"""What templates call things by: the reasons of decisions, and a case with the names of its codes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from api.casework.viewing import CaseView
from api.service import Service
from engine.explaining.wording import OWN
from engine.vocabulary import Text


def reason_names(service: Service) -> Callable[[str], Text]:
    """Give a way to name reasons: as the vocabulary in force states them, or the engine its own; else by their code."""
    reasons = service.policies.vocabulary.reasons

    def name(code: str) -> Text:
        return reasons[code].statement if code in reasons else OWN.get(code, Text(code, code))

    return name


def named(view: CaseView, service: Service) -> dict[str, Any]:
    """Give a case to a template, with what its codes are called."""
    because = {each.code: each.title for each in service.rulebook.reasons}
    return {
        "view": view,
        "case": view.case,
        "possible": {str(each.action): each for each in view.actions},
        "because_name": lambda code: because.get(code, Text(code, code)),
        "reason_name": reason_names(service),
    }
