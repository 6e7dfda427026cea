"""An estimate before applying: plain words, no record, nothing that could teach a fraudster."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from httpx import Client, Response
from litestar import Litestar

from api.prechecks import NOTICE
from api.roles import Role
from api.settings import SHIPPED_POLICIES, Settings
from engine import Engine, load_policies
from tests.api.conftest import GOOD, NewKey, as_role, service_of


def pre_check(client: Client, facts: dict[str, Any], subject: str = "customer-1", policy: str = "tiny") -> Response:
    """Ask for an estimate."""
    return client.post("/pre-checks", json={"policy": policy, "subject": subject, "facts": facts})


def test_it_says_that_it_is_no_decision(http: Client) -> None:
    """Nobody is bound by it, and the sentence that says so comes with it."""
    told = pre_check(http, GOOD).json()

    assert told["binding"] is False
    assert told["notice"] == {"zh": NOTICE.zh, "en": NOTICE.en}
    assert "approved" not in told["statement"]["en"]


@pytest.mark.parametrize(
    ("facts", "outlook"),
    [
        (GOOD, "favourable"),
        ({"score": 500, "income": 2_000_000}, "adverse"),
        ({"score": 700, "income": 50_000}, "open"),
    ],
)
def test_it_says_what_an_application_looks_likely_to_come_to(http: Client, facts: dict[str, Any], outlook: str) -> None:
    """Favourable with what would be offered; adverse with reasons and what would help; otherwise open."""
    told = pre_check(http, facts).json()

    assert told["outlook"] == outlook
    assert (told["offer"] is not None) == (outlook == "favourable")
    assert bool(told["reasons"]) == (outlook == "adverse")
    assert all(set(each) == {"zh", "en"} for each in [*told["reasons"], *told["recourse"]["alternatives"]])


def test_nothing_is_recorded(http: Client, app: Litestar) -> None:
    """The log is as long as before, and nobody is known by the reference."""
    service = service_of(app)
    before = service.log.size()
    pre_check(http, GOOD, "somebody-new")
    with service.log.engine.connect() as connection:
        known = service.log.vault.find_subject(connection, "somebody-new")

    assert (service.log.size(), known) == (before, None)


def test_nobody_tries_answers_out(http: Client, settings: Settings) -> None:
    """So many about one person and no more, whatever the facts; somebody else is not held up; it says when again."""
    for number in range(settings.pre_checks):
        assert pre_check(http, {"score": 600 + number, "income": 2_000_000}).status_code == 200
    refused = pre_check(http, GOOD)

    assert refused.status_code == 429
    assert 0 < int(refused.headers["retry-after"]) <= settings.pre_check_window_seconds
    assert refused.json()["errors"][0]["path"] == "subject"
    assert pre_check(http, GOOD, "customer-2").status_code == 200


def test_who_may_ask(http: Client, new_key: NewKey) -> None:
    """The applicants' channel and integrators; nobody else."""
    body = {"policy": "tiny", "subject": "s", "facts": GOOD}
    allowed = {
        role for role in Role
        if http.post("/pre-checks", json=body, headers=as_role(http, new_key(role))).status_code == 200
    }  # fmt: skip

    assert allowed == {Role.INTEGRATOR, Role.CHANNEL}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"policy": "opning", "subject": "s", "facts": {}}, 422),
        ({"policy": "tiny", "subject": "s", "facts": {"scor": 1}}, 422),
        ({"policy": "tiny", "facts": {}}, 422),
        ({"policy": "tiny", "subject": "s", "facts": {}, "dry_run": True}, 422),
    ],
)
def test_mistakes_are_told_as_everywhere(http: Client, body: dict[str, Any], status: int) -> None:
    """An unknown policy, fact or member is named."""
    assert http.post("/pre-checks", json=body).status_code == status


class TestTippingOff:
    """On the shipped policies: every example in which a reason is told in general words only."""

    @pytest.fixture
    def settings(self, settings: Settings) -> Settings:
        """Take the shipped policies."""
        return settings.model_copy(update={"policies": SHIPPED_POLICIES, "pre_checks": 1_000})

    def test_an_alarm_looks_like_any_other_case_for_a_person(self, http: Client, app: Litestar) -> None:
        """Such an application, and one that is simply referred, get the same answer but for policy and moment."""
        policies = load_policies(SHIPPED_POLICIES)
        engine, answers, alarms = Engine(policies), [], 0
        for policy in policies:
            for example in policy.examples:
                given = msgspec.to_builtins(example.given)
                decision = engine.decide(policy.name, given, service_of(app).ledger.now())
                general = [
                    code for each in decision.reasons if policy.reasons.get(code := each.code)
                    and policy.reasons[code].disclose == "general"
                ]  # fmt: skip
                if general or decision.outcome == "refer":
                    alarms += bool(general)
                    told = pre_check(http, given, policy=policy.name)
                    assert told.status_code == 200, told.text
                    answers.append({name: told.json()[name] for name in told.json() if name not in ("policy", "as_of")})

        assert alarms >= 3
        assert len(answers) > alarms
        assert all(each == answers[0] for each in answers)
        assert (answers[0]["outlook"], answers[0]["reasons"], answers[0]["remedies"]) == ("open", [], [])
