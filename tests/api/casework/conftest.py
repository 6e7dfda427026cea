"""An office: a service with reviewers, a supervisor and whoever speaks for applicants, over HTTP on a turned clock."""

from __future__ import annotations

import base64
import uuid
from typing import Any

import pytest
from httpx import Client, Response
from litestar import Litestar

from api.roles import Role
from tests.api.conftest import Clock, NewKey, application, as_role, ask, service_of

PDF = b"%PDF-1.7 made up"
ANSWER = {"zh": "经复核，现答复如下。", "en": "We looked at it again, and this is our answer."}


class Office:
    """The people of a test and what they do; `integrator` owns every decision."""

    def __init__(self, http: Client, new_key: NewKey, clock: Clock) -> None:
        self.http, self.clock, self._new_key = http, clock, new_key
        self._headers: dict[str, dict[str, str]] = {"integrator": {}}
        self._roles = {
            "ada": Role.REVIEWER,
            "ben": Role.REVIEWER,
            "cyd": Role.REVIEWER,
            "sue": Role.SUPERVISOR,
            "tom": Role.SUPERVISOR,
            "channel": Role.CHANNEL,
            "auditor": Role.COMPLIANCE,
            "stranger": Role.INTEGRATOR,
            "author": Role.AUTHOR,
        }

    def headers(self, who: str) -> dict[str, str]:
        """Give the headers of somebody's key."""
        if who not in self._headers:
            self._headers[who] = as_role(self.http, self._new_key(self._roles[who]))
        return self._headers[who]

    def actor(self, who: str) -> str:
        """Name somebody as the log does."""
        header = self.headers(who).get("Authorization") or self.http.headers["Authorization"]
        return f"key:{header.split('_')[1]}"

    def decide(self, **changes: Any) -> dict[str, Any]:
        """Have something decided; rejected for its score unless changed."""
        answer = ask(self.http, application(**{"facts": {"score": 400, "income": 2_000_000}, **changes}))
        assert answer.status_code == 201, answer.text
        found: dict[str, Any] = answer.json()
        return found

    def refer(self, **changes: Any) -> tuple[dict[str, Any], str]:
        """Have something referred; give the decision and its case."""
        decision = self.decide(**{"facts": {"income": 2_000_000}, **changes})
        assert decision["outcome"] == "refer"
        cases = self.get("ada", "/cases", decision=decision["id"]).json()["items"]
        return decision, cases[0]["id"]

    def appeal(self, decision: str, who: str = "integrator", key: str | None = None, **body: Any) -> Response:
        """File an appeal."""
        sent = {"decision": decision, "statement": "This is not right: I paid.", **body}
        headers = {**self.headers(who), "Idempotency-Key": key or str(uuid.uuid4())}
        return self.http.post("/appeals", json=sent, headers=headers)

    def get(self, who: str, path: str, **params: Any) -> Response:
        """Read as somebody."""
        return self.http.get(path, params=params, headers=self.headers(who))

    def case(self, case: str, who: str = "ada") -> dict[str, Any]:
        """Show a case."""
        found: dict[str, Any] = self.get(who, f"/cases/{case}").json()
        return found

    def version(self, case: str) -> int:
        """Give the version a case is at."""
        return int(self.case(case, "auditor")["case"]["version"])

    def act(
        self, who: str, case: str, action: str, body: Any = None, version: int | None = None, **headers: str
    ) -> Response:
        """Take an action at the version the case is at, or at another."""
        at = self.version(case) if version is None else version
        named = {**self.headers(who), "If-Match": f'"{at}"', **headers}
        return self.http.post(f"/cases/{case}/{action}", json=body, headers=named)

    def done(self, who: str, case: str, action: str, body: Any = None) -> dict[str, Any]:
        """Take an action that has to succeed; give the case after it."""
        answer = self.act(who, case, action, body)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


def refused(answer: Response, status: int = 409) -> str:
    """Give the code of a refusal."""
    assert answer.status_code == status, answer.text
    problem = answer.json()
    assert problem["errors"][0]["remedy"]
    return str(problem["errors"][0].get("code") or problem["type"].rsplit(":", 1)[1])


def written(text: str = "for the file") -> dict[str, str]:
    """Write something down."""
    return {"text": text}


def document() -> dict[str, str]:
    """Give a document to attach."""
    return {"name": "proof.pdf", "media_type": "application/pdf", "content": base64.b64encode(PDF).decode()}


def conclusion(result: str, outcome: str | None = None, limit_fen: int = 1_000_000, **changes: Any) -> dict[str, Any]:
    """Write how a case should end; with a decision if an outcome is given."""
    body: dict[str, Any] = {"result": result, "because": ["judgement"], "grounds": "It was weighed.", "answer": ANSWER}
    if outcome == "approve":
        body["decision"] = {"outcome": outcome, "offer": {"limit_fen": limit_fen, "apr_bp": 1_200, "term_months": 12}}
    elif outcome is not None:
        body["decision"] = {"outcome": outcome, "reasons": ["score_low"]}
    return {**body, **changes}


@pytest.fixture
def office(http: Client, new_key: NewKey, clock: Clock) -> Office:
    """Open the office."""
    return Office(http, new_key, clock)


@pytest.fixture
def leaves(app: Litestar) -> Any:
    """Give all entries of the log, parsed, whenever asked."""

    def read() -> list[dict[str, Any]]:
        import msgspec

        log = service_of(app).log
        return [msgspec.json.decode(log.entry(index)) for index in range(log.size())]

    return read
