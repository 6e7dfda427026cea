"""Two ways to find the rules whose conditions hold: the rule network, and an index. Each is held against the other."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import Literal, Protocol

from engine.decision import EngineRef
from engine.errors import ExecutorFault
from engine.policy import Policy
from engine.running.columns import Values
from engine.running.index import Index
from engine.running.network import compile_network, engine_rules
from engine.running.rete import ENGINE_VERSION, WorkingMemory
from engine.running.wide_fact import WideFact

REMEMBERED = 4_096  #: rules that fired together


class Matcher(Protocol):
    """Finds the rules of one policy that fire, by their numbers in the policy's order."""

    ref: EngineRef

    def known(self, values: Values, today: dt.date) -> tuple[int, ...]:
        """The rules that are true, in order; raises KeyError when something a rule reads is unknown."""

    def bounds(self, values: Values, today: dt.date) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The rules that are true for certain, and those that could be, in order."""

    def close(self) -> None:
        """Give back what it holds; it is not used again."""


class NetworkMatcher:
    """By the rule network. It keeps one working memory, so calls take turns. ExecutorFault on any trouble in it."""

    def __init__(self, policy: Policy) -> None:
        self.ref = EngineRef("durable-rules", ENGINE_VERSION)
        waves = compile_network(policy)
        self._lock = threading.Lock()
        self._spoilt = False  # whether the working memory may hold remains of a run that failed
        self._memory = WorkingMemory(f"{policy.name}-{policy.digest[:12]}", engine_rules(waves))
        self._waves = [WideFact(wave) for wave in waves]

    def known(self, values: Values, today: dt.date) -> tuple[int, ...]:
        """As Matcher.known."""
        return self._fire([(wave, wave.complete(values, today)) for wave in self._waves])

    def bounds(self, values: Values, today: dt.date) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """As Matcher.bounds."""
        texts = [(wave, *wave.bounds(values, today)) for wave in self._waves]
        certain = self._fire([(wave, text) for wave, text, _ in texts])
        return certain, self._fire([(wave, text) for wave, _, text in texts])

    def close(self) -> None:
        """As Matcher.close."""
        with self._lock:
            self._memory.close()

    def _fire(self, facts: Sequence[tuple[WideFact, str]]) -> tuple[int, ...]:
        """Assert one wide fact per wave, and give the rules that fire."""
        fired: set[int] = set()
        with self._lock:
            try:
                if self._spoilt:
                    self._memory.reset()
                self._spoilt = True  # until the run comes to its end
                for wave, text in facts:
                    self._memory.fire(text, wave.retraction, wave.rules, fired)
            except Exception as error:
                raise ExecutorFault(f"{type(error).__name__}: {error}") from error
            self._spoilt = False
        return tuple(sorted(fired))


class IndexMatcher:
    """By an index over the tests of all rules, in Python: faster than the network, and calls need not take turns."""

    def __init__(self, policy: Policy) -> None:
        self.ref = EngineRef("index", "1")
        self._index = Index([rule.when for rule in policy.rules], policy.kinds)
        self._fired: dict[int, tuple[int, ...]] = {}

    def known(self, values: Values, today: dt.date) -> tuple[int, ...]:
        """As Matcher.known."""
        return self._rows(self._index.standing(values, today))

    def _rows(self, standing: int) -> tuple[int, ...]:
        fired = self._fired.get(standing)
        if fired is None:
            fired = tuple(self._index.rows(standing))
            if len(self._fired) < REMEMBERED:
                self._fired[standing] = fired
        return fired

    def bounds(self, values: Values, today: dt.date) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """As Matcher.bounds."""
        certain, possible = self._index.bounds(values, today)
        return self._rows(certain), self._rows(possible)

    def close(self) -> None:
        """As Matcher.close; there is nothing to give back."""


ExecutorName = Literal["durable-rules", "index"]
MATCHERS: Mapping[ExecutorName, Callable[[Policy], Matcher]] = {"durable-rules": NetworkMatcher, "index": IndexMatcher}
EXECUTORS: tuple[ExecutorName, ...] = tuple(MATCHERS)
