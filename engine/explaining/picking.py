"""What a step shows of an evaluation: the facts it read, and the amounts of a rule under their names on the wire."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

from engine.decision import Shown
from engine.evaluation import AmountKey
from engine.explaining.showing import shown
from engine.expression import Expression
from engine.kinds import Kind
from engine.policy import AMOUNTS, WIRE_AMOUNT, AmountName, Policy
from engine.running.storing import fixed

Pick = Callable[[Mapping[str, Any]], dict[str, Shown]]
Wire = Callable[[Mapping[AmountKey, int | None]], Mapping[str, int]]
_NOTHING: Mapping[str, int] = {}


def picker(reads: Sequence[str], kinds: Mapping[str, Kind]) -> Pick:
    """A function that picks what was read and is there, as JSON carries it."""
    if any(kinds[name].name == "date" for name in reads):
        return lambda values: {name: shown(values[name]) for name in reads if name in values}
    if len(reads) == 1:
        (only,) = reads
        return _single(only)
    if len(reads) == 2:
        return _pair(*reads)

    def pick(values: Mapping[str, Any]) -> dict[str, Shown]:
        try:
            return {name: values[name] for name in reads}
        except KeyError:
            return {name: values[name] for name in reads if name in values}

    return pick


def _single(name: str) -> Pick:
    def pick(values: Mapping[str, Any]) -> dict[str, Shown]:
        try:
            return {name: values[name]}
        except KeyError:
            return {}

    return pick


def _pair(one: str, other: str) -> Pick:
    def pick(values: Mapping[str, Any]) -> dict[str, Shown]:
        try:
            return {one: values[one], other: values[other]}
        except KeyError:
            return {name: values[name] for name in (one, other) if name in values}

    return pick


def fixed_amounts(formulas: Mapping[AmountName, Expression], policy: Policy) -> dict[str, int] | None:
    """The amounts under their names on the wire, when they are the same for everybody; None when one is not."""
    amounts = {name: fixed(formula, AMOUNTS[name], policy.rounding) for name, formula in formulas.items()}
    known = {WIRE_AMOUNT[name]: amount for name, amount in amounts.items() if amount is not None}
    return known if len(known) == len(amounts) else None


def wire(role: Literal["cap", "offer"], amounts: Iterable[AmountName]) -> Wire:
    """A function that gives the amounts that are known, under their names on the wire."""
    names: list[tuple[AmountKey, str]] = [((role, name), WIRE_AMOUNT[name]) for name in amounts]
    if not names:
        return lambda amounts: _NOTHING
    if len(names) == 1:
        ((only, wire),) = names
        return lambda amounts: _NOTHING if (amount := amounts[only]) is None else {wire: amount}
    return lambda amounts: {wire: amount for key, wire in names if (amount := amounts[key]) is not None}
