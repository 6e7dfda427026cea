"""What a decision means to a line, whoever or whatever decided."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any, Self

import msgspec

from api.accounts.account import Change
from api.accounts.steps import EFFECTS, Step
from engine import Decision
from engine.decision import Offer


class Decided(msgspec.Struct, frozen=True):
    """What a decision means to a line, whoever or whatever decided."""

    policy: str
    outcome: str
    offer: Offer | None
    at: dt.datetime  #: the moment it stands for
    owner: str  #: the actor that asked for it; of an overturned decision, who had asked for that
    amount_fen: int | None = None  #: of a drawdown

    @classmethod
    def of(cls, decision: Decision, owner: str, given: Mapping[str, Any]) -> Self:
        """Take from a decision on the facts `given` what concerns a line."""
        outcome = str(decision.outcome)
        return cls(decision.policy.name, outcome, decision.offer, decision.as_of, owner, drawn(given))

    @property
    def change(self) -> Change | None:
        """What happens to the line, if anything."""
        return EFFECTS.get((self.policy, self.outcome))

    @property
    def step(self) -> Step | None:
        """The same with the amounts it brings."""
        if self.change is None:
            return None
        offer = self.offer or Offer()
        return Step(self.change, self.at, offer.limit_fen, offer.apr_bp, self.amount_fen)


def drawn(given: Mapping[str, Any]) -> int | None:
    """Give the amount of a drawdown that facts are about; None if they are about none."""
    amount: int | None = given.get("drawdown_amount")
    return amount
