"""Layers of derived facts: each reads only given facts and facts of lower layers. Cycles are refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence


class Cycle(Exception):
    """derived facts need each other"""

    def __init__(self, names: Sequence[str]) -> None:
        self.names = tuple(names)
        super().__init__(" -> ".join((*self.names, self.names[0])))


def stratify(reads: Mapping[str, Sequence[str]]) -> tuple[tuple[str, ...], ...]:
    """Put names into layers so that each reads only names of earlier layers (names not in `reads` are given).

    Within a layer the declared order is kept. Raises Cycle with the names of one circle.
    """
    layer: dict[str, int] = {}
    path: list[str] = []

    def place(name: str) -> int:
        if name in layer:
            return layer[name]
        if name in path:
            raise Cycle(path[path.index(name) :])
        path.append(name)
        below = [place(read) for read in reads[name] if read in reads]
        path.pop()
        layer[name] = 1 + max(below, default=-1)
        return layer[name]

    for name in reads:
        place(name)
    count = 1 + max(layer.values(), default=-1)
    return tuple(tuple(name for name in reads if layer[name] == index) for index in range(count))
