"""Everything that passes between us and the C engine, written down: rulesets, facts, and calls in their order."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cached_property
from typing import Any, NamedTuple


class Called(NamedTuple):
    """One call of the C engine and what it gave."""

    name: str
    arguments: tuple[Any, ...]
    result: Any


class Recorder:
    """Stands before the C engine and writes down every call."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.calls: list[Called] = []

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._real, name)
        if not callable(method):
            return method

        def call(*arguments: Any) -> Any:
            result = method(*arguments)
            self.calls.append(Called(name, arguments, result))
            return result

        return call


class Traffic:
    """What was sent, read back."""

    def __init__(self, calls: list[Called]) -> None:
        self.calls = calls
        self.rulesets = [json.loads(call.arguments[1]) for call in calls if call.name == "create_ruleset"]
        self.facts = [json.loads(call.arguments[1]) for call in calls if call.name == "assert_fact"]

    @cached_property
    def names(self) -> set[str]:
        """Which calls were made at all."""
        return {call.name for call in self.calls}

    @cached_property
    def patterns(self) -> list[tuple[str, list[tuple[str, Any]]]]:
        """The single pattern of each rule: its alias, and its tests as (operator, operand)."""
        found = []
        for rule in (rule for ruleset in self.rulesets for rule in ruleset.values()):
            (pattern,) = next(iter(rule.values()))
            ((alias, tests),) = pattern.items()
            found.append((alias, [item for test in tests.get("$and", [tests]) for item in test.items()]))
        return found

    @cached_property
    def keys(self) -> set[str]:
        """Every key in any ruleset, at whatever depth, less the names of rules."""
        return {key for ruleset in self.rulesets for rule in ruleset.values() for key in _keys(rule)}

    @cached_property
    def by_handle(self) -> list[list[Called]]:
        """The calls about each ruleset, from its making to its end; handles are used again."""
        open_: dict[int, list[Called]] = {}
        done = []
        for call in self.calls:
            if call.name == "create_ruleset":
                open_[call.result] = [call]
            else:
                open_[call.arguments[0]].append(call)
                if call.name == "delete_ruleset":
                    done.append(open_.pop(call.arguments[0]))
        return [*done, *open_.values()]


def _keys(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield key
            yield from _keys(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _keys(inner)
