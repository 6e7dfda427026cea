"""What is done with a case: a form, a page to check what will happen, and then the one transaction that does it.

The version a form was made from goes with it, so that nobody acts on a case that has changed under their hands; who
does is told what happened in between, and keeps what they wrote.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath

from api.accounts.errors import LineRefuses
from api.auth import needs
from api.casework.actions import Asked as Wanted
from api.casework.errors import ActionRefused
from api.casework.states import Action, CaseKind, Result
from api.console import forms
from api.console.naming import named
from api.console.rendering import page, seen_other
from api.errors import InvalidBody, Mistake, NotFound, Stale
from api.roles import Permission
from api.service import Service

Asked = Request[Any, Any, Any]
Form = Literal["plain", "text", "question", "conclusion"]

#: Which form an action takes; what is not here is not done by those who use the console.
FORMS: Mapping[str, Form] = {
    Action.CLAIM: "plain",
    Action.RENEW: "plain",
    Action.RELEASE: "plain",
    Action.NOTE: "text",
    Action.ASK: "question",
    Action.RECOMMEND: "conclusion",
    Action.CONCLUDE: "conclusion",
    Action.APPROVE: "plain",
    Action.DECLINE: "text",
    Action.ESCALATE: "text",
    Action.EXTEND: "text",
}
AT_ONCE = {Action.CLAIM, Action.RENEW, Action.RELEASE, Action.NOTE}  #: done without a page to check first
_READ: Mapping[Form, Callable[[Mapping[str, str]], Any]] = {
    "text": forms.written,
    "question": forms.question,
    "conclusion": forms.conclusion,
}
_TEXTS = (*forms.TEXTS, "text", "question_zh", "question_en")
_RESULTS = {
    CaseKind.REVIEW: (Result.DECIDE,),
    CaseKind.APPEAL: (Result.UPHOLD, Result.OVERTURN, Result.POLICY_DEFECT),
}


class Doing:
    """One request to do something with a case."""

    def __init__(self, request: Asked, service: Service, case: str, action: Action, draft: Mapping[str, str]) -> None:
        self._request, self._service = request, service
        self._case, self._action, self._draft = case, action, draft

    def answer(self) -> Response[Any]:
        """Show what would happen, or do it; a form that does not do is shown again with what is wrong with it."""
        step = self._draft.get("step", "check")
        try:
            read = _READ.get(FORMS[self._action])
            body = read(self._draft) if read and step != "edit" else None
            if step == "edit":
                return self.form()
            if step == "check" and self._action not in AT_ONCE:
                self._service.cases.tried(self._action, self._wanted(), body)
                return self.form(body=body)
            self._do(body)
        except Stale:
            return self._conflict()
        except (InvalidBody, ActionRefused, LineRefuses) as refused:
            return self.form(refused.mistakes)
        return seen_other(f"/console/cases/{self._case}?done={self._action}")

    def _do(self, body: Any) -> None:
        method = getattr(self._service.cases, self._action.value)
        method(self._wanted()) if body is None else method(self._wanted(), body)

    def _wanted(self) -> Wanted:
        return Wanted(self._request.user, self._case, frozenset({self._version()}))

    def form(self, mistakes: tuple[Mistake, ...] = (), body: Any = None) -> Response[str]:
        """Show the form, or with a `body` what it comes to."""
        view = self._service.case_views.of(self._case, self._request.user)
        name, policies = view.case.policy.name, self._service.policies
        plain = FORMS[self._action] == "plain"
        values = {
            **named(view, self._service),
            "action": str(self._action),
            "form": FORMS[self._action],
            "draft": {field: value for field, value in self._draft.items() if field not in {"token", "step"}},
            "version": self._draft.get("version", str(view.case.version)),
            "mistakes": mistakes,
            "body": None if body is None else msgspec.to_builtins(body),
            "checking": body is not None or plain,
            "results": [str(each) for each in _RESULTS[view.case.kind]],
            "reasons": self._service.rulebook.reasons,
            "policy": policies[name] if name in policies.names else None,
        }
        return page(self._request, "act.html", values, 422 if mistakes else 200)

    def _conflict(self) -> Response[str]:
        return conflict(self._request, self._service, self._case, self._action, self._draft)

    def _version(self) -> int:
        return version_of(self._draft)


def conflict(request: Asked, service: Service, case: str, action: Action, draft: Mapping[str, str]) -> Response[str]:
    """Tell what happened since the version a form was made from, and give back what was written."""
    view, seen = service.case_views.of(case, request.user), version_of(draft)
    values = {
        **named(view, service),
        "action": str(action),
        "since": [step for step in view.history if step.version > seen],
        "kept": {field: draft[field] for field in _TEXTS if draft.get(field)},
    }
    return page(request, "conflict.html", values, 412)


def version_of(draft: Mapping[str, str]) -> int:
    """Give the version of the case a form was made from; raise InvalidBody if it says none."""
    text = draft.get("version", "")
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        problem = "the form does not say from which version of the case it was made"
        raise InvalidBody(mistakes=[Mistake("version", problem, "load the page again")])
    return int(text)


@get("/cases/{case_id:str}/{action:str}", guards=[needs(Permission.WORK_CASES)], sync_to_thread=True)
def ask(
    request: Asked, case_id: FromPath[str], action: FromPath[str], service: NamedDependency[Service]
) -> Response[str]:
    """Show the form of an action."""
    return Doing(request, service, case_id, _known(action), {}).form()


@post("/cases/{case_id:str}/{action:str}", guards=[needs(Permission.WORK_CASES)], status_code=303)
async def act(
    request: Asked,
    case_id: FromPath[str],
    action: FromPath[str],
    service: NamedDependency[Service],
    form: NamedDependency[dict[str, str]],
) -> Response[Any]:
    """Check what a form says, or do it."""
    return await asyncio.to_thread(Doing(request, service, case_id, _known(action), form).answer)


def _known(action: str) -> Action:
    if action not in FORMS:
        problem = f"`{action[:40]}` is nothing that is done here"
        raise NotFound(mistakes=[Mistake("action", problem, f"one of: {', '.join(FORMS)}")])
    return Action(action)


handlers = [ask, act]
