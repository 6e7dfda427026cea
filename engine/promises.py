"""What a policy promises of every decision, held against one: of an example, or one that a person took.

A policy's own decisions are to keep the promises by construction; its examples show it. A promise that speaks of
an amount that is not offered, or of a fact that is not known, says nothing about a decision. `monotone` compares two.
"""

from __future__ import annotations

import datetime as dt

from engine import reference
from engine.decision import Offer
from engine.evaluation import Values, day_of
from engine.expression import show
from engine.given import Given
from engine.interpreter import truth
from engine.policy import WIRE_AMOUNT, Outcome, Policy


def broken(policy: Policy, given: Given, as_of: dt.datetime, outcome: Outcome, offer: Offer | None) -> tuple[str, ...]:
    """Give the promises that a decision on these facts would break, as the policy writes them."""
    values = Values(reference.evaluate(policy, given, as_of).values)
    values["outcome"] = str(outcome)
    amounts = {name: getattr(offer, wire) for name, wire in WIRE_AMOUNT.items()} if offer is not None else {}
    values.update({name: amount for name, amount in amounts.items() if amount is not None})
    today, found = day_of(as_of), []
    for promise in policy.invariants:
        if promise.condition is None:
            continue
        if truth(promise.condition, values, today) is (promise.kind == "never"):
            found.append(f"{promise.kind}: {show(promise.condition)}")
    return tuple(found)
