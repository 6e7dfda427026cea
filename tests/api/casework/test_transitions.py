"""The state machine by its whole table: who may do what where, which reason each refusal names, what follows."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from api.casework.effects import after
from api.casework.refusals import Why, refusal
from api.casework.states import Action, CaseKind, Deadline, Result, State
from api.casework.transitions import LEGAL, RESULTS, why_not
from tests.api.casework.people import (
    BEN,
    CLAIMED,
    DAY,
    EVERYBODY,
    HOUR,
    LEASE,
    OPEN,
    RECOMMENDED,
    SITUATIONS,
    SUE,
    WAITING,
    act,
)
from tests.api.conftest import START

_PARTY = {"attach", "withdraw"}
_LIVE = {"note", "attach"}
_FREE = _LIVE | {"claim", "escalate"}
_HOLDS = {"claim", "renew", "release", "ask", "recommend", "conclude", "escalate"} | _LIVE

#: Where a case stands -> who -> what they may do; whoever is not named may do nothing.
ALLOWED: dict[str, dict[str, set[str]]] = {
    "open": {"ada": _FREE, "ben": _FREE, "sue": _FREE | {"extend"}, "barred": _LIVE | {"escalate"}, "party": _PARTY},
    "claimed by ada": {
        "ada": _HOLDS,
        "ben": _LIVE,
        "sue": _LIVE | {"release", "escalate", "extend"},
        "barred": _LIVE | {"release", "escalate"},
        "party": _PARTY,
    },
    "ada's lease is over": {
        "ada": _FREE,
        "ben": _FREE,
        "sue": _FREE | {"extend"},
        "barred": _LIVE | {"escalate"},
        "party": _PARTY,
    },
    "waiting": {
        "ada": _LIVE | {"release", "escalate"},
        "ben": _LIVE,
        "sue": _LIVE | {"release", "escalate", "extend"},
        "barred": _LIVE | {"release", "escalate"},
        "party": _PARTY | {"answer"},
    },
    "the answer is overdue": {
        "ada": _FREE | {"release"},
        "ben": _LIVE | {"claim"},
        "sue": _FREE | {"release", "extend"},
        "barred": _LIVE | {"release", "escalate"},
        "party": _PARTY | {"answer"},
    },
    "ada recommended": {
        "ada": _FREE,
        "ben": _FREE | {"approve", "decline"},
        "sue": _FREE | {"approve", "decline", "extend"},
        "barred": _LIVE | {"escalate"},
        "party": _PARTY,
    },
    "ada recommended, ben has it": {
        "ada": _LIVE,
        "ben": _HOLDS | {"approve", "decline"},
        "sue": _LIVE | {"release", "escalate", "extend"},
        "barred": _LIVE | {"release", "escalate"},
        "party": _PARTY,
    },
    "escalated": {"ada": _LIVE, "ben": _LIVE, "sue": _LIVE | {"claim", "extend"}, "barred": _LIVE, "party": _PARTY},
    "escalated, sue has it": {
        "ada": _LIVE,
        "ben": _LIVE,
        "sue": _HOLDS - {"escalate"},
        "barred": _LIVE | {"release"},
        "party": _PARTY,
    },
    "concluded": {},
}


@pytest.mark.parametrize("situation", SITUATIONS)
@pytest.mark.parametrize("person", EVERYBODY)
def test_the_table_cell_by_cell(situation: str, person: str) -> None:
    """In every situation everybody may do what the table says, and nothing else."""
    case, at = SITUATIONS[situation]

    allowed = {str(each) for each in Action if why_not(case, act(each, EVERYBODY[person], at)) is None}

    assert allowed == ALLOWED[situation].get(person, set())


REFUSED = [  # where, who, what, why
    ("concluded", "ada", Action.CLAIM, Why.CONCLUDED),
    ("concluded", "party", Action.ANSWER, Why.CONCLUDED),
    ("open", "ada", Action.CONCLUDE, Why.NOT_CLAIMED),
    ("open", "ada", Action.RENEW, Why.NOT_CLAIMED),
    ("ada's lease is over", "ada", Action.CONCLUDE, Why.NOT_CLAIMED),
    ("open", "party", Action.ANSWER, Why.NOT_WAITING),
    ("waiting", "ada", Action.CONCLUDE, Why.WAITING),
    ("waiting", "ben", Action.CLAIM, Why.WAITING),
    ("claimed by ada", "ben", Action.CLAIM, Why.HELD),
    ("claimed by ada", "ben", Action.CONCLUDE, Why.HELD),
    ("claimed by ada", "ben", Action.RELEASE, Why.HELD),
    ("open", "barred", Action.CLAIM, Why.TOOK_PART),
    ("open", "barred", Action.EXTEND, Why.TOOK_PART),
    ("ada recommended", "barred", Action.APPROVE, Why.TOOK_PART),
    ("ada recommended", "ada", Action.APPROVE, Why.SAME_PERSON),
    ("ada recommended, ben has it", "sue", Action.APPROVE, Why.HELD),
    ("open", "ben", Action.APPROVE, Why.NO_RECOMMENDATION),
    ("open", "ada", Action.EXTEND, Why.SUPERVISOR),
    ("escalated", "ada", Action.CLAIM, Why.SUPERVISOR),
    ("escalated", "sue", Action.ESCALATE, Why.ESCALATED),
    ("escalated, sue has it", "sue", Action.EXTEND, Why.SAME_PERSON),
    ("open", "reader", Action.CLAIM, Why.ROLE),
    ("open", "reader", Action.ATTACH, Why.ROLE),
    ("open", "party", Action.CLAIM, Why.ROLE),
    ("waiting", "ada", Action.ANSWER, Why.NOT_PARTY),
    ("open", "sue", Action.WITHDRAW, Why.NOT_PARTY),
]


@pytest.mark.parametrize(("situation", "person", "action", "why"), REFUSED)
def test_a_refusal_names_its_reason(situation: str, person: str, action: Action, why: Why) -> None:
    """The reason that is told is the one that stands in the way, and it comes with a message and a remedy."""
    case, at = SITUATIONS[situation]

    assert why_not(case, act(action, EVERYBODY[person], at)) is why
    assert all(refusal(why))


def test_every_reason_is_told() -> None:
    """Each code has words, and no two the same ones."""
    told = [refusal(why) for why in Why]

    assert len({each.message for each in told}) == len(Why)
    assert {*LEGAL} == {*Action}


def test_what_is_particular_to_a_conclusion() -> None:
    """A review ends in `decide` and an appeal in anything else; where two are needed nobody concludes alone."""
    review = replace(CLAIMED, kind=CaseKind.REVIEW)
    ada = EVERYBODY["ada"]
    for result in Result:
        for case in (CLAIMED, review):
            found = why_not(case, act(Action.CONCLUDE, ada, START, result=result))
            assert (found is None) == (result in RESULTS[case.kind]), (case.kind, result)
    assert why_not(CLAIMED, act(Action.CONCLUDE, ada, START, second_person=True)) is Why.SECOND_PERSON
    assert why_not(CLAIMED, act(Action.RECOMMEND, ada, START, second_person=True)) is None


def test_a_deadline_only_moves_away() -> None:
    """An extension that ends no later than the deadline is refused."""
    for at, why in ((OPEN.due_at, Why.NOT_LATER), (OPEN.due_at + DAY, None)):
        asked = act(Action.EXTEND, SUE, START, deadline=Deadline(at.date(), at))
        assert why_not(OPEN, asked) is why


def test_a_case_holds_as_many_documents_as_it_may() -> None:
    """One more than the limit is refused."""
    case = replace(OPEN, attachments=2)

    assert why_not(case, act(Action.ATTACH, BEN, START, attachments_limit=3)) is None
    assert why_not(case, act(Action.ATTACH, BEN, START, attachments_limit=2)) is Why.FULL


def test_a_claim_is_a_lease() -> None:
    """It lasts until its moment and not a millisecond longer; renewing begins it anew."""
    claimed = after(OPEN, act(Action.CLAIM, BEN, START))
    renewed = after(claimed, act(Action.RENEW, BEN, START + LEASE / 2))

    assert (claimed.state, claimed.holder, claimed.lease_until) == (State.CLAIMED, "key:ben", START + LEASE)
    assert claimed.seen(START + LEASE - DAY / 86_400_000) is claimed
    assert claimed.seen(START + LEASE).state is State.OPEN
    assert claimed.seen(START + LEASE).holder is None
    assert renewed.lease_until == START + LEASE * 1.5


def test_an_answer_goes_to_whoever_asked() -> None:
    """The holder has the case again with a fresh lease; if they let go meanwhile, it is open to all."""
    party = EVERYBODY["party"]
    answered = after(WAITING, act(Action.ANSWER, party, START + HOUR))
    let_go = after(WAITING, act(Action.RELEASE, EVERYBODY["ada"], START + HOUR))
    open_again = after(let_go, act(Action.ANSWER, party, START + 2 * HOUR))

    assert (answered.state, answered.holder) == (State.CLAIMED, "key:ada")
    assert answered.lease_until == START + HOUR + LEASE
    assert let_go.state is State.WAITING
    assert (open_again.state, open_again.holder, open_again.answer_due_at) == (State.OPEN, None, None)


def test_a_recommendation_rests_on_what_was_known() -> None:
    """Asking the applicant takes it back; a second person may have it their own way only by declining."""
    mine = replace(RECOMMENDED, state=State.CLAIMED, holder="key:ben", lease_until=START + DAY)

    assert after(mine, act(Action.ASK, BEN, START)).recommendation is None
    assert after(RECOMMENDED, act(Action.DECLINE, BEN, START)).recommendation is None
    again = after(mine, act(Action.RECOMMEND, BEN, START))
    assert again.recommendation is not None
    assert (again.recommendation.by, again.recommendation.version, again.holder) == ("key:ben", 4, None)


def test_an_escalated_case_is_let_go() -> None:
    """Who held it holds it no more; a question to the applicant stays asked."""
    assert after(CLAIMED, act(Action.ESCALATE, EVERYBODY["ada"], START)).holder is None
    waiting = after(WAITING, act(Action.ESCALATE, SUE, START + HOUR))
    assert (waiting.state, waiting.escalated, waiting.answer_due_at) == (State.WAITING, True, WAITING.answer_due_at)
