"""Who may judge: nobody twice, nobody what they took part in; deadlines move and cases escalate on the record."""

from __future__ import annotations

import base64
import datetime as dt
from typing import Any

import pytest

from api.casework.sweeping import escalate_overdue
from api.cli import run
from api.ledger import Ledger
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from tests.api.casework.conftest import PDF, Office, conclusion, document, refused, written
from tests.api.conftest import START, Clock


def test_nobody_reviews_what_they_decided(office: Office) -> None:
    """Who concluded a referral takes no part in the appeal against it, nor who recommended; a third one does."""
    _, first = office.refer()
    office.done("ada", first, "claim")
    office.done("ada", first, "recommend", conclusion("decide", "reject"))
    decided = office.done("ben", first, "approve")["new_decision"]
    case = office.appeal(decided).json()["id"]

    for who in ("ada", "ben"):
        assert refused(office.act(who, case, "claim")) == "took_part"
        told = {each["action"]: each for each in office.case(case, who)["actions"]}
        assert (told["claim"]["allowed"], told["claim"]["why"]) == (False, "took_part")
    office.done("sue", case, "claim")
    ended = office.done("sue", case, "conclude", conclusion("overturn", "approve"))
    again = office.appeal(ended["new_decision"]).json()["id"]
    for who in ("ada", "ben", "sue"):
        assert refused(office.act(who, again, "claim")) == "took_part"
    assert office.act("tom", again, "claim").status_code == 200


def test_who_upheld_does_not_review_again(office: Office) -> None:
    """A second appeal against the same decision goes to somebody else."""
    decision = office.decide()["id"]
    first = office.appeal(decision).json()["id"]
    office.done("ada", first, "claim")
    office.done("ada", first, "conclude", conclusion("uphold"))

    second = office.appeal(decision).json()["id"]
    assert refused(office.act("ada", second, "claim")) == "took_part"
    assert office.act("ben", second, "claim").status_code == 200


def test_two_people_agree(office: Office) -> None:
    """Nobody approves their own recommendation; a second one may decline it and recommend in turn."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    office.done("ada", case, "recommend", conclusion("decide", "approve", 6_000_000))
    assert refused(office.act("ada", case, "approve")) == "same_person"
    declined = office.done("ben", case, "decline", written("too much"))
    assert declined["recommendation"] is None
    assert refused(office.act("ben", case, "approve")) == "no_recommendation"
    office.done("ben", case, "claim")
    office.done("ben", case, "recommend", conclusion("decide", "approve", 5_500_000))
    ended = office.done("ada", case, "approve")

    new = office.get("integrator", f"/decisions/{ended['new_decision']}").json()
    assert new["offer"]["limit_fen"] == 5_500_000
    assert office.case(case)["history"][-1]["because"] == ["judgement"]


def test_what_cannot_be_carried_out_cannot_be_recommended(office: Office) -> None:
    """A recommendation is held against the policy when it is made, not when it is approved."""
    _, case = office.refer()
    office.done("ada", case, "claim")

    assert office.act("ada", case, "recommend", conclusion("decide", "approve", 10_000_001)).status_code == 422
    assert office.version(case) == 2


def test_a_deadline_is_put_off_by_a_supervisor(office: Office) -> None:
    """As often and as far as the jurisdiction grants, for a written reason, never by whoever holds the case."""
    case = office.appeal(office.decide()["id"]).json()["id"]
    assert office.act("ada", case, "extend", written()).status_code == 403
    office.done("sue", case, "claim")
    assert refused(office.act("sue", case, "extend", written("more time"))) == "same_person"
    extended = office.done("tom", case, "extend", written("complex"))
    assert (extended["due_on"], extended["extended"]) == ("2026-12-22", 1)
    office.done("tom", case, "extend", written("with approval"))
    assert refused(office.act("tom", case, "extend", written())) == "no_extension_left"
    told = {each["action"]: each["why"] for each in office.case(case, "tom")["actions"]}
    assert told["extend"] == "no_extension_left"
    seen = office.case(case, "integrator")["history"]
    assert [step["kind"] for step in seen] == ["appeal_filed", "review_extended", "review_extended"]


def test_what_is_overdue_goes_to_the_supervisors(office: Office, settings: Settings, leaves: Any) -> None:
    """The sweep escalates it once, with an entry; from then on it takes a supervisor."""
    _, late = office.refer()
    office.done("ada", late, "claim")
    office.clock.now += dt.timedelta(days=10)
    _, early = office.refer(subject="other")
    office.clock.now += dt.timedelta(days=6)
    ledger = Ledger.open(settings, office.clock)
    try:
        assert escalate_overdue(ledger) == [late]
        assert escalate_overdue(ledger) == []
    finally:
        ledger.close()

    entry = leaves()[-1]
    assert (entry["kind"], entry["actor"], entry["because"]) == ("review_escalated", "service", ["overdue"])
    assert refused(office.act("ada", late, "claim")) == "supervisor_needed"
    assert office.done("sue", late, "claim")["escalated"] is True
    assert office.done("ada", early, "claim")["escalated"] is False
    assert [item["id"] for item in office.get("sue", "/cases", escalated=True).json()["items"]] == [late]


def _swept(number: int) -> str:
    return f"{number} cases escalated, 0 ended because their subject was erased"


def test_the_sweep_of_the_command_line(settings: Settings, clock: Clock, capsys: pytest.CaptureFixture[str]) -> None:
    """`grounds cases` lists what waits, and hands what is overdue to the supervisors, once."""
    clock.now = START.replace(year=2025)
    service = Service.open(settings, clock)
    for number in range(3):
        service.workflow.decide(
            DecisionRequest("tiny", f"s{number}", {"income": 2_000_000}), "cli", str(number)
        ).result()
    service.close()
    data = ["--data", str(settings.data)]

    assert run(["cases", "list", "--overdue", *data]) == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[1:3] for line in listed] == [["review", "open"]] * 3
    assert run(["cases", "sweep", *data]) == run(["cases", "sweep", *data]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [*(line.split()[0] for line in listed), *(_swept(number) for number in (3, 0))]
    assert run(["cases", "list", "--state", "nonsense", *data]) == 2
    assert "one of open, claimed" in capsys.readouterr().err


def test_a_reviewer_hands_a_case_up(office: Office) -> None:
    """What is escalated by hand is let go at once and with a written reason."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    assert refused(office.act("ben", case, "escalate", written())) == "held_by_another"
    assert office.done("ada", case, "escalate", written("beyond me"))["holder"] is None
    assert refused(office.act("sue", case, "escalate", written())) == "escalated_already"


