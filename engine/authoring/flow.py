"""Lists and mappings in brackets, on one line or filled over several."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import yaml

from engine.authoring.breaking import WIDTH
from engine.authoring.comments import Comments
from engine.authoring.quoting import written
from engine.reading.shape import Fields, Items, OneOf, Shape
from engine.reading.spelling import part_of, role_of, spelled

_OWN_LINE = ("label", "labels")  #: keys that begin a line where a value stands below its key


def in_order(node: yaml.MappingNode, shape: Shape | None) -> Iterator[tuple[yaml.Node, yaml.Node]]:
    """The keys of a mapping in the order of its shape; unknown ones last."""
    known = list(shape.parts) if isinstance(shape, Fields) else []
    place = {key: number for number, key in enumerate(known)}
    yield from sorted(node.value, key=lambda pair: place.get(pair[0].value, len(known)))


class _Piece(NamedTuple):
    """One element between brackets."""

    start: str  #: `key:`, or nothing
    node: yaml.Node
    shape: Shape | None


class Flow:
    """Writes what stands in brackets in one text."""

    def __init__(self, comments: Comments) -> None:
        self._comments = comments

    def key(self, node: yaml.Node) -> str:
        """Write a key."""
        return written(node.value, "word", flow=True)

    def line(self, node: yaml.Node, shape: Shape | None) -> str:
        """Write a value on one line."""
        if isinstance(node, yaml.ScalarNode):
            role = role_of(shape)
            return written(spelled(node.value, role), role, flow=True)
        opening, closing = _brackets(node)
        return opening + ", ".join(map(self._short, self._pieces(node, shape))) + closing

    def _short(self, piece: _Piece) -> str:
        return f"{piece.start} {self.line(piece.node, piece.shape)}".lstrip()

    def _pieces(self, node: yaml.Node, shape: Shape | None) -> Iterator[_Piece]:
        within = shape.other if isinstance(shape, OneOf) else shape
        if isinstance(node, yaml.MappingNode):
            for key, value in in_order(node, within):
                yield _Piece(f"{self.key(key)}:", value, part_of(within, key.value))
        else:
            of = within.of if isinstance(within, Items) else None
            yield from (_Piece("", item, of) for item in node.value)

    def lines(self, start: str, node: yaml.Node, shape: Shape | None, indent: int, *, below: bool) -> list[str]:
        """Write a value after `start`, over as many lines as it needs; `below` begins it on the next one."""
        if below:
            pad = " " * (indent + 2)
            return [start, *self._filled(f"{pad}", node, shape, indent + 3, own=_OWN_LINE)]
        whole = f"{start} {self.line(node, shape)}"
        return [whole] if len(whole) <= WIDTH else self._filled(f"{start} ", node, shape, indent + 2)

    def _filled(
        self, start: str, node: yaml.Node, shape: Shape | None, indent: int, own: tuple[str, ...] = ()
    ) -> list[str]:
        """Fill lines with the elements of a list or mapping; records and the keys `own` begin a line."""
        opening, closing = _brackets(node)
        lines = [start + opening]
        pieces = list(self._pieces(node, shape))
        for piece in pieces:
            end = closing if piece is pieces[-1] else ","
            gap = "" if lines[-1].endswith(opening) else " "
            begins = _of_records(node) or _of_records(piece.node) or piece.start.removesuffix(":") in own
            self._put(lines, piece, gap, end, indent, begins=begins)
        return lines

    def _put(self, lines: list[str], piece: _Piece, gap: str, end: str, indent: int, *, begins: bool) -> None:
        """Put one element behind what is there, or on lines of its own."""
        short, pad = self._short(piece) + end, " " * indent
        width = WIDTH if end == "," else WIDTH - 2  # what is around it may close here, too
        if not begins and len(lines[-1] + gap + short) <= width:
            lines[-1] += gap + short
        elif isinstance(piece.node, yaml.ScalarNode) or (len(pad + short) <= width and not _of_records(piece.node)):
            lines.append(pad + short)
        else:
            start = f"{pad if begins else lines.pop() + gap}{piece.start} ".rstrip(" ") + " "
            lines += self._filled(start, piece.node, piece.shape, indent + 2)
            lines[-1] += end

    def columns(self, node: yaml.SequenceNode, shape: Shape, width: int) -> list[str]:
        """Write the rows of a table with their cells in columns; nothing when they do not line up within `width`."""
        if not all(isinstance(row, yaml.SequenceNode) and row.value for row in node.value):
            return []
        rows = [[self._short(piece) for piece in self._pieces(row, shape)] for row in node.value]
        if len({len(row) for row in rows}) != 1:
            return []
        widths = [max(map(len, column)) + 2 for column in zip(*rows, strict=True)]
        lines = [f"[{_padded(row[:-1], widths)}{row[-1]}]" for row in rows]
        return lines if max(map(len, lines)) <= width else []

    def comments_in(self, node: yaml.Node) -> tuple[list[str], list[str]]:
        """The comments inside a value that stands in brackets: those on lines of their own, and those beside."""
        above: list[str] = []
        beside: list[str] = []
        for one in _entries_in(node):
            above += [line for line in (*self._comments.before[one], *self._comments.after[one]) if line]
            beside += self._comments.beside[one]
        return above, beside


def _entries_in(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key
            yield from _entries_in(value)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield item
            yield from _entries_in(item)


def _padded(cells: list[str], widths: list[int]) -> str:
    return "".join(f"{cell}, ".ljust(width) for cell, width in zip(cells, widths, strict=False))


def _brackets(node: yaml.Node) -> tuple[str, str]:
    return ("{", "}") if isinstance(node, yaml.MappingNode) else ("[", "]")


def _of_records(node: yaml.Node) -> bool:
    return isinstance(node, yaml.SequenceNode) and any(isinstance(item, yaml.MappingNode) for item in node.value)
