"""How often appeals overturn: by what had been decided on, or by who decided.

An appeal counts in the window in which it was concluded. One that was withdrawn got no answer and is in no rate.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec
import sqlalchemy as sa

from api import listings
from api.casework.events import KIND
from api.casework.states import Action, CaseKind, Result, State
from api.casework.tables import CASE, CASE_EVENT, replaced
from api.statistics.shares import NOTE, Share
from api.statistics.windows import Window
from api.tables import DECISION
from engine.vocabulary import Text


class By(StrEnum):
    """What rates are told by."""

    RULE = "rule"  #: that fired in the decision appealed against
    REASON = "reason"  #: that was given for it
    POLICY = "policy"  #: and version
    REVIEWER = "reviewer"  #: who concluded the appeal
    DECIDER = "decider"  #: who had taken the decision appealed against, where that was a person


PEOPLE = frozenset({By.REVIEWER, By.DECIDER})
_LISTED = frozenset({By.RULE, By.REASON})  # of which a decision may have several, or none
_ANSWERS = (Result.OVERTURN, Result.UPHOLD, Result.POLICY_DEFECT)


class OverturnRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The appeals behind one rule, reason, version or person."""

    key: str  #: the rule, reason code, policy or actor
    policy: str | None  #: whose rule it is
    version: int | None  #: of the policy
    overturned: Share  #: of all that were answered
    upheld: int
    policy_defects: int  #: the policy was followed, and is wrong


class Overturns(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Appeals concluded in a window; a decision with several rules or reasons counts in the row of each."""

    by: By
    window: Window
    total: Share
    withdrawn: int
    rows: tuple[OverturnRow, ...]  #: the most appeals first
    note: Text


class _Told(NamedTuple):
    """What a row is about: the first fields of an `OverturnRow`."""

    key: str
    policy: str | None
    version: int | None


_SELF = CASE.alias("earlier")
_CONCLUDED = sa.and_(CASE.c.kind == str(CaseKind.APPEAL), CASE.c.state == str(State.CONCLUDED))
_ENDS = (KIND[Action.CONCLUDE], KIND[Action.APPROVE])


def overturns(connection: sa.Connection, by: By, window: Window, policy: str | None = None) -> Overturns:
    """Count the appeals that were concluded in a window, of one policy if it is named."""
    conditions = [_CONCLUDED, *window.holds(CASE.c.concluded_at)]
    if policy is not None:
        conditions.append(CASE.c.policy == policy)
    counted = sa.select(*_counts(), _count(Result.WITHDRAWN)).where(*conditions)
    overturned, upheld, defects, withdrawn = (number or 0 for number in connection.execute(counted).one())
    answered = [*conditions, CASE.c.result != str(Result.WITHDRAWN)]
    rows = [_row(told, results) for told, results in _told(connection, by, answered).items()]
    rows.sort(key=lambda row: (-row.overturned.of, row.policy or "", row.key, row.version or 0))
    total = Share.among(overturned, overturned + upheld + defects)
    return Overturns(by, window, total, withdrawn, tuple(rows), NOTE)


def _told(
    connection: sa.Connection, by: By, answered: Sequence[sa.ColumnElement[bool]]
) -> dict[_Told, Counter[Result]]:
    """Count results by what they are told by; of a text of codes, by each of them."""
    source, keys = _GROUPED[by]
    chosen = sa.select(*keys, *_counts()).select_from(source).where(*answered).group_by(*keys)
    found: defaultdict[_Told, Counter[Result]] = defaultdict(Counter)
    for row in connection.execute(chosen).mappings():
        results = {result: row[str(result)] for result in _ANSWERS}
        for key in dict.fromkeys(listings.read(row["key"])) if by in _LISTED else [row["key"]]:
            found[_Told(key, row.get("policy"), row.get("version"))].update(results)
    return found


def _row(told: _Told, results: Counter[Result]) -> OverturnRow:
    share = Share.among(results[Result.OVERTURN], results.total())
    return OverturnRow(*told, share, results[Result.UPHOLD], results[Result.POLICY_DEFECT])


def _counts() -> list[sa.Label[int]]:
    return [_count(result).label(str(result)) for result in _ANSWERS]


def _count(result: Result) -> sa.ColumnElement[int]:
    return sa.func.sum(sa.case((CASE.c.result == str(result), 1), else_=0))


def _ended(case: sa.FromClause, joined: sa.FromClause) -> sa.FromClause:
    """Join the entry that concluded a case."""
    return joined.join(CASE_EVENT, sa.and_(CASE_EVENT.c.case_id == case.c.id, CASE_EVENT.c.kind.in_(_ENDS)))


_DECIDED = CASE.join(DECISION, DECISION.c.id == CASE.c.decision)
_DECIDED_BEFORE = CASE.join(_SELF, sa.and_(_SELF.c.new_decision == CASE.c.decision, replaced(_SELF)))
#: where the rows come from, and what they are told by
_GROUPED: Mapping[By, tuple[sa.FromClause, Sequence[sa.ColumnElement[Any]]]] = {
    By.RULE: (_DECIDED, [DECISION.c.rules.label("key"), CASE.c.policy]),
    By.REASON: (_DECIDED, [DECISION.c.reasons.label("key")]),
    By.POLICY: (CASE, [CASE.c.policy.label("key"), CASE.c.policy_version.label("version")]),
    By.REVIEWER: (_ended(CASE, CASE), [CASE_EVENT.c.actor.label("key")]),
    By.DECIDER: (_ended(_SELF, _DECIDED_BEFORE), [CASE_EVENT.c.actor.label("key")]),
}
