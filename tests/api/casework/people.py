"""Made-up people and cases for the state machine; no service needed."""

from __future__ import annotations

import datetime as dt
from typing import Any

from msgspec.structs import replace

from api.casework.states import Action, Case, CaseKind, Cause, Deadline, Recommendation, Result, State, Who
from api.casework.transitions import Act
from engine.decision import PolicyRef
from tests.api.conftest import START

HOUR, DAY = dt.timedelta(hours=1), dt.timedelta(days=1)
LEASE = dt.timedelta(minutes=30)

ADA = Who("key:ada", works=True)
BEN = Who("key:ben", works=True)
SUE = Who("key:sue", works=True, supervises=True)
BARRED = Who("key:barred", works=True, supervises=True)  # decided before; supervising does not help
PARTY = Who("key:party", party=True)
READER = Who("key:reader")
EVERYBODY = {"ada": ADA, "ben": BEN, "sue": SUE, "barred": BARRED, "party": PARTY, "reader": READER}

OPEN = Case(
    id="case",
    kind=CaseKind.APPEAL,
    cause=Cause.APPEALED,
    version=1,
    state=State.OPEN,
    decision="decision",
    outcome="reject",
    policy=PolicyRef("opening", 1, "d"),
    owner="key:party",
    opened_by="key:party",
    opened_at=START,
    due_on=START.date() + 15 * DAY,
    due_at=START + 16 * DAY,
    opened_index=7,
    barred=("key:barred", "key:party"),
)
CLAIMED = replace(OPEN, version=2, state=State.CLAIMED, holder="key:ada", lease_until=START + LEASE)
WAITING = replace(
    CLAIMED,
    version=3,
    state=State.WAITING,
    lease_until=None,
    answer_due_on=START.date() + 10 * DAY,
    answer_due_at=START + 11 * DAY,
)
RECOMMENDED = replace(OPEN, version=3, recommendation=Recommendation("key:ada", 3, Result.UPHOLD))

#: Where a case may stand, and the moment it is looked at.
SITUATIONS: dict[str, tuple[Case, dt.datetime]] = {
    "open": (OPEN, START),
    "claimed by ada": (CLAIMED, START),
    "ada's lease is over": (CLAIMED, START + LEASE),
    "waiting": (WAITING, START + HOUR),
    "the answer is overdue": (WAITING, START + 11 * DAY),
    "ada recommended": (RECOMMENDED, START + HOUR),
    "ada recommended, ben has it": (
        replace(RECOMMENDED, version=4, state=State.CLAIMED, holder="key:ben", lease_until=START + 2 * HOUR),
        START + HOUR,
    ),
    "escalated": (replace(OPEN, version=2, escalated=True), START),
    "escalated, sue has it": (replace(CLAIMED, version=3, escalated=True, holder="key:sue"), START),
    "concluded": (replace(OPEN, version=4, state=State.CONCLUDED, result=Result.UPHOLD, concluded_at=START), START),
}


def act(action: Action, who: Who, at: dt.datetime, **facts: Any) -> Act:
    """Make an act with what its kind needs."""
    needed: dict[Action, dict[str, Any]] = {
        Action.CLAIM: {"lease": LEASE},
        Action.RENEW: {"lease": LEASE},
        Action.ANSWER: {"lease": LEASE},
        Action.ASK: {"deadline": Deadline(at.date() + 10 * DAY, at + 11 * DAY)},
        Action.EXTEND: {"deadline": Deadline(OPEN.due_on + 30 * DAY, OPEN.due_at + 30 * DAY)},
        Action.RECOMMEND: {"result": Result.UPHOLD},
        Action.CONCLUDE: {"result": Result.UPHOLD},
    }
    return Act(action, who, at, **{**needed.get(action, {}), **facts})
