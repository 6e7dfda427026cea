"""Applications to measure with: the examples that stand in the shipped policies, as the API would receive them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from pathlib import Path

from engine import PolicySet, load_policies

POLICIES = Path(__file__).resolve().parent.parent / "policies"


def shipped() -> PolicySet:
    """Load the shipped policies."""
    return load_policies(POLICIES)


def applications(policies: PolicySet, name: str) -> list[dict[str, object]]:
    """Give the facts of every example of a policy as JSON values."""
    return [_on_the_wire(example.given) for example in policies[name].examples]


def _on_the_wire(given: Mapping[str, object]) -> dict[str, object]:
    return {name: _plain(value) for name, value in given.items()}


def _plain(value: object) -> object:
    if isinstance(value, dt.date):
        return value.isoformat()
    if isinstance(value, tuple):
        return [_on_the_wire(record) for record in value]
    return value
