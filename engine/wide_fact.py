"""How the wide fact of one wave is written as JSON: integers under short names, nothing an applicant wrote."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from operator import itemgetter

from engine.encoding import sides
from engine.network import Wave


class WideFact:
    """How one wave's fact is written: a template when everything is known, field by field otherwise."""

    def __init__(self, wave: Wave) -> None:
        self.wave = wave
        self.identity = wave.identity
        self.numbers = {name: production for name, (production, _, _) in wave.rules.items()}
        head = ",".join([f'"id":"{wave.identity}"', *(f'"{marker}":1' for marker in wave.markers)])
        self.head = "{" + head
        known = [(field, name) for name, wanted in wave.fields.items() for field in wanted.values()]
        self.template = self.head + "".join(f',"{field}":%d' for field, _ in known) + "}"
        read = [name for _, name in known]
        self.pick: Callable[[Mapping[str, int]], object] = itemgetter(*read) if read else lambda codes: ()

    def complete(self, codes: Mapping[str, int]) -> str | None:
        """The fact's text when every fact it sends is known, else None."""
        try:
            return self.template % self.pick(codes)
        except KeyError:
            return None

    def partial(self, codes: Mapping[str, int], possible: bool) -> str:
        """The fact's text with missing facts at their bounds."""
        fields = [
            f',"{field}":{code}'
            for name, wanted in self.wave.fields.items()
            for field, code in sides(codes.get(name), possible, wanted)
        ]
        return self.head + "".join(fields) + "}"
