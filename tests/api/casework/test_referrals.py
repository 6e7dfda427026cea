"""What a policy refers to a person: the case opens by itself, is worked on, and ends in a decision like any other."""

from __future__ import annotations

import datetime as dt
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from api.reconcile import differences
from api.schemas import DecisionAnswer
from api.settings import Settings
from audit.verify import verify_database
from tests.api.casework.conftest import Office, conclusion, refused, written
from tests.api.conftest import service_of, told


def test_a_referral_opens_its_case_at_once(office: Office, leaves: Any) -> None:
    """The very next entry after a `refer` is its case; other outcomes open none."""
    office.decide()
    decision, case = office.refer()

    entry = leaves()[decision["log"]["index"] + 1]
    assert (entry["kind"], entry["actor"], entry["case"]["id"]) == ("review_opened", "service", case)
    assert entry["case"]["decision"] == decision["id"]
    assert [each["kind"] for each in leaves()].count("review_opened") == 1
    view = office.case(case)
    assert (view["case"]["state"], view["case"]["kind"], view["case"]["cause"]) == ("open", "review", "referred")
    assert view["decision"]["id"] == decision["id"]


def test_from_referral_to_decision(office: Office, app: Litestar, settings: Settings) -> None:
    """Claimed, asked, answered with facts put right, recommended, approved: and the integrator has a new decision."""
    decision, case = office.refer()
    assert office.done("ada", case, "claim")["holder"] == office.actor("ada")
    question = {"question": {"zh": "请提供信用分。", "en": "Please give the score."}, "facts": ["score"]}
    waiting = office.done("ada", case, "ask", question)
    assert (waiting["state"], waiting["lease_until"]) == ("waiting", None)
    seen = office.case(case, "integrator")
    assert seen["history"][-1]["asks"] == ["score"]
    assert seen["history"][-1]["actor"] is None
    office.clock.now += dt.timedelta(days=3)
    answered = office.done("integrator", case, "answer", {"text": "Here it is.", "facts": {"score": 640}})
    assert (answered["state"], office.case(case)["case"]["holder"]) == ("claimed", office.actor("ada"))
    verdicts = office.case(case)["verdicts"]
    assert (verdicts["then"]["verdict"], verdicts["then"]["because"]) == ("changed", ["data"])
    assert verdicts["then"]["outcome"] == verdicts["now"]["outcome"] == "approve"
    proposed = conclusion("decide", "approve", 6_000_000)
    assert refused(office.act("ada", case, "conclude", proposed)) == "second_person_needed"
    recommended = office.done("ada", case, "recommend", proposed)
    assert (recommended["state"], recommended["recommendation"]["outcome"]) == ("open", "approve")
    concluded = office.done("ben", case, "approve")

    assert (concluded["state"], concluded["result"]) == ("concluded", "decide")
    fetched = office.get("integrator", f"/decisions/{concluded['new_decision']}")
    new = msgspec.json.decode(fetched.content, type=DecisionAnswer)
    assert (new.outcome, new.engine.name, new.trace) == ("approve", "person", ())
    assert new.offer is not None
    assert new.offer.limit_fen == 6_000_000
    assert new.review == msgspec.convert({"case": case, "decision": decision["id"]}, type(new.review))
    assert new.statement.zh.startswith("您的申请已通过。额度 60,000.00 元")
    listed = office.get("integrator", "/decisions").json()["items"]
    assert [item["id"] for item in listed] == [new.id, decision["id"]]
    assert list(differences(settings.database)) == []
    assert verify_database(settings.database, str(service_of(app).log.vkey)).findings == ()


def test_the_queue_shows_what_is_urgent_first(office: Office) -> None:
    """Cases come by their deadline; filters narrow, and pages neither repeat nor skip."""
    cases = []
    for day in range(5):
        office.clock.now += dt.timedelta(days=day)
        cases.append(office.refer(subject=f"s{day}")[1])
    office.done("ada", cases[3], "claim")

    listed = office.get("ada", "/cases").json()["items"]
    assert [item["id"] for item in listed] == cases
    assert _ids(office, "ada", whose="mine") == [cases[3]]
    assert _ids(office, "ben", whose="unclaimed") == [cases[0], cases[1], cases[2], cases[4]]
    assert _ids(office, "ben", state="claimed") == [cases[3]]
    assert _ids(office, "ben", state="concluded") == _ids(office, "ben", kind="appeal") == []
    assert _ids(office, "ben", order="newest") == cases[::-1]
    assert _ids(office, "ben", due_before=listed[2]["due_at"]) == cases[:2]
    seen, cursor = [], None
    while True:
        page = office.get("ben", "/cases", limit=2, **({"cursor": cursor} if cursor else {})).json()
        seen += [item["id"] for item in page["items"]]
        if (cursor := page["next"]) is None:
            break
    assert seen == cases
    assert office.get("ben", "/cases", order="newest", cursor=_cursor(office)).status_code == 400


def _cursor(office: Office) -> str:
    return str(office.get("ben", "/cases", limit=2).json()["next"])


def _ids(office: Office, who: str, **params: Any) -> list[str]:
    return [item["id"] for item in office.get(who, "/cases", **params).json()["items"]]


