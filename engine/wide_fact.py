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
        self.asked = tuple(name for name, wanted in wave.fields.items() if set(wanted) == {"missing"})
        head = ",".join([f'"id":"{wave.identity}"', *(f'"{marker}":1' for marker in wave.markers)])
        self.head = "{" + head
        known = [(field, name, side) for name, wanted in wave.fields.items() for side, field in wanted.items()]
        tail = "".join(f',"{field}":0' if side == "missing" else f',"{field}":%d' for field, _, side in known)
        self.template = self.head + tail + "}"
        read = [name for _, name, side in known if side != "missing"]
        self.pick: Callable[[Mapping[str, int]], object] = itemgetter(*read) if read else lambda codes: ()

    def complete(self, codes: Mapping[str, int]) -> str | None:
        """The fact's text when every fact it sends is known, else None."""
        if any(name not in codes for name in self.asked):
            return None
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
