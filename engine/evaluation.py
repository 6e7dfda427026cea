"""What an executor gives back: the status of every rule and the values it derived. Resolving and explaining start here.

Two executors that agree give equal evaluations.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

import msgspec

from engine.given import Given, Record
from engine.kinds import Value
from engine.policy import AmountName, Policy

DIVISION_BY_ZERO = "division by zero"
OVERFLOW = "overflow"
NO_ROW = "no row of the table applies"
TWO_ROWS = "two rows of a unique table apply"

AmountKey = tuple[Literal["cap", "offer"], AmountName]


class Evaluation(msgspec.Struct, frozen=True):
    """The facts after all strata, and what the rules did."""

    values: Mapping[str, Value | tuple[Record, ...]]  #: given and derived facts in base units; missing ones are absent
    rows: Mapping[str, tuple[int, ...]]  #: per table or scorecard, the rows that applied
    fired: tuple[str, ...]  #: rules whose condition is true, in policy order
    unknown: tuple[str, ...]  #: rules whose condition is unknown, silent ones included
    amounts: Mapping[
        str, Mapping[AmountKey, int | None]
    ]  #: per fired rule, its amounts in base units; None when missing
    undefined: Mapping[str, str]  #: derived facts and rules that could not be computed (not for lack of facts), and why


def lacking(policy: Policy, reads: Sequence[str], values: Mapping[str, object]) -> tuple[str, ...]:
    """The given facts that are missing among those the names in `reads` rest on, each once, in order."""
    found: dict[str, None] = {}
    for name in reads:
        if name not in values:
            found.update((base, None) for base in policy.base[name] if base not in values)
    return tuple(found)


def ignorable(policy: Policy, lacks: Sequence[str]) -> bool:
    """Whether facts are missing and all of them say `if_missing: ignore`."""
    return bool(lacks) and all(policy.facts[name].if_missing == "ignore" for name in lacks)


def silent(policy: Policy, reads: Sequence[str], values: Mapping[str, object], undefined: Mapping[str, str]) -> bool:
    """Whether a condition that is unknown counts as false: it lacks only facts to be ignored, and nothing is broken."""
    return not any(name in undefined for name in reads) and ignorable(policy, lacking(policy, reads, values))


def day_of(as_of: dt.datetime) -> dt.date:
    """The date durations are counted against: the day of `as_of` in UTC."""
    return as_of.astimezone(dt.UTC).date()


def usable(policy: Policy, given: Given) -> dict[str, Value | tuple[Record, ...]]:
    """The given facts this policy reads."""
    return {name: given[name] for name in policy.facts if name in given}
