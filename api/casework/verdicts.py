"""What the policies say to facts that were put right: the one that decided then, and the one in force now."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from api.casework.states import Case
from api.casework.weighing import Weighing
from api.ledger import Ledger
from api.reads import Reading
from api.replay import Recorded, Replayed, compared
from engine.reload import LiveEngine


class Compared(msgspec.Struct, frozen=True, omit_defaults=True):
    """Both verdicts; `now` is None where no policy of that name is in force any more."""

    then: Replayed
    now: Replayed | None = None

    @property
    def told(self) -> dict[str, Any]:
        """All of it, to be sealed: it holds amounts."""
        told: dict[str, Any] = msgspec.to_builtins(self)
        return told

    @property
    def codes(self) -> dict[str, Any]:
        """What of it stands in a leaf."""
        both = {"then": self.then, "now": self.now}
        return {name: _codes(each) for name, each in both.items() if each is not None}


class Verdicts:
    """Decides again for casework. It is no replay that somebody asked for, so the entry of the case records it."""

    def __init__(self, ledger: Ledger, engine: LiveEngine) -> None:
        self._ledger, self._engine = ledger, engine
        self._weighing = Weighing(ledger)

    def of_case(self, case: Case, right: Mapping[str, Any], reading: Reading) -> Compared:
        """Decide on the facts of a case with some more put right; raise FactsError, InvalidBody or Erased."""
        recorded, before = self._weighing.facts(case, reading)
        return self.of(recorded, {**before, **right})

    def of(self, recorded: Recorded, right: Mapping[str, Any]) -> Compared:
        """Decide a recorded decision again on facts put right, under both policies."""
        policy = recorded.decision.policy
        now = next((each for each in self._engine.policies if each.name == policy.name), None)
        then, _ = compared(self._ledger, recorded, policy.digest, right)
        if now is None or now.digest == policy.digest:
            return Compared(then, then if now is not None else None)
        return Compared(then, compared(self._ledger, recorded, now.digest, _known(right, now.facts))[0])


def _known(facts: Mapping[str, Any], vocabulary: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in facts.items() if name in vocabulary}


def _codes(replayed: Replayed) -> dict[str, Any]:
    return {
        "verdict": replayed.verdict,
        "because": [*replayed.because],
        "outcome": replayed.now.outcome,
        "reasons": [*replayed.now.reasons],
        "policy": msgspec.to_builtins(replayed.now.policy),
    }
