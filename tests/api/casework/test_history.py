"""Casework after everybody did everything: each case is what its entries say, and the tables what those lead to."""

from __future__ import annotations

import datetime as dt
import random
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.casework import events, queries
from api.casework.actions import Actions, Asked
from api.casework.effects import after
from api.casework.schemas import AppealRequest, Conclusion, Question, Reply, Written
from api.casework.states import Action, Case, Deadline, State, Who
from api.casework.sweeping import escalate_overdue
from api.casework.transitions import Act, why_not
from api.cli import run
from api.errors import ApiError
from api.reconcile import differences
from api.roles import Principal, Role
from api.schemas import DecisionRequest
from api.service import Service
from api.settings import Settings
from tests.api.casework.conftest import conclusion
from tests.api.conftest import TINY, Clock
from tests.api.test_rebuild import altered, dump

ROUNDS = 260
FACTS = ({"income": 2_000_000}, {"score": 400, "income": 2_000_000}, {"score": 700, "income": 2_000_000})
CLERK = Principal("clerk", Role.INTEGRATOR)
STAFF = [Principal(name, Role.REVIEWER) for name in ("ada", "ben", "cho")] + [
    Principal(name, Role.SUPERVISOR) for name in ("sue", "tom")
]


RARE = {"attach": 0, "withdraw": 1, "escalate": 1, "extend": 2, "note": 2, "release": 3}
ENDS = {
    "review": [conclusion("decide", "reject"), conclusion("decide", "approve", 6_000_000)],
    "appeal": [conclusion("uphold"), conclusion("overturn", "approve"), conclusion("policy_defect")],
}


def _bodies(chance: random.Random, kind: str) -> dict[str, Any]:
    end = msgspec.convert(chance.choice(ENDS[kind]), Conclusion)
    question = msgspec.convert({"question": {"zh": "？", "en": "?"}, "facts": ["score"]}, Question)
    return {
        **dict.fromkeys(("note", "decline", "escalate", "extend", "withdraw"), Written("because")),
        **dict.fromkeys(("conclude", "recommend"), end),
        "ask": question,
        "answer": Reply("so it is", chance.choice(({}, {"score": 640}))),
    }


def _attempt(service: Service, chance: random.Random, cases: list[str]) -> None:
    """Let somebody try something on some case: mostly what they are told they may, now and then anything."""
    actions: Actions = service.cases
    case = chance.choice(cases[-5:])
    holder = service.case_views.of(case, STAFF[0]).case.holder
    concerned = [each for each in STAFF if each.actor == holder] or STAFF
    who = chance.choice([*STAFF, *[*concerned, CLERK] * 3])
    view = service.case_views.of(case, who)
    told = [str(each.action) for each in view.actions if each.allowed or chance.random() < 0.03]
    weights = [RARE.get(each, 10) for each in told]
    name = chance.choices(told, weights)[0] if any(weights) else "claim"
    asked = Asked(who, case, frozenset({view.case.version}))
    body = _bodies(chance, view.case.kind).get(name)
    getattr(actions, name)(*([asked] if body is None else [asked, body]))


