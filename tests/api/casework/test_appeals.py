"""Appeals: who may file one, what is answered at once, and how a decision is overturned."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from litestar import Litestar

from api.casework.schemas import AppealReceived
from api.casework.sweeping import end_erased
from api.settings import Settings
from tests.api.casework.conftest import Office, conclusion, refused, written
from tests.api.conftest import START, TINY, ask, service_of


def test_an_appeal_is_acknowledged_with_reference_and_last_day(office: Office, leaves: Any) -> None:
    """The answer names the case and the day, the leaf holds codes only, and the case is in the queue."""
    decision = office.decide()

    filed = office.appeal(decision["id"], facts={"score": 640}, person=True)
    received = msgspec.json.decode(filed.content, type=AppealReceived)

    assert filed.status_code == 201
    assert filed.headers["location"] == f"/cases/{received.id}"
    assert (received.decision, str(received.due_on), received.version) == (decision["id"], "2026-12-07", 1)
    leaf = leaves()[-1]
    assert (leaf["kind"], leaf["corrected"], leaf["case"]["wants_person"]) == ("appeal_filed", ["score"], True)
    assert "640" not in str(leaf)
    view = office.case(received.id)
    assert (view["case"]["kind"], view["case"]["wants_person"]) == ("appeal", True)
    assert office.get("integrator", "/appeals").json()["items"][0]["id"] == received.id
    assert office.get("integrator", f"/appeals/{received.id}").headers["etag"] == '"1"'


def test_the_verdict_says_what_the_policies_make_of_it(office: Office) -> None:
    """What was put right is decided again under the policy of then and of now; without it nothing changes."""
    decision = office.decide()
    same = office.appeal(office.decide(subject="other")["id"]).json()["id"]
    changed = office.appeal(decision["id"], facts={"score": 640}).json()["id"]

    told = office.case(same)["verdicts"]
    assert (told["then"]["verdict"], told["then"]["because"], told["then"]["outcome"]) == ("same", [], "reject")
    told = office.case(changed)["verdicts"]
    assert (told["then"]["verdict"], told["then"]["because"], told["now"]["outcome"]) == (
        "changed",
        ["data"],
        "approve",
    )
    opened = office.get("ada", f"/cases/{changed}/file").json()
    assert opened["parts"][0]["added"]["verdicts"]["now"]["now"]["offer"]["limit_fen"] == 5_000_000


def test_an_appeal_that_is_overturned(office: Office) -> None:
    """A reviewer finds for the applicant: the new decision refers to the old one, which stays what it was."""
    decision = office.decide()
    case = office.appeal(decision["id"], facts={"score": 640}).json()["id"]
    office.done("ada", case, "claim")
    ended = office.done("ada", case, "conclude", conclusion("overturn", "approve", because=["facts_corrected"]))

    new = office.get("integrator", f"/decisions/{ended['new_decision']}").json()
    assert (new["outcome"], new["review"]) == ("approve", {"case": case, "decision": decision["id"]})
    assert office.get("integrator", f"/decisions/{decision['id']}").json()["outcome"] == "reject"
    view = office.case(case)
    assert (view["case"]["result"], view["new_decision"]["outcome"]) == ("overturn", "approve")
    assert view["history"][-1]["because"] == ["facts_corrected"]
    told = office.get("integrator", f"/cases/{case}/file").json()["parts"][-1]["body"]
    assert {*told} == {"result", "because", "answer"}
    assert refused(office.appeal(decision["id"])) == "decision-replaced"
    again = office.appeal(ended["new_decision"])
    assert again.status_code == 201


def test_an_appeal_that_is_upheld_or_withdrawn(office: Office) -> None:
    """Nothing follows but the answer; afterwards another appeal may be filed."""
    decision = office.decide()
    case = office.appeal(decision["id"]).json()["id"]
    assert refused(office.appeal(decision["id"])) == "appeal-open"
    office.done("ada", case, "claim")
    ended = office.done("ada", case, "conclude", conclusion("uphold", because=["facts_confirmed", "policy_applied"]))
    assert (ended["result"], ended["new_decision"]) == ("uphold", None)
    second = office.appeal(decision["id"]).json()["id"]
    ended = office.done("integrator", second, "withdraw", written("we found the payment"))

    assert (ended["state"], ended["result"]) == ("concluded", "withdrawn")
    assert refused(office.act("ada", second, "claim")) == "concluded"
    assert [item["id"] for item in office.get("ada", "/appeals", state="concluded").json()["items"]] == [case, second]


def test_a_policy_defect_takes_two(office: Office) -> None:
    """That a policy is wrong is no one person's finding; it may bring another decision."""
    decision = office.decide()
    case = office.appeal(decision["id"]).json()["id"]
    office.done("ada", case, "claim")
    body = conclusion("policy_defect", "approve", because=["policy_wrong"])
    assert refused(office.act("ada", case, "conclude", body)) == "second_person_needed"
    office.done("ada", case, "recommend", body)
    ended = office.done("sue", case, "approve")

    assert (ended["result"], ended["new_decision"] is None) == ("policy_defect", False)


