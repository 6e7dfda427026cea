"""The door to the C engine, and its only importer: one working memory, driven by the rules of its safe subset.

One wide fact is asserted, the names of the rules that fire are read off, and the fact is retracted by its id.
Anything the engine does that it should not raises ExecutorFault; the caller then throws the working memory away
with `reset`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Final

import durable_rules_engine as _engine

from engine.errors import ExecutorFault

ENGINE_VERSION: Final = "2.0.28"
_WARM_UP: Final = {"~w": {"all": [{"m": {"~zz": 1}}]}}
_STORED, _UNMATCHED = 0, 1


class WorkingMemory:
    """One ruleset in the C engine and its single working memory. Not to be used by two threads at once."""

    def __init__(self, name: str, rules: Mapping[str, object]) -> None:
        text = json.dumps({**_WARM_UP, **rules}, separators=(",", ":"))
        self._handle = _engine.create_ruleset(name, text)
        self._warm = False  # whether the memory has fired
        self._warmings = 0
        self._fire_once()

    def _fire_once(self) -> None:
        """Fire: the engine frees an uninitialised pointer when a memory that never fired is thrown away."""
        self._warmings += 1  # a fact left over from a warming that failed is in nobody's way
        identity = f'"id":"~z{self._warmings}"'
        self.fire(f'{{{identity},"~zz":1}}', f"{{{identity}}}", {"~w": 0}, set())
        self._warm = True

    def fire(self, text: str, retraction: str, rules: Mapping[str, int], into: set[int]) -> None:
        """Assert the fact `text`, add the numbers of the engine rules that fire to `into`, and retract it by its id."""
        status, offset = _engine.assert_fact(self._handle, text)
        if status == _UNMATCHED:  # nothing matched, so nothing is stored
            return
        if status != _STORED:
            raise ExecutorFault(f"assert_fact gave status {status}")
        result = _engine.start_action_for_state(self._handle, offset)
        message = result[1] if result else None
        if not message:
            raise ExecutorFault("a stored fact started no rule")
        while message:  # {"rule name":{...}}
            into.add(rules[message.split('"', 2)[1]])
            message = _engine.complete_and_start_action(self._handle, offset)
        _engine.retract_fact(self._handle, retraction)

    def reset(self) -> None:
        """Throw the working memory away, whatever it holds, and start afresh.

        One that did not get warm again after it was thrown away holds nothing, and is not thrown away twice.
        """
        self._throw_away()
        self._fire_once()

    def _throw_away(self) -> None:
        if self._warm:
            self._warm = False
            _engine.delete_state(self._handle, None)

    def close(self) -> None:
        """Give the engine's memory back; the ruleset is not used again."""
        self._throw_away()
        _engine.delete_ruleset(self._handle)
