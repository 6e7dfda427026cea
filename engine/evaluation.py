"""What an executor gives back: the values it derived, the rules that fired, and why the others are open.

Resolving and explaining start here. Two executors that agree give equal evaluations.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec

from engine.given import Record
from engine.kinds import Value
from engine.policy import AmountName, Policy

DIVISION_BY_ZERO = "division by zero"
OVERFLOW = "overflow"
NO_ROW = "no row of the table applies"
TWO_ROWS = "two rows of a unique table apply"

AmountKey = tuple[Literal["cap", "offer"], AmountName]


class Values(dict[str, Value | tuple[Record, ...]]):
    """Given and derived facts in base units. Missing ones are absent; `broken` are those that could not be computed."""

    broken: frozenset[str] = frozenset()

    def absent(self, name: str) -> bool | None:
        """Whether a fact is missing; None when it could not be computed, so that nobody knows."""
        return False if name in self else None if name in self.broken else True


class Gap(msgspec.Struct, frozen=True):
    """Why something is unknown: the given facts it lacks, and why it could not be computed although facts are there."""

    lacks: tuple[str, ...]
    cause: str | None = None

    def silent(self, policy: Policy) -> bool:
        """Whether only facts that say `if_missing: ignore` are lacking, so that the unknown counts as false."""
        return self.cause is None and all(policy.facts[name].if_missing == "ignore" for name in self.lacks)


class Evaluation(msgspec.Struct, frozen=True, gc=False):
    """The facts after all strata, and what the rules did. Made of values, it cannot form a cycle."""

    values: Mapping[str, Value | tuple[Record, ...]]
    rows: Mapping[str, tuple[int, ...]]  #: per table or scorecard, the rows that applied
    fired: tuple[str, ...]  #: rules whose condition is true, in policy order
    amounts: Mapping[
        str, Mapping[AmountKey, int | None]
    ]  #: per fired rule, in base units; None is explained by its gap
    gaps: Mapping[str, Gap]  #: derived facts without a value
    open: Mapping[str, Gap]  #: rules that are unknown, and rules that fired but lack an amount


def gap(names: Iterable[str], cause: str | None, gaps: Mapping[str, Gap]) -> Gap:
    """Trace names without a value back to the given facts they lack and the first cause, through derived facts."""
    lacks: dict[str, None] = {}
    for name in names:
        known = gaps.get(name)
        if known is None:
            lacks[name] = None
        else:
            lacks.update(dict.fromkeys(known.lacks))
            cause = cause or known.cause
    return Gap(tuple(lacks), cause)


def merged(gaps: Iterable[Gap]) -> Gap:
    """Several gaps as one."""
    gaps = tuple(gaps)
    lacks = dict.fromkeys(name for one in gaps for name in one.lacks)
    return Gap(tuple(lacks), next((one.cause for one in gaps if one.cause), None))


def day_of(as_of: dt.datetime) -> dt.date:
    """The date durations are counted against: the day of `as_of` in UTC."""
    return as_of.date() if as_of.tzinfo is dt.UTC else as_of.astimezone(dt.UTC).date()
