"""Two ways to find the rules whose conditions hold: the rule network, and an index. Each is held against the other."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Literal, Protocol

from engine.decision import EngineRef
from engine.errors import ExecutorFault
from engine.policy import Policy
from engine.running.bits import bits_of
from engine.running.columns import Values
from engine.running.families import Family, families
from engine.running.index import Index
from engine.running.network import compile_network, engine_rules
from engine.running.rete import ENGINE_VERSION, WorkingMemory
from engine.running.wide_fact import WideFact

REMEMBERED = 4_096  #: rules that fired together


class Matcher(Protocol):
    """Finds the rules of one policy that fire: as bits, by their numbers in the policy's order."""

    ref: EngineRef

    def known(self, values: Values, today: dt.date) -> int:
        """The rules that are true; raises KeyError when something a rule reads is unknown."""

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """The rules that are true for certain, and those that could be."""

    def forget(self) -> None:
        """Forget what was found before: it is not to be trusted."""

    def close(self) -> None:
        """Give back what it holds; it is not used again."""


class NetworkMatcher:
    """By the rule network, which is asked once for each state of a family of tests. ExecutorFault on any trouble in it.

    There is one working memory, so those who ask take turns; those who need not ask do not wait.
    """

    def __init__(self, policy: Policy) -> None:
        self.ref = EngineRef("durable-rules", ENGINE_VERSION)
        waves = compile_network(policy)
        self.asked = 0  #: how many matches the network was asked for, wholly or in part
        self._lock = threading.Lock()
        self._spoilt = False  # whether the working memory may hold remains of a run that failed
        self._memory = WorkingMemory(f"{policy.name}-{policy.digest[:12]}", engine_rules(waves))
        self._waves = [(WideFact(wave), families(wave)) for wave in waves]

    def known(self, values: Values, today: dt.date) -> int:
        """As Matcher.known."""
        return self._fired([wave.complete(values, today) for wave, _ in self._waves])

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """As Matcher.bounds."""
        both = [wave.bounds(values, today) for wave, _ in self._waves]
        return self._fired([certain for certain, _ in both]), self._fired([possible for _, possible in both])

    def forget(self) -> None:
        """As Matcher.forget."""
        for _, members in self._waves:
            for family in members:
                family.known.clear()

    def close(self) -> None:
        """As Matcher.close."""
        with self._lock:
            self._memory.close()

    @property
    def remembered(self) -> int:
        """How many answers of the network are remembered."""
        return sum(len(family.known) for _, members in self._waves for family in members)

    def _fired(self, holding: Sequence[int]) -> int:
        """The rules that fire when these tests hold, wave by wave: as remembered, or asked of the network."""
        fired = 0
        for (_, members), tests in zip(self._waves, holding, strict=True):
            for family in members:
                rules = family.known.get(tests & family.tests)
                if rules is None:
                    return self._ask(holding)
                fired |= rules
        return fired

    def _ask(self, holding: Sequence[int]) -> int:
        """Ask the network about what is not remembered, all of it in one fact per wave; remember what it says."""
        fired = 0
        met: list[tuple[Family, int, int]] = []
        with self._lock:
            self.asked += 1
            try:
                if self._spoilt:
                    self._memory.reset()
                self._spoilt = True  # until the run comes to its end
                for (wave, members), tests in zip(self._waves, holding, strict=True):
                    known = [(family, tests & family.tests) for family in members]
                    states = [(family, state, family.known.get(state)) for family, state in known]
                    fired |= reduce(or_, [rules for _, _, rules in states if rules is not None], 0)
                    met += self._asked(wave, [(family, state) for family, state, rules in states if rules is None])
            except Exception as error:
                self.forget()
                raise ExecutorFault(f"{type(error).__name__}: {error}") from error
            self._spoilt = False
        for family, state, rules in met:
            family.remember(state, rules)
            fired |= rules
        return fired

    def _asked(self, wave: WideFact, states: Sequence[tuple[Family, int]]) -> list[tuple[Family, int, int]]:
        """Assert one fact about some families of a wave; give the rules that fired of each."""
        branches: set[int] = set()
        if states:
            text = wave.text(reduce(or_, [state for _, state in states]))
            self._memory.fire(text, wave.retraction, wave.branches, branches)
        return [(family, state, family.rules(branches)) for family, state in states]


class IndexMatcher:
    """By an index over the tests of all rules, in Python: it has no state, and calls need not take turns."""

    def __init__(self, policy: Policy) -> None:
        self.ref = EngineRef("index", "1")
        self._index = Index([rule.when for rule in policy.rules], policy.kinds)
        self._fired: dict[int, int] = {}

    def known(self, values: Values, today: dt.date) -> int:
        """As Matcher.known."""
        return self._rules(self._index.standing(values, today))

    def _rules(self, standing: int) -> int:
        fired = self._fired.get(standing)
        if fired is None:
            fired = bits_of(self._index.rows(standing))
            if len(self._fired) < REMEMBERED:
                self._fired[standing] = fired
        return fired

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """As Matcher.bounds."""
        certain, possible = self._index.bounds(values, today)
        return self._rules(certain), self._rules(possible)

    def forget(self) -> None:
        """As Matcher.forget."""
        self._fired.clear()

    def close(self) -> None:
        """As Matcher.close; there is nothing to give back."""


ExecutorName = Literal["durable-rules", "index"]
MATCHERS: Mapping[ExecutorName, Callable[[Policy], Matcher]] = {"durable-rules": NetworkMatcher, "index": IndexMatcher}
EXECUTORS: tuple[ExecutorName, ...] = tuple(MATCHERS)