def test_a_lease_that_is_over_frees_the_case(office: Office) -> None:
    """After half an hour the case is open to all, in the list and to a claim; the first one is too late by then."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    assert refused(office.act("ben", case, "claim")) == "held_by_another"
    office.clock.now += dt.timedelta(minutes=29, seconds=59)
    office.done("ada", case, "renew")
    office.clock.now += dt.timedelta(minutes=30)

    assert office.case(case)["case"]["state"] == "open"
    assert _ids(office, "ben", whose="unclaimed") == _ids(office, "ben", state="open") == [case]
    assert _ids(office, "ada", whose="mine") == _ids(office, "ada", state="claimed") == []
    assert refused(office.act("ada", case, "conclude", conclusion("decide", "reject"))) == "not_claimed"
    assert office.done("ben", case, "claim")["holder"] == office.actor("ben")


def test_a_person_decides_within_the_policy(office: Office) -> None:
    """Outcome, reasons, amounts and caps are the policy's; all that is wrong is told at once."""
    _, case = office.refer()
    office.done("ada", case, "claim")

    def mistakes(decision: dict[str, Any]) -> set[str]:
        answer = office.act("ada", case, "recommend", conclusion("decide", decision=decision))
        assert answer.status_code == 422, answer.text
        return {each["path"] for each in answer.json()["errors"]}

    assert mistakes({"outcome": "refer"}) == {"decision.outcome"}
    assert mistakes({"outcome": "keep"}) == {"decision.outcome"}
    assert mistakes({"outcome": "reject"}) == {"decision.reasons"}
    assert mistakes({"outcome": "reject", "reasons": ["nonsense", "score_low", "score_low"]}) == {
        "decision.reasons[0]",
        "decision.reasons[2]",
    }
    assert mistakes({"outcome": "reject", "reasons": ["score_low"], "offer": {"limit_fen": 1}}) == {
        "decision.offer.limit_fen"
    }
    assert mistakes({"outcome": "approve"}) == {
        f"decision.offer.{name}" for name in ("limit_fen", "apr_bp", "term_months")
    }
    over = {"outcome": "approve", "offer": {"limit_fen": 10_000_001, "apr_bp": 1_200, "term_months": 12}}
    assert mistakes(over) == {"decision.offer.limit_fen"}  # five incomes of 20,000 yuan
    assert office.version(case) == 2


def test_a_conclusion_says_what_it_means(office: Office) -> None:
    """Result, reasons and decision fit each other, or nothing is recorded."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    for body in (
        conclusion("decide"),
        conclusion("uphold", "reject"),
        conclusion("withdrawn"),
        conclusion("decide", "reject", because=["because I say so"]),
        conclusion("decide", "reject", because=[]),
        conclusion("decide", "reject", grounds=""),
    ):
        assert office.act("ada", case, "conclude", body).status_code == 422, body
    assert refused(office.act("ada", case, "conclude", conclusion("uphold"))) == "wrong_result"
    assert office.done("ada", case, "conclude", conclusion("decide", "reject"))["result"] == "decide"


def test_the_decision_of_a_person_can_be_explained_and_replayed(office: Office) -> None:
    """It has reasons and no trace; deciding again says that a person, not the policy, came to it."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    new = office.done("ada", case, "conclude", conclusion("decide", "reject"))["new_decision"]

    told = office.get("integrator", f"/decisions/{new}/explanation").json()
    replayed = office.http.post(f"/decisions/{new}/replay", json={}, headers=office.headers("ada")).json()
    assert [reason["code"] for reason in told["reasons"]] == ["score_low"]
    assert (told["recourse"]["alternatives"], told["recourse"]["complete"]) == ([], False)
    assert (replayed["verdict"], replayed["because"], replayed["identical"]) == ("changed", ["person"], False)
    assert "申诉" in told["statement"]["zh"]


def test_nothing_that_people_write_stands_in_a_leaf(office: Office, leaves: Any) -> None:
    """Grounds, questions, answers, notes and amounts are sealed; the file opens them, and that is recorded."""
    _, case = office.refer(subject="id-110101199003070000")
    office.done("ada", case, "claim")
    office.done("ada", case, "note", written("SECRETNOTE"))
    question = {"question": {"zh": "SECRETQUESTION", "en": "SECRETQUESTION"}}
    office.done("ada", case, "ask", question)
    office.done("integrator", case, "answer", {"text": "SECRETANSWER", "facts": {"score": 777}})
    office.done("ada", case, "conclude", conclusion("decide", "approve", 4_321_000, grounds="SECRETGROUNDS"))

    text = told(msgspec.json.encode(leaves()).decode())
    for word in ("SECRET", "110101199003070000", "777", "4321000"):
        assert word not in text
    opened = office.get("ada", f"/cases/{case}/file").json()
    assert "SECRETNOTE" in str(opened)
    assert "SECRETGROUNDS" in str(opened)
    assert (opened["facts"]["score"], opened["corrected"], opened["subject"]) == (
        777,
        ["score"],
        "id-110101199003070000",
    )
    read = leaves()[-1]
    assert (read["kind"], read["actor"], read["purpose"]) == ("sealed_read", office.actor("ada"), "review")
    party = str(office.get("integrator", f"/cases/{case}/file").json())
    assert "SECRETQUESTION" in party
    assert "SECRETANSWER" in party
    assert "SECRETNOTE" not in party
    assert "SECRETGROUNDS" not in party


@pytest.mark.parametrize("days", [0, 14, 16])
def test_a_case_is_overdue_when_its_last_day_is_over(office: Office, days: int) -> None:
    """Fifteen calendar days in China, and on Sunday 7 December the Monday after."""
    _, case = office.refer()
    office.clock.now += dt.timedelta(days=days)

    assert office.case(case)["case"]["due_on"] == "2026-12-07"
    assert office.case(case)["overdue"] == (days == 16)
    assert office.get("ada", "/cases").json()["items"][0]["overdue"] == (days == 16)