@pytest.fixture(scope="module")
def worked(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Let everybody do everything for a while."""
    chosen = Settings(data=tmp_path_factory.mktemp("worked") / "data", policies=TINY)
    chance, clock, done = random.Random(7), Clock(), 0
    service = Service.open(chosen, clock)
    cases: list[str] = []
    for number in range(ROUNDS):
        clock.now += dt.timedelta(minutes=chance.choice((1,) * 12 + (5, 40, 60 * 24)))
        if number % 10 == 0:
            asked = DecisionRequest("tiny", f"s{number}", dict(FACTS[number // 10 % 3]))
            index = service.workflow.decide(asked, CLERK.actor, str(number)).result().index
            decision = msgspec.json.decode(service.log.entry(index))["id"]
            if FACTS[number // 10 % 3].get("score"):
                service.cases.file(CLERK, AppealRequest(decision, "why?"), str(number))
            cases = [each["case"]["id"] for _, each in _entries(service) if each["kind"] in events.OPENED.values()]
        try:
            _attempt(service, chance, cases)
            done += 1
        except ApiError:
            continue
    escalate_overdue(service.ledger)
    service.close()
    assert done > ROUNDS / 3
    return chosen


def _entries(service: Service) -> Iterator[tuple[int, dict[str, Any]]]:
    for index in range(service.log.size()):
        yield index, msgspec.json.decode(service.log.entry(index))


def _act(entry: dict[str, Any], case: Case) -> Act:
    """Read an act back from the entry it left; whoever acted is taken to have had the right."""
    at = dt.datetime.fromisoformat(entry["at"])
    action = Action(entry["action"])
    deadline = None
    if action is Action.ASK:
        assert case.answer_due_on is not None
        assert case.answer_due_at is not None
        deadline = Deadline(case.answer_due_on, case.answer_due_at)
    elif action is Action.EXTEND:
        deadline = Deadline(case.due_on, case.due_at)
    return Act(
        action,
        Who(entry["actor"], works=True, supervises=True, party=True),
        at,
        lease=case.lease_until - at if case.lease_until else dt.timedelta(),
        deadline=deadline,
        result=case.recommendation.result if action is Action.RECOMMEND and case.recommendation else case.result,
        outcome=case.recommendation.outcome if case.recommendation else None,
        new_decision=case.new_decision,
        attachments_limit=99,
    )


def test_every_history_folds_to_its_row(worked: Settings) -> None:
    """From its opening each case comes, by the state machine alone, to what each leaf says and its row holds."""
    service = Service.open(worked, Clock())
    cases: dict[str, Case] = {}
    kinds: set[str] = set()
    for index, entry in _entries(service):
        if "case" not in entry:
            continue
        found = events.read(entry)
        kinds.add(entry["kind"])
        if entry["kind"] in events.OPENED.values():
            assert (found.version, found.state, found.opened_index) == (1, State.OPEN, None)
            cases[found.id] = msgspec.structs.replace(found, opened_index=index)
            continue
        act = _act(entry, found)
        assert why_not(cases[found.id], act) is None
        assert after(cases[found.id], act) == found
        cases[found.id] = found
    with service.log.engine.connect() as connection:
        rows = {case: queries.case(connection, case) for case in cases}
        steps = {case: queries.steps(connection, case) for case in cases}
    service.close()

    assert kinds >= {*events.KIND.values()} - {"review_attached", "review_renewed"}
    assert len(cases) > ROUNDS / 15
    for case, stands in cases.items():
        row = rows[case]
        assert row is not None
        assert row.log_index == steps[case][-1].index
        assert [step.version for step in steps[case]] == [*range(1, stands.version + 1)]


@pytest.fixture
def data(worked: Settings, tmp_path: Path) -> Path:
    """Give a copy of the data directory to one test."""
    folder = tmp_path / "data"
    shutil.copytree(worked.data, folder)
    return folder


def test_a_rebuild_gives_the_same_cases(data: Path) -> None:
    """The tables made again from the log are the very ones that grew with it."""
    before = dump(data)
    assert sum(line.startswith("casework ") for line in before) > ROUNDS / 15
    assert run(["audit", "rebuild", "--data", str(data)]) == 0
    assert dump(data) == before


def test_what_is_altered_is_found(data: Path, worked: Settings) -> None:
    """A case that the log tells otherwise, one too few and one too many are named."""
    before = dump(data)
    with sqlite3.connect(data / "grounds.db") as connection:
        one, other = connection.execute(
            "SELECT opened_index, id FROM casework ORDER BY opened_index LIMIT 2"
        ).fetchall()
    connection.close()
    altered(data, f"UPDATE casework SET holder = 'key:nobody' WHERE id = '{one[1]}'")
    altered(data, f"DELETE FROM casework WHERE id = '{other[1]}'")
    altered(data, f"DELETE FROM case_event WHERE case_id = '{other[1]}' AND version = 1")
    database = worked.model_copy(update={"data": data}).database

    found = [f"{each.where}: {each.what}" for each in differences(database)]
    assert len(found) == 3
    assert any(f"row {one[0]}: holder is `key:nobody`" in line for line in found)
    assert any(f"row {other[0]} is missing" in line for line in found)
    assert run(["audit", "rebuild", "--data", str(data)]) == 0
    assert dump(data) == before
