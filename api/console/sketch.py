"""A derivation graph laid out as a picture: columns from facts to the outcome, so that lines run left to right.

A layered drawing after Sugiyama: each node stands one column right of the last it depends on; a few sweeps order every
column by the places of its neighbours, which takes out most crossings. Equal graphs give equal pictures.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean

import msgspec

from engine.explaining.graph import Edge, Graph, Node

WIDTH, HEIGHT = 184, 40  #: of a box
ACROSS, DOWN = 56, 12  #: between boxes
MARGIN = 8
_SWEEPS = 6


class Box(msgspec.Struct, frozen=True):
    """A node with the place of its upper left corner, in pixels."""

    node: Node
    x: int
    y: int


class Line(msgspec.Struct, frozen=True):
    """An edge as the path of an SVG."""

    edge: Edge
    path: str


class Picture(msgspec.Struct, frozen=True):
    """Boxes and lines, and how much room they take in pixels."""

    width: int
    height: int
    boxes: tuple[Box, ...]
    lines: tuple[Line, ...]


def picture(graph: Graph, *, whole: bool) -> Picture:
    """Lay a graph out; unless `whole`, only the path that decided."""
    nodes = [node for node in graph.nodes if whole or node.decided]
    kept = {node.id for node in nodes}
    edges = [edge for edge in graph.edges if {edge.source, edge.target} <= kept and (whole or edge.decided)]
    columns = _ordered(_columns([node.id for node in nodes], edges), edges)
    tallest = max(map(len, columns), default=0)
    places = {
        name: (MARGIN + column * (WIDTH + ACROSS), MARGIN + _top(row, len(names), tallest))
        for column, names in enumerate(columns)
        for row, name in enumerate(names)
    }
    boxes = tuple(Box(node, *places[node.id]) for node in nodes)
    lines = tuple(Line(edge, _curve(places[edge.source], places[edge.target])) for edge in edges)
    width = 2 * MARGIN + len(columns) * (WIDTH + ACROSS) - ACROSS
    return Picture(width, 2 * MARGIN + tallest * (HEIGHT + DOWN) - DOWN, boxes, lines)


def _columns(names: Sequence[str], edges: Iterable[Edge]) -> list[list[str]]:
    """Put each node right of all it depends on; nodes come in the order of evaluation, so one pass is enough."""
    before: Mapping[str, list[str]] = defaultdict(list)
    for edge in edges:
        before[edge.target].append(edge.source)
    depth: dict[str, int] = {}
    for name in names:
        depth[name] = max((depth.get(source, 0) + 1 for source in before[name]), default=0)
    columns: list[list[str]] = [[] for _ in range(max(depth.values(), default=-1) + 1)]
    for name in names:
        columns[depth[name]].append(name)
    return columns


def _ordered(columns: list[list[str]], edges: Sequence[Edge]) -> list[list[str]]:
    """Order every column by the mean place of its neighbours, sweeping to and fro."""
    beside: Mapping[str, list[str]] = defaultdict(list)
    for edge in edges:
        beside[edge.source].append(edge.target)
        beside[edge.target].append(edge.source)
    for sweep in range(_SWEEPS):
        for column in columns if sweep % 2 == 0 else reversed(columns):
            row = {name: place / len(names) for names in columns for place, name in enumerate(names)}
            column.sort(key=lambda name: fmean([row[each] for each in beside[name]]) if beside[name] else row[name])
    return columns


def _top(row: int, rows: int, tallest: int) -> int:
    """Centre a column on the tallest."""
    step = HEIGHT + DOWN
    return row * step + (tallest - rows) * step // 2


def _curve(source: tuple[int, int], target: tuple[int, int]) -> str:
    left, top = source[0] + WIDTH, source[1] + HEIGHT // 2
    right, bottom = target[0], target[1] + HEIGHT // 2
    bend = max(ACROSS // 2, (right - left) // 2)
    return f"M{left} {top}C{left + bend} {top} {right - bend} {bottom} {right} {bottom}"
