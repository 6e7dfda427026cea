"""A policy of three layers, facts for it with more and more of them missing, and what an engine answers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from engine import Decision, Engine
from engine.running import families, rete
from tests.engine.tiny import LOAN, MOMENT

BODY = """
records:
  late: count(loans where days > 0)
derive:
  - fact: band
    table: {hit: first, when: [asked, late], rows: [["> 50", 0, high], ["> 5", any, fair]], otherwise: low}
  - {fact: points, sum: [{when: flag, add: 10}, {when: ignored > 3, add: -20}, {when: band == high, add: 5}]}
rules:
  - {rule: ring, when: hue == blue and points < 5, then: reject, because: secret}
  - {rule: low-band, when: band == low or points < 0, then: reject, because: plain}
  - {rule: unclear, when: referred > 10 and points < 14, then: refer, because: other}
  - {rule: top, when: points < 15, cap: {limit: income * 2}, because: third}
  - {rule: grant, when: "band in [high, fair]", then: approve, offer: {limit: income * 3}}
"""
KNOWN: Mapping[str, object] = {
    "asked": 60,
    "flag": True,
    "ignored": 0,
    "referred": 0,
    "income": 500_000,
    "hue": "red",
    "loans": [],
}
FACTS: list[Mapping[str, object]] = [
    KNOWN,
    {**KNOWN, "asked": 6, "loans": [LOAN, {**LOAN, "days": 3}]},
    {**KNOWN, "asked": 1},
    {**KNOWN, "hue": "blue", "flag": False, "ignored": 9},
    {name: value for name, value in KNOWN.items() if name not in ("ignored", "hue")},
    {name: value for name, value in KNOWN.items() if name != "referred"} | {"asked": 20},
    {"asked": 60, "flag": True, "loans": []},
    {"flag": True},
    {},
]


def answers(engine: Engine) -> list[dict[str, Any]]:
    """What the engine decides of all facts, without who decided."""
    return [answer(engine.decide("tiny", facts, MOMENT)) for facts in FACTS]


def answer(decision: Decision) -> dict[str, Any]:
    """A decision's document without who decided."""
    return {key: value for key, value in decision.document().items() if key != "engine"}


def ask_every_time(patch: pytest.MonkeyPatch) -> None:
    """Let nothing more be remembered of what the network answers, so that what stands in its way is met each time."""
    patch.setattr(families, "REMEMBERED", 0)


def c_engine() -> Any:
    """The C engine as `engine.running.rete` calls it."""
    return vars(rete)["_engine"]
