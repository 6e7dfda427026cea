"""Whoever refuses automation is decided about by a person, from the next entry on and until they take it back."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa
from httpx import Client
from litestar import Litestar
from pydantic import SecretStr

from api import answers
from api.automation.referral import AUTOMATION_REFUSED, referred
from api.automation.refusing import Refusals
from api.casework.tables import CASE
from api.errors import Forbidden
from api.personal import Purpose
from api.reads import Reading, Reads
from api.rebuild import rebuild
from api.reconcile import differing
from api.recording import Recorded
from api.roles import Principal, Role
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from engine import Engine, Outcome, load_policies
from tests.api.conftest import GOOD, START, TINY, NewKey, application, as_role, ask, service_of

FACTS = [GOOD, {"score": 400}, {}, {"score": 700, "income": 50_000}]
REFUSAL = "/subjects/customer-1/automation-refusal"
READING = Reading("tests", Purpose.AUDIT)


@pytest.fixture
def service(app: Litestar, http: Client) -> Service:
    """Give the service behind the client."""
    return service_of(app)


def leaf(service: Service, index: int) -> dict[str, Any]:
    """Read an entry."""
    entry: dict[str, Any] = msgspec.json.decode(service.log.entry(index))
    return entry


def sealed(service: Service, index: int) -> answers.Sealed:
    """Open what lies beside a decision."""
    return answers.read(Reads(service.ledger).open(index, READING))


@pytest.fixture(params=["sqlite", "postgres"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Service, Service]]:
    """Open two services on one log, each with its own writer."""
    url = SecretStr(request.getfixturevalue("empty_database")) if request.param == "postgres" else None
    chosen = Settings(data=tmp_path / "data", policies=TINY, url=url)
    first, second = Service.open(chosen), Service.open(chosen)
    yield first, second
    second.close()
    first.close()


@pytest.mark.parametrize("facts", FACTS)
def test_every_outcome_becomes_a_referral(http: Client, service: Service, facts: dict[str, Any]) -> None:
    """Approved, rejected, incomplete or open: a person decides, and the answer tells nothing of what the rules say."""
    before = ask(http, application(facts=facts)).json()
    assert http.post(REFUSAL).json()["refused"] is True

    answer = ask(http, application(facts=facts)).json()

    assert (answer["outcome"], answer["offer"], answer["trace"]) == ("refer", None, [])
    assert [reason["code"] for reason in answer["reasons"]] == [AUTOMATION_REFUSED]
    assert not any(answer[name] for name in ("undetermined", "missing", "asks", "binding", "faults"))
    assert "工作人员" in answer["statement"]["zh"]
    assert answer["policy"] == before["policy"]


def test_the_entry_tells_which_refusal_and_nothing_of_the_rules(http: Client, service: Service) -> None:
    """The leaf of the decision points to the refusal and names no rule that fired."""
    refused = http.post(REFUSAL).json()
    entry = leaf(service, ask(http).json()["log"]["index"])

    assert entry["automation_refused"] == refused["index"]
    assert (entry["outcome"], entry["reasons"], entry["rules"]) == ("refer", [AUTOMATION_REFUSED], [])
    assert leaf(service, refused["index"])["kind"] == "automation_refused"
    assert "automation_refused" not in leaf(service, ask(http, application(subject="other")).json()["log"]["index"])


def test_what_the_rules_came_to_is_kept_for_the_reviewer(http: Client, service: Service) -> None:
    """It lies sealed beside the answer, as the very answer that would have been given."""
    http.post(REFUSAL)
    answer = ask(http).json()
    kept = sealed(service, answer["log"]["index"])

    recommendation = json.loads(bytes(kept.recommendation))
    assert (recommendation["id"], recommendation["outcome"]) == (answer["id"], "approve")
    assert recommendation["offer"]["limit_fen"] == 5_000_000


def test_a_case_is_opened_and_says_why(http: Client, service: Service) -> None:
    """In the transaction of the decision, with the cause that the subject refuses automation."""
    http.post(REFUSAL)
    answer = ask(http).json()
    with service.log.engine.connect() as connection:
        row = connection.execute(sa.select(CASE).where(CASE.c.decision == answer["id"])).mappings().one()

    assert (row["kind"], row["cause"], row["state"]) == ("review", "automation_refused", "open")


def test_no_way_of_asking_tells_what_the_rules_came_to(http: Client, service: Service) -> None:
    """Neither the decision fetched again, nor a repetition, nor its explanation, nor its leaf, nor the search."""
    http.post(REFUSAL)
    key = str(uuid.uuid4())
    answer = ask(http, key=key).json()
    told = [
        http.get(f"/decisions/{answer['id']}"),
        ask(http, key=key),
        http.get(f"/decisions/{answer['id']}/explanation"),
        http.get(f"/log/entries/{answer['log']['index']}"),
        http.get("/decisions", params={"subject": "customer-1"}),
    ]

    assert [each.status_code for each in told] == [200, 201, 200, 200, 200]
    for each in told:
        assert "approve" not in each.text
        assert "5000000" not in each.text
        assert "通过" not in each.text
    assert json.loads(told[0].content) == json.loads(told[1].content) == answer


def test_from_the_refusal_on_nothing_is_approved_automatically(service: Service) -> None:
    """However decisions and the refusal race for the writer: before its entry approvals, after it referrals only."""
    refusals = Refusals(service.ledger)
    pending: list[Future[Recorded]] = []
    for number in range(60):
        if number == 30:
            gate = service.ledger.writer.submit(lambda connection: None)
            pending.append(service.workflow.decide(DecisionRequest("tiny", "customer-1", GOOD), "tests", "in between"))
            refused = refusals.refuse("customer-1", "tests")
            gate.result()
        pending.append(service.workflow.decide(DecisionRequest("tiny", "customer-1", GOOD), "tests", str(number)))
    outcomes = {each.result().index: leaf(service, each.result().index)["outcome"] for each in pending}

    assert refused.index is not None
    assert {outcome for index, outcome in outcomes.items() if index < refused.index} == {"approve"}
    assert {outcome for index, outcome in outcomes.items() if index > refused.index} == {"refer"}


def test_two_services_on_one_log_do_not_race(pair: tuple[Service, Service]) -> None:
    """The refusal goes through one of them, decisions through the other: after its entry nothing is approved."""
    deciding, refusing = pair
    for turn in range(5):
        who = f"person-{turn}"
        request = DecisionRequest("tiny", who, GOOD)
        pending = [deciding.workflow.decide(request, "tests", f"{who}-{number}") for number in range(10)]
        refused = Refusals(refusing.ledger).refuse(who, "tests")
        pending += [deciding.workflow.decide(request, "tests", f"{who}-{number}") for number in range(10, 20)]
        assert refused.index is not None
        for each in pending:
            index = each.result().index
            assert leaf(deciding, index)["outcome"] == ("approve" if index < refused.index else "refer")


def test_a_refusal_is_recorded_once_and_taken_back_once(http: Client, service: Service) -> None:
    """A repetition adds no entry; after it was taken back rules decide again, and a second taking back is 404."""
    first, again = http.post(REFUSAL).json(), http.post(REFUSAL).json()
    assert first == again == http.get(REFUSAL).json()

    back = http.delete(REFUSAL)

    assert (back.status_code, back.json()["refused"]) == (200, False)
    assert leaf(service, back.json()["index"])["kind"] == "automation_allowed"
    assert ask(http).json()["outcome"] == "approve"
    assert http.delete(REFUSAL).status_code == 404


def test_somebody_may_refuse_before_they_ever_applied(http: Client) -> None:
    """The first decision about them is already left to a person; who never refused is told so."""
    path = "/subjects/nobody-yet/automation-refusal"
    assert http.get(path).json() == {"refused": False}
    http.post(path)

    assert ask(http, application(subject="nobody-yet")).json()["outcome"] == "refer"


def test_who_recorded_it_takes_it_back_or_staff(http: Client, new_key: NewKey) -> None:
    """Another integrator may record a refusal for anybody, and end none but its own; compliance may end any."""
    other, compliance = as_role(http, new_key(Role.INTEGRATOR)), as_role(http, new_key(Role.COMPLIANCE))
    http.post(REFUSAL)

    assert http.delete(REFUSAL, headers=other).status_code == 403
    assert http.get(REFUSAL).json()["refused"] is True
    assert http.delete(REFUSAL, headers=compliance).status_code == 200


def test_an_erased_person_is_somebody_new(http: Client, service: Service) -> None:
    """The refusal stands under a random id that nobody can join any more; the reference begins anew."""
    path = "/subjects/passing-by/automation-refusal"
    http.post(path)
    assert service.subjects.erase("passing-by", "file 7", "tests").state == "erased"

    assert http.get(path).json() == {"refused": False}
    assert ask(http, application(subject="passing-by")).json()["outcome"] == "approve"


def test_an_access_answer_shows_refusals_and_what_was_recommended(http: Client, new_key: NewKey) -> None:
    """The person concerned may see it all: the refusal, the answer, and what the rules came to."""
    http.post(REFUSAL)
    ask(http)
    document = http.get("/subjects/customer-1", headers=as_role(http, new_key(Role.COMPLIANCE))).json()

    assert any(each["meaning"]["zh"] == "您拒绝仅以自动化方式对您作出决定" for each in document["other_entries"])
    assert document["decisions"][0]["decision"]["outcome"] == "refer"
    assert document["decisions"][0]["recommendation"]["outcome"] == "approve"


def test_a_replay_holds_the_rules_to_what_they_came_to(http: Client, new_key: NewKey) -> None:
    """Made again, the recommendation comes out byte for byte."""
    http.post(REFUSAL)
    answer = ask(http).json()
    replayed = http.post(
        f"/decisions/{answer['id']}/replay", json={}, headers=as_role(http, new_key(Role.REVIEWER))
    ).json()

    assert (replayed["verdict"], replayed["identical"], replayed["then"]["outcome"]) == ("same", True, "approve")


def test_the_table_follows_from_the_log(http: Client, service: Service, app: Litestar) -> None:
    """Refused, taken back, refused again: rebuilt from the log it says the same."""
    for method in ("POST", "DELETE", "POST"):
        http.request(method, REFUSAL)
    ask(http)
    with service.log.engine.connect() as connection:
        assert list(differing(connection)) == []
    assert rebuild(service.log).differing == 0
    assert http.get(REFUSAL).json()["refused"] is True


def test_no_reference_stands_in_the_entries(http: Client, service: Service, tmp_path: Path) -> None:
    """A refusal names the random id only."""
    http.post("/subjects/zhang-wei-1990/automation-refusal")

    assert all(b"zhang" not in service.log.entry(index) for index in range(service.log.size()))


def test_staff_without_the_permission_are_refused(http: Client, new_key: NewKey) -> None:
    """Those who write policies have no business with it."""
    for role in (Role.AUTHOR, Role.APPROVER, Role.ADMIN, Role.REVIEWER):
        assert http.post(REFUSAL, headers=as_role(http, new_key(role))).status_code == 403


def test_the_use_case_checks_who_ends_a_refusal(service: Service) -> None:
    """Not only the route: the use case itself holds strangers off."""
    Refusals(service.ledger).refuse("customer-1", "key:one")

    with pytest.raises(Forbidden):
        Refusals(service.ledger).allow("customer-1", Principal("two", Role.INTEGRATOR))
    assert Refusals(service.ledger).allow("customer-1", Principal("one", Role.INTEGRATOR)).refused is False


def test_a_referral_keeps_policy_engine_and_moment() -> None:
    """What stands in the place of the answer differs in outcome and grounds only."""
    decision = Engine(load_policies(TINY)).decide("tiny", GOOD, START)
    left = referred(decision)

    assert (left.policy, left.engine, left.as_of) == (decision.policy, decision.engine, decision.as_of)
    assert (left.outcome, left.offer) == (Outcome.REFER, None)
    assert decision.outcome is Outcome.APPROVE
