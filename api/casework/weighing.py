"""What a person decides on: the facts of the old decision with all that was put right in the case, and the policy."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec

from api import queries as decisions
from api.casework import queries, texts
from api.casework.deciding import Weighed
from api.casework.states import Case
from api.kept import kept_policies
from api.ledger import Ledger
from api.reads import Reading, Reads
from api.replay import Recorded
from engine import Engine


class Weighing:
    """Opens, as one recorded read, what a conclusion rests on."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def of(self, case: Case, reading: Reading) -> Weighed:
        """Gather it, with the policy's own answer to it; raise Erased if the facts are gone."""
        recorded, right = self.facts(case, reading)
        old = recorded.decision
        facts = {**recorded.request.facts, **right}
        request = msgspec.structs.replace(recorded.request, facts=facts, as_of=old.as_of)
        policies = kept_policies(self._ledger, old.policy.digest)
        name, known = old.policy.name, _known(facts, policies.vocabulary.facts)
        engine = Engine(policies, executor="index")
        try:
            machine = engine.decide(name, known, old.as_of)
        finally:
            engine.close()
        return Weighed(request, old, policies[name], machine, partial(engine.broken, name, known, old.as_of))

    def facts(self, case: Case, reading: Reading) -> tuple[Recorded, dict[str, Any]]:
        """Give the decision a case is about as it was made, and the facts put right since."""
        decided, corrected = self._places(case)
        first, *others = Reads(self._ledger).open_all([decided, *corrected], reading)
        right: dict[str, Any] = {}
        for text in others:
            right |= texts.corrections(text)
        return Recorded.read(case.decision, first), right

    def _places(self, case: Case) -> tuple[int, list[int]]:
        """Find the entries: the decision's, and those that put facts right, in order."""
        log = self._ledger.log
        with log.engine.connect() as connection:
            found = decisions.decision(connection, case.decision)
            assert found is not None  # the case's own leaf names it
            steps = queries.steps(connection, case.id)
            entries = [(step.index, msgspec.json.decode(log.read(connection, step.index))) for step in steps]
        return found.index, [index for index, entry in entries if entry.get("corrected")]


def _known(facts: Mapping[str, Any], vocabulary: Mapping[str, Any]) -> dict[str, Any]:
    """Give those facts a policy knows; the others are no part of its meaning."""
    return {name: value for name, value in facts.items() if name in vocabulary}
