"""Two ways to find the rules whose conditions hold: the rule network, and an index. Each is held against the other.

Both are told which tests hold, family by family, and remember what they found.
"""

from __future__ import annotations

import datetime as dt
import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import or_
from typing import Literal

from engine.decision import EngineRef
from engine.errors import ExecutorFault
from engine.policy import Policy
from engine.running.columns import Values
from engine.running.families import Family, families
from engine.running.network import compile_network, engine_rules
from engine.running.rete import ENGINE_VERSION, WorkingMemory
from engine.running.wide_fact import WideFact


class Matcher(ABC):
    """Finds the rules of one policy that fire: as bits, by their numbers in the policy's order."""

    ref: EngineRef

    def __init__(self, policy: Policy) -> None:
        self.waves = compile_network(policy)
        self.families = tuple([one for number, wave in enumerate(self.waves) for one in families(wave, number)])

    @abstractmethod
    def ask(self, states: Sequence[int]) -> int:
        """The rules that fire when the families are in these states; what was not remembered is from now on."""

    @abstractmethod
    def close(self) -> None:
        """Give back what it holds; it is not used again."""

    def bounds(self, values: Values, today: dt.date) -> tuple[int, int]:
        """The rules that are true for certain, and those that could be."""
        both = [family.bounds(values, today) for family in self.families]
        return self._fired([certain for certain, _ in both]), self._fired([possible for _, possible in both])

    def forget(self) -> None:
        """Forget what was found before: it is not to be trusted."""
        for family in self.families:
            family.known.clear()

    @property
    def remembered(self) -> int:
        """How many states are remembered."""
        return sum(len(family.known) for family in self.families)

    def _fired(self, states: Sequence[int]) -> int:
        """The rules that fire in these states: as remembered, or asked."""
        fired = 0
        for family, state in zip(self.families, states, strict=True):
            rules = family.known.get(state)
            if rules is None:
                return self.ask(states)
            fired |= rules
        return fired


class NetworkMatcher(Matcher):
    """By the rule network, which is asked once for each state of a family of tests. ExecutorFault on any trouble in it.

    There is one working memory, so those who ask take turns; those who need not ask do not wait.
    """

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.ref = EngineRef("durable-rules", ENGINE_VERSION)
        self.asked = 0  #: how many matches the network was asked for, wholly or in part
        self._lock = threading.Lock()
        self._facts = [WideFact(wave) for wave in self.waves]
        self._spoilt = False  # whether the working memory may hold remains of a run that failed
        self._memory = WorkingMemory(f"{policy.name}-{policy.digest[:12]}", engine_rules(self.waves))

    def close(self) -> None:
        """As Matcher.close."""
        with self._lock:
            self._memory.close()

    def ask(self, states: Sequence[int]) -> int:
        """As Matcher.ask: the network is told all that is not remembered in one fact per wave."""
        with self._lock:
            self.asked += 1
            known = [
                (family, state, family.known.get(state)) for family, state in zip(self.families, states, strict=True)
            ]
            met = self._run([(family, state) for family, state, rules in known if rules is None])
        for family, state, rules in met:
            family.remember(state, rules)
        return reduce(or_, [rules for _, _, rules in (*known, *met) if rules is not None], 0)

    def _run(self, new: Sequence[tuple[Family, int]]) -> list[tuple[Family, int, int]]:
        """Find which rules fire; after any trouble all that was remembered is forgotten, and the memory made afresh."""
        met = []
        try:
            if self._spoilt:
                self._memory.reset()
            self._spoilt = True  # until the run comes to its end
            for number, fact in enumerate(self._facts):
                met += self._asked(fact, [(family, state) for family, state in new if family.wave == number])
        except Exception as error:
            self.forget()
            raise ExecutorFault(f"{type(error).__name__}: {error}") from error
        self._spoilt = False
        return met

    def _asked(self, fact: WideFact, states: Sequence[tuple[Family, int]]) -> list[tuple[Family, int, int]]:
        """Assert one fact about some families of a wave; give the rules that fired of each."""
        branches: set[int] = set()
        if states:
            text = fact.text(sorted([test for family, state in states for test in family.told(state)]))
            self._memory.fire(text, fact.retraction, fact.branches, branches)
        return [(family, state, family.rules(branches)) for family, state in states]


class IndexMatcher(Matcher):
    """By comparing the tests that hold with those of each branch, in Python; nobody takes turns."""

    def __init__(self, policy: Policy) -> None:
        super().__init__(policy)
        self.ref = EngineRef("index", "1")

    def ask(self, states: Sequence[int]) -> int:
        """As Matcher.ask."""
        fired = 0
        for family, state in zip(self.families, states, strict=True):
            rules = family.known.get(state)
            if rules is None:
                rules = family.held(state)
                family.remember(state, rules)
            fired |= rules
        return fired

    def close(self) -> None:
        """As Matcher.close; there is nothing to give back."""


ExecutorName = Literal["durable-rules", "index"]
MATCHERS: Mapping[ExecutorName, Callable[[Policy], Matcher]] = {"durable-rules": NetworkMatcher, "index": IndexMatcher}
EXECUTORS: tuple[ExecutorName, ...] = tuple(MATCHERS)
