"""What a step shows of an evaluation: the facts it read, and the amounts of a rule under their names on the wire."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
#: The amounts of a rule on the wire, when they are the same for everybody; else how each is called in the evaluation.
Amounts = Mapping[str, int] | tuple[tuple[str, AmountKey], ...]
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


def amounts_of(role: Literal["cap", "offer"], formulas: Mapping[AmountName, Expression], policy: Policy) -> Amounts:
    """The amounts of a rule under their names on the wire: themselves when they are the same for everybody."""
    amounts = {name: fixed(formula, AMOUNTS[name], policy.rounding) for name, formula in formulas.items()}
    known = {WIRE_AMOUNT[name]: amount for name, amount in amounts.items() if amount is not None}
    return known if len(known) == len(amounts) else tuple([(WIRE_AMOUNT[name], (role, name)) for name in amounts])


def wire(amounts: Amounts) -> Wire:
    """A function that gives the amounts that are known, under their names on the wire."""
    if isinstance(amounts, Mapping):
        return lambda known: amounts
    if len(amounts) == 1:
        ((only, key),) = amounts
        return lambda known: _NOTHING if (amount := known[key]) is None else {only: amount}
    return lambda known: {name: amount for name, key in amounts if (amount := known[key]) is not None}
