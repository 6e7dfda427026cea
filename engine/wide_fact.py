"""How the wide fact of one wave is written as JSON: integers under short names, nothing an applicant wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import itemgetter

from engine.encoding import sides
from engine.network import Wave, rule_name

Pick = Callable[[Mapping[str, int]], object]


class WideFact:
    """How one wave's fact is written: the facts themselves when all are known, else as bounds, field by field."""

    def __init__(self, wave: Wave) -> None:
        self.identity = wave.identity
        self.numbers = {rule_name(wave, index): number for index, (number, _, _) in enumerate(wave.branches)}
        self._fields = wave.fields
        self._head = _head(wave.identity, wave.markers)
        tail = "".join(f',"{field}":%d' for field in wave.exact_fields.values())
        self._template = _head(wave.identity, wave.exact_markers) + tail + "}"
        self._pick: Pick = itemgetter(*wave.exact_fields) if wave.exact_fields else lambda codes: ()

    def complete(self, codes: Mapping[str, int]) -> str | None:
        """The fact's text when every fact it sends is known, else None."""
        try:
            return self._template % self._pick(codes)
        except KeyError:
            return None

    def partial(self, codes: Mapping[str, int], possible: bool) -> str:
        """The fact's text with every fact as bounds, missing ones at the far ends."""
        fields = [
            f',"{field}":{code}'
            for name, wanted in self._fields.items()
            for field, code in sides(codes.get(name), possible, wanted)
        ]
        return self._head + "".join(fields) + "}"


def _head(identity: str, markers: Sequence[str]) -> str:
    return "{" + ",".join([f'"id":"{identity}"', *(f'"{marker}":1' for marker in markers)])
