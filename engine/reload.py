"""The engine in force, which can be changed for another one while decisions are under way.

A decision is taken from beginning to end by the engine that was in force when it began, so no decision mixes two
versions of a policy. An engine that was replaced gives its memory back when the last decision it had begun is taken.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from engine.deciding import Engine, Faults
from engine.decision import Decision
from engine.reading.loading import PolicySet
from engine.recourse import Recourse


class _Holder:
    """One engine and how many are using it; the change of the count is guarded by the lock of its owner."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.users = 1  # being in force counts as one
        self.closed = False


class LiveEngine:
    """Decides as an Engine does; safe to share between threads, and to `replace` meanwhile."""

    def __init__(self, engine: Engine) -> None:
        self._lock = threading.Lock()
        self._holder = _Holder(engine)
        self._past = Faults()  # of engines that were replaced

    @property
    def policies(self) -> PolicySet:
        """The policies in force."""
        return self._holder.engine.policies

    @property
    def faults(self) -> Faults:
        """What the engines in force have counted, one after the other; those of an engine count when it is done."""
        with self._lock:
            return _added(self._past, self._holder.engine.faults)

    @contextmanager
    def lease(self) -> Iterator[Engine]:
        """Hold the engine in force for as long as the block takes, whatever replaces it meanwhile."""
        with self._lock:
            holder = self._holder
            holder.users += 1
        try:
            yield holder.engine
        finally:
            self._release(holder)

    def decide(self, name: str, facts: Mapping[str, object], as_of: dt.datetime) -> Decision:
        """As Engine.decide."""
        with self.lease() as engine:
            return engine.decide(name, facts, as_of)

    def recourse(self, name: str, facts: Mapping[str, object], as_of: dt.datetime) -> Recourse:
        """As Engine.recourse."""
        with self.lease() as engine:
            return engine.recourse(name, facts, as_of)

    def replace(self, engine: Engine) -> None:
        """Put another engine in force, for every decision that begins from now on."""
        with self._lock:
            holder, self._holder = self._holder, _Holder(engine)
        self._release(holder)

    def close(self) -> None:
        """Give back the memory of the engine in force, once its decisions are taken; nothing is decided after that."""
        self._release(self._holder)

    def _release(self, holder: _Holder) -> None:
        with self._lock:
            holder.users -= 1
            if holder.users > 0 or holder.closed:
                return
            holder.closed = True
            if holder is not self._holder:
                self._past = _added(self._past, holder.engine.faults)
        holder.engine.close()


def _added(one: Faults, other: Faults) -> Faults:
    return Faults(
        executor=one.executor + other.executor,
        disagreement=one.disagreement + other.disagreement,
        last=other.last or one.last,
    )
