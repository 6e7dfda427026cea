"""What letters are made of, made up: real decisions of the shipped policies, without a log."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from functools import cache
from typing import Any

from api.clocks import Clocks
from api.explanations import Account
from api.letters.composing import Basis, compose
from api.letters.letter import Letter
from api.letters.letterhead import Letterhead
from api.letters.words import words
from api.schemas import DecisionRequest
from api.settings import SHIPPED_LETTERHEAD, SHIPPED_PACKS, SHIPPED_POLICIES
from engine import Engine, PolicySet, load_policies
from engine.explaining.drawing import graph
from engine.recourse import Recourse
from engine.vocabulary import Language, Text

DECIDED_AT = dt.datetime(2026, 11, 22, 8, 12, 5, tzinfo=dt.UTC)
ID = "01935a3e-7c2a-7bd1-9f0e-2f6d1c9b8a77"


@cache
def shipped() -> Engine:
    """Hold the shipped policies."""
    return Engine(load_policies(SHIPPED_POLICIES), executor="index")


def example(policy: str, name: str) -> dict[str, Any]:
    """Give the facts of a policy's example as they go over the wire."""
    found = next(each for each in shipped().policies[policy].examples if each.name == name)
    return {fact: _wire(value) for fact, value in found.given.items()}


NOT_SEARCHED = Recourse("favourable", None, (), complete=False, evaluations=0, statement=Text("", ""))


def account(policy: str, facts: Mapping[str, Any], *, search: bool = True) -> Account:
    """Decide, and give all there is to say of it; searching what would change it takes a while."""
    engine = shipped()
    decision = engine.decide(policy, facts, DECIDED_AT)
    request = DecisionRequest(policy, "C-2026-00017", dict(facts))
    recourse = engine.recourse(policy, facts, DECIDED_AT) if search else NOT_SEARCHED
    return Account(engine.policies[policy], request, decision, graph(engine.policies[policy], decision), recourse)


def basis(made: Account, jurisdiction: str = "CN", letterhead: Letterhead | None = None) -> Basis:
    """Put an account into a log that is not there."""
    return Basis(
        decision_id=ID,
        index=4711,
        origin="grounds.example/log",
        decided_at=DECIDED_AT,
        account=made,
        letterhead=letterhead or Letterhead.read(SHIPPED_LETTERHEAD),
        clocks=Clocks.read(SHIPPED_PACKS, jurisdiction),
        kept_until=dt.date(2031, 11, 22),
    )


def letter(made: Account, language: str = "zh", jurisdiction: str = "CN") -> Letter:
    """Write the notice."""
    return compose(basis(made, jurisdiction), words(Language(language)))


def policies() -> PolicySet:
    """Give the shipped policies."""
    return shipped().policies


def _wire(value: Any) -> Any:
    if isinstance(value, tuple):
        return [{name: _wire(each) for name, each in record.items()} for record in value]
    return value.isoformat() if isinstance(value, dt.date) else value
