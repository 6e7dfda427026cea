"""The wide fact of one wave: the tests that hold, as the JSON that tells them to the network."""

from __future__ import annotations

from collections.abc import Iterable

from engine.running.network import Wave, rule_name


class WideFact:
    """How one wave's fact is written."""

    def __init__(self, wave: Wave) -> None:
        self.retraction = f'{{"id":"{wave.identity}"}}'
        self.branches = {rule_name(wave, index): index for index in range(len(wave.branches))}
        self._head = "{" + ",".join([f'"id":"{wave.identity}"', *(f'"{marker}":1' for marker in wave.markers)])
        self._fields = [f',"{field}":1' for field in wave.fields]

    def text(self, tests: Iterable[int]) -> str:
        """The fact as JSON, when these tests hold."""
        return f"{self._head}{''.join([self._fields[test] for test in tests])}}}"
