"""How the wide fact of one wave is written as JSON: the tests that hold, under short names, and nothing else."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Iterable
from operator import add

from engine.running.columns import Values
from engine.running.lookup import Lookup
from engine.running.network import Wave, rule_name


class WideFact:
    """How one wave's fact is written."""

    def __init__(self, wave: Wave) -> None:
        self.retraction = f'{{"id":"{wave.identity}"}}'
        self.rules = {rule_name(wave, index): rule for index, (rule, _, _) in enumerate(wave.branches)}
        self._head = "{" + ",".join([f'"id":"{wave.identity}"', *(f'"{marker}":1' for marker in wave.markers)])
        texts = [[_fields(wave, holds) for holds in column.holds] for column in wave.columns]
        self._texts = Lookup(wave.columns, texts, add)
        self._every = [_fields(wave, column.tests) for column in wave.columns]

    def complete(self, values: Values, today: dt.date) -> str:
        """The fact's text when every test is decided; raises KeyError when one is unknown."""
        text, texts = self._head, self._texts
        for read, table in texts.words:
            text += table[read(values)]
        for name, point, below, above in texts.thresholds:
            text += below if values[name] < point else above
        for name, points, steps in texts.scales:
            text += steps[bisect_right(points, values[name])]
        for condition, either in texts.computed:
            text += either[condition(values, today)]  # type: ignore[index]  # unknown is no key, and is meant to be none
        return text + "}"

    def bounds(self, values: Values, today: dt.date) -> tuple[str, str]:
        """The fact's text with the tests that hold for certain, and with those that could hold."""
        texts = list(self._texts.each(values, today))
        certain = [text for text in texts if text is not None]
        possible = [every if text is None else text for text, every in zip(texts, self._every, strict=True)]
        return f"{self._head}{''.join(certain)}}}", f"{self._head}{''.join(possible)}}}"


def _fields(wave: Wave, tests: Iterable[int]) -> str:
    return "".join([f',"{wave.fields[test]}":1' for test in sorted(tests)])