def test_overturning_changes_something(office: Office) -> None:
    """The very same outcome and offer is no other decision."""
    decision = office.decide()
    case = office.appeal(decision["id"]).json()["id"]
    office.done("ada", case, "claim")

    answer = office.act("ada", case, "conclude", conclusion("overturn", "reject"))
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"] == "decision"


def test_who_may_appeal(office: Office) -> None:
    """The key that asked, or a channel that names the subject; to all others there is no such decision."""
    decision = office.decide(subject="customer-7")["id"]

    assert office.appeal(decision, "stranger").status_code == 404
    assert office.appeal(decision, "channel").status_code == 404
    assert office.appeal(decision, "channel", subject="customer-8").status_code == 404
    assert office.appeal(decision, "integrator", subject="customer-8").status_code == 404
    assert office.appeal("no such decision").status_code == 404
    assert office.appeal(decision, "ada").status_code == 403
    filed = office.appeal(decision, "channel", subject="customer-7")
    assert filed.status_code == 201
    case = filed.json()["id"]
    assert [item["id"] for item in office.get("channel", "/appeals").json()["items"]] == [case]
    assert [item["id"] for item in office.get("integrator", "/appeals").json()["items"]] == [case]
    assert office.get("stranger", "/appeals").json()["items"] == []
    assert office.get("stranger", f"/cases/{case}").status_code == 404


@pytest.mark.parametrize("facts", [{"score": 9_999}, {"nonsense": 1}, {"income": "a lot"}])
def test_what_is_put_right_must_be_a_fact(office: Office, facts: dict[str, Any]) -> None:
    """Facts nobody knows or can take are refused with their path, and no appeal is filed."""
    decision = office.decide()["id"]

    answer = office.appeal(decision, facts=facts)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["path"].startswith("facts.")
    assert office.get("integrator", "/appeals").json()["items"] == []


def test_a_repeated_appeal_is_acknowledged_the_same(office: Office) -> None:
    """The same key gives the same acknowledgement; another body under it is refused, and so is no key at all."""
    decision = office.decide()["id"]
    first = office.appeal(decision, key="one")
    again = office.appeal(decision, key="one")

    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replayed"] == "true"
    assert refused(office.appeal(decision, key="one", statement="something else"), 422) == "idempotency-key-reused"
    assert ask(office.http, key="one").json()["outcome"] == "approve"  # a key of decisions is none of appeals
    body = {"decision": decision, "statement": "x"}
    assert office.http.post("/appeals", json=body).status_code == 400


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Decide by a copy of the tiny policy that a test may change."""
    shutil.copytree(TINY, tmp_path / "policies")
    return Settings(data=tmp_path / "data", policies=tmp_path / "policies", port=0, key_memory_seconds=0)


def test_a_policy_that_changed_meanwhile(office: Office, app: Litestar, settings: Settings) -> None:
    """The verdict of now is that of the policy in force when the appeal is filed, and says that the rule changed it."""
    decision = office.decide()["id"]
    text = (settings.policies / "tiny.yaml").read_text("utf-8")
    changed = text.replace("version: 1", "version: 2").replace("when: score < 600", "when: score < 390")
    (settings.policies / "tiny.yaml").write_text(changed.replace("score >= 600", "score >= 390"), "utf-8")
    service_of(app).reloading.run("tests")

    told = office.case(office.appeal(decision).json()["id"])["verdicts"]
    assert (told["then"]["verdict"], told["then"]["policy"]["version"]) == ("same", 1)
    assert (told["now"]["verdict"], told["now"]["because"], told["now"]["policy"]["version"]) == (
        "changed",
        ["rule"],
        2,
    )


def test_a_case_about_somebody_erased_ends(office: Office, app: Litestar, leaves: Any) -> None:
    """Nothing more can be written down about them: it is 410, and the sweep ends the case with an entry."""
    case = office.appeal(office.decide(subject="gone")["id"]).json()["id"]
    office.done("ada", case, "claim")
    office.clock.now = START.replace(year=2036)
    service = service_of(app)
    assert end_erased(service.ledger) == []
    assert service.subjects.erase("gone", "asked for", "tests").state == "erased"
    office.done("ada", case, "claim")
    assert office.act("ada", case, "note", written()).status_code == 410
    assert office.act("ada", case, "conclude", conclusion("uphold")).status_code == 410
    assert end_erased(service.ledger) == [case]
    assert end_erased(service.ledger) == []

    entry = leaves()[-1]
    assert (entry["kind"], entry["actor"], entry["because"]) == ("review_withdrawn", "service", ["subject_erased"])
    assert office.case(case)["case"]["result"] == "withdrawn"


def test_whose_facts_are_gone_cannot_appeal_any_more(office: Office, app: Litestar) -> None:
    """After an erasure there is nothing left to decide again, and the answer says so."""
    decision = office.decide(subject="gone")["id"]
    office.clock.now = START.replace(year=2036)
    assert service_of(app).subjects.erase("gone", "asked for", "tests").state == "erased"

    answer = office.appeal(decision)
    assert (answer.status_code, answer.json()["title"]) == (410, "the sealed part of an entry was erased on purpose")