def test_a_supervisor_takes_a_case_away(office: Office) -> None:
    """A reviewer cannot end another's lease; a supervisor can."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    assert refused(office.act("ben", case, "release")) == "held_by_another"
    assert office.done("sue", case, "release")["state"] == "open"
    assert office.done("ben", case, "claim")["holder"] == office.actor("ben")


def test_documents_are_taken_by_what_they_are(office: Office) -> None:
    """A file is told by its first bytes, kept as it came, and given to be saved; each read is an entry."""
    _, case = office.refer()
    sent = {**document(), "name": '工资单 "11".pdf'}
    attached = office.done("integrator", case, "attachments", sent)
    assert attached["attachments"] == 1
    listed = [step for step in office.case(case)["history"] if step["media_type"]]
    assert (listed[0]["media_type"], listed[0]["size"]) == ("application/pdf", len(PDF))
    fetched = office.get("ada", f"/cases/{case}/attachments/{listed[0]['index']}")
    assert fetched.content == PDF
    assert fetched.headers["content-type"] == "application/octet-stream"
    assert fetched.headers["content-disposition"].startswith("attachment; filename*=UTF-8''%E5%B7%A5")
    assert office.get("ada", f"/cases/{case}/attachments/0").status_code == 404
    assert office.get("stranger", f"/cases/{case}/attachments/{listed[0]['index']}").status_code == 404

    for wrong in (
        {**sent, "media_type": "image/png"},
        {**sent, "media_type": "text/html"},
        {**sent, "content": base64.b64encode(b"<script>").decode()},
        {**sent, "content": base64.b64encode(PDF + bytes(5_242_881)).decode()},
    ):
        assert refused(office.act("ada", case, "attachments", wrong), 422) == "attachment-refused"
    for wrong in ({**sent, "content": "!"}, {**sent, "name": "../../etc"}, {**sent, "name": ""}):
        assert office.act("ada", case, "attachments", wrong).status_code == 422


#: Who may do what at all, by role; what a case then allows is the state machine's.
READS = {"/cases": "ada ben sue auditor integrator channel stranger", "/appeals": "ada sue auditor integrator channel"}
ACTIONS = {
    **dict.fromkeys(("claim", "renew", "release", "approve"), "ada sue"),
    **dict.fromkeys(("note", "ask", "recommend", "decline", "escalate", "conclude"), "ada sue"),
    **dict.fromkeys(("answer", "withdraw"), "integrator channel stranger"),
    "attachments": "ada sue integrator channel stranger",
    "extend": "sue",
}
ROLES = ("integrator", "channel", "ada", "sue", "auditor", "author")


@pytest.mark.parametrize("who", ROLES)
def test_the_matrix_of_actions_cell_by_cell(office: Office, who: str) -> None:
    """A role that may not is told 403 before anything else is looked at."""
    _, case = office.refer()
    for action, allowed in ACTIONS.items():
        answer = office.act(who, case, action, {})
        assert (answer.status_code != 403) == (who in allowed.split()), (who, action, answer.text)
    for path, allowed in READS.items():
        assert (office.get(who, path).status_code == 200) == (who in allowed.split()), (who, path)


def test_others_cases_are_not_there(office: Office) -> None:
    """Another integrator sees, answers and withdraws nothing; compliance reads everything and does nothing."""
    _, case = office.refer()
    for path in (f"/cases/{case}", f"/cases/{case}/file"):
        assert office.get("stranger", path).status_code == 404
        assert office.get("auditor", path).status_code == 200
    assert office.act("stranger", case, "withdraw", written()).status_code == 404
    assert office.act("auditor", case, "claim").status_code == 403
    assert office.get("stranger", "/cases").json()["items"] == []
    office.done("ada", case, "claim")
    assert office.case(case, "integrator")["case"]["holder"] is None
    assert office.get("integrator", "/cases").json()["items"][0]["holder"] is None
    assert office.get("auditor", "/cases").json()["items"][0]["holder"] == office.actor("ada")


def test_the_applicants_side_learns_nothing_by_acting(office: Office) -> None:
    """Neither who holds a case nor what is recommended is in the answer to a document, an answer or a withdrawal."""
    _, case = office.refer()
    office.done("ada", case, "claim")
    office.done("ada", case, "ask", {"question": {"zh": "？", "en": "?"}})
    told = [office.done("integrator", case, "answer", written("here"))]
    office.done("ada", case, "recommend", conclusion("decide", "approve"))
    told += [office.done(who, case, "attachments", document()) for who in ("integrator", "integrator")]
    seen = office.done("ada", case, "attachments", document())
    told += [office.done("integrator", case, "withdraw", written("never mind"))]

    assert [(each["holder"], each["recommendation"]) for each in told] == [(None, None)] * 4
    assert seen["recommendation"] == {"by": office.actor("ada"), "version": 5, "result": "decide", "outcome": "approve"}
