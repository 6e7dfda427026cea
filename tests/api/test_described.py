"""Every operation, taken to its success once: what comes back is what the OpenAPI document says, header by header."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import Client, Response
from jsonschema import Draft202012Validator
from litestar import Litestar

from api.roles import Role
from api.settings import Settings
from tests.api.casework.conftest import ANSWER, Office, conclusion, document, written
from tests.api.conftest import Clock, NewKey, application, as_role, ask
from tests.api.walking import METHODS, Walk, Walked, belongings, walkable

#: Headers that are about the message and not about what is in it; docs/access.md tells the second row.
GENERAL = {
    *("content-type", "content-length", "date", "server", "vary", "content-disposition", "cache-control"),
    *("content-security-policy", "x-content-type-options", "x-frame-options", "referrer-policy", "permissions-policy"),
    *("cross-origin-opener-policy", "cross-origin-resource-policy", "allow"),
}
MATTER = {"kind": "complaint", "subject": "customer-1", "text": "I paid."}
ROLES = (Role.INTEGRATOR, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN, Role.CHANNEL)
#: What takes back or ends something others need, and so comes last, in this order.
LAST = (
    *("webhooks_change", "webhooks_unsubscribe", "subjects_allow", "subjects_release", "users_disable", "users_forget"),
    *("subjects_erase", "keys_rotate", "keys_revoke"),
)


class Held:
    """Holds every answer against the document, and remembers which operations succeeded."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = document
        self._ways = [
            (
                method.upper(),
                re.compile(re.sub(r"{path}", "(.+)", path).replace("{", "(?P<").replace("}", ">[^/]+)")),
                each,
            )
            for path, item in sorted(document["paths"].items(), key=lambda way: way[0].count("{"))
            for method, each in item.items()
            if method in METHODS
        ]
        self.succeeded: set[str] = set()
        self.wrong: dict[str, str] = {}

    @property
    def operations(self) -> set[str]:
        """Name all there are."""
        return {operation["operationId"] for _, _, operation in self._ways}

    def look(self, answer: Response) -> None:
        """Look at one answer."""
        answer.read()
        path = answer.request.url.path
        operation = next(
            (each for method, way, each in self._ways if method == answer.request.method and way.fullmatch(path)), None
        )
        if operation is None:
            return
        if answer.is_success:
            self.succeeded.add(operation["operationId"])
        for problem in self._problems(operation, answer):
            self.wrong[f"{operation['operationId']} {answer.status_code} {problem}"] = answer.text[:300]

    def _problems(self, operation: dict[str, Any], answer: Response) -> Iterator[str]:
        told = operation["responses"].get(str(answer.status_code))
        if told is None:
            yield "status"
            return
        headers = {name.lower(): each for name, each in told.get("headers", {}).items()}
        yield from (f"header {name}" for name in answer.headers if name not in {*headers, *GENERAL})
        yield from (
            f"no {name}" for name, each in headers.items() if each.get("required") and name not in answer.headers
        )
        kind = answer.headers.get("content-type", "").partition(";")[0]
        content = told.get("content", {})
        if (kind or None) not in (content or {None: None}):
            yield f"type {kind}"
        elif kind.endswith("json") and (schema := content[kind].get("schema")):
            yield from self._mistakes(schema, answer)

    def _mistakes(self, schema: dict[str, Any], answer: Response) -> Iterator[str]:
        checker = Draft202012Validator({**schema, "components": self._document["components"]})
        yield from (f"{each.json_path}: {each.message[:200]}" for each in checker.iter_errors(answer.json()))


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Let a key have something of every kind."""
    return walkable(settings)


@pytest.fixture
def office(http: Client, new_key: NewKey, clock: Clock) -> Office:
    """Open the office."""
    return Office(http, new_key, clock)


@pytest.fixture
def held(http: Client) -> Held:
    """Look at all that is answered from now on."""
    found = Held(http.get("/schema/openapi.json").json())
    http.event_hooks = {"response": [found.look]}
    return found


def test_every_success_is_described(app: Litestar, http: Client, office: Office, new_key: NewKey, held: Held) -> None:
    """No operation is left that nobody saw succeed, and no answer on the way that the document does not describe."""
    things = belongings(http)
    _life_of_a_line(http)
    things |= {
        "/cases/{case_id}/letter case_id": _life_of_cases(office),
        "matter_id": _life_of_matters(office),
        "user_id": _life_of_a_user(http, new_key),
    }
    walk = Walk(app)
    for route in sorted(walk, key=_late):
        if route.operation["operationId"] not in held.succeeded:
            _until_it_succeeds(walk, route, http, new_key, things)

    assert held.wrong == {}
    assert held.operations - held.succeeded == set()


def _late(route: Walked) -> tuple[int, str]:
    name = route.operation["operationId"]
    return (0 if route.method == "GET" else 1 if name not in LAST else 2 + LAST.index(name)), str(route)


def _until_it_succeeds(walk: Walk, route: Walked, http: Client, new_key: NewKey, things: dict[str, str]) -> None:
    for role in ROLES:
        own = as_role(http, new_key(role)) if role is not Role.INTEGRATOR else {}
        if walk.ask(http, route, things, {**own, "If-Match": '"1", "2", "3"'}).is_success:
            return


QUESTION = {"question": {"zh": "？", "en": "?"}}
UPHOLD = conclusion("uphold")
#: Each action a case can take, in the name of whom, and the body.
LIFE: list[tuple[str, str, Any]] = [
    ("ada", "claim", None),
    ("ada", "renew", None),
    ("ada", "release", None),
    ("ada", "note", written()),
    ("ada", "claim", None),
    ("ada", "ask", QUESTION),
    ("integrator", "answer", {"text": "here", "facts": {"income": 50_001}}),
    ("integrator", "attachments", document()),
    ("ada", "recommend", UPHOLD),
    ("ben", "decline", written()),
    ("ben", "escalate", written()),
    ("tom", "extend", written()),
    ("sue", "claim", None),
    ("sue", "recommend", UPHOLD),
    ("tom", "approve", None),
]


def _life_of_cases(office: Office) -> str:
    """Take one case through every action but two, and others to these; give one that is concluded."""
    decision = office.decide(policy="opening", subject="cases", facts={"income": 50_000})["id"]
    case = str(office.appeal(decision).json()["id"])
    for who, action, body in LIFE:
        office.done(who, case, action, body)
    office.done("integrator", office.appeal(decision).json()["id"], "withdraw", written())
    last = office.appeal(decision).json()["id"]
    office.done("cyd", last, "claim")
    overturned = {"outcome": "approve", "offer": {"limit_fen": 1_500_000, "apr_bp": 1_200}}
    office.done("cyd", last, "conclude", conclusion("overturn", decision=overturned))
    return case


def _life_of_a_line(http: Client) -> None:
    """Open, activate, draw; the walk repays."""
    for policy, facts in (("activation", {}), ("drawdown", {"drawdown_amount": 1_000})):
        body = application(policy=policy, facts=facts)
        assert ask(http, {**body, "dry_run": True}).status_code == 200
        assert ask(http, body).json()["outcome"] == "approve"


def _life_of_a_user(http: Client, new_key: NewKey) -> str:
    """Have one made by one administrator, and confirmed by another."""
    one, other = (as_role(http, new_key(Role.ADMIN)) for _ in range(2))
    made = http.post("/users", json={"login": "chen", "name": "陈", "role": "reviewer"}, headers=one).json()["id"]
    [listed] = http.get("/users", headers=one).json()["items"]
    confirmed = http.post(f"/users/{made}/confirm", json={"version": listed["version"]}, headers=other)
    assert confirmed.status_code == 200
    return str(made)


def _life_of_matters(office: Office) -> str:
    """Take one through every step but its withdrawal; give another."""
    raised = [
        office.http.post("/matters", json=MATTER, headers={"Idempotency-Key": str(uuid.uuid4())}) for _ in range(2)
    ]
    matter, other = (str(each.json()["id"]) for each in raised)
    steps: list[tuple[str, str, Any]] = [
        ("ada", "acknowledge", None),
        ("sue", "extend", written()),
        ("ada", "answer", {"answer": ANSWER}),
    ]
    for version, (who, action, body) in enumerate(steps, 1):
        headers = {**office.headers(who), "If-Match": f'"{version}"'}
        assert office.http.post(f"/matters/{matter}/{action}", json=body, headers=headers).status_code == 200
    return other
