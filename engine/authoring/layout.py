"""A YAML tree in the one layout: keys in their order, tables in columns, blank lines where they help, comments kept."""

from __future__ import annotations

import msgspec
import yaml

from engine.authoring.breaking import WIDTH, as_broken_before, broken
from engine.authoring.comments import Comments
from engine.authoring.flow import Flow, in_order
from engine.authoring.quoting import in_quotes, is_plain
from engine.reading.shape import Entries, Fields, Items, OneOf, Shape
from engine.reading.spelling import part_of, role_of, spelled

_BESIDE = 32  #: the column at which comments beside short lines begin


class Laid(msgspec.Struct):
    """An entry: comments that have to stand above it, its lines, and comments beside it."""

    above: list[str]
    lines: list[str]
    beside: list[str]
    place: int | None = 0  #: the line at whose end a comment may stand; None where there is none


class Layout:
    """Lays out one text."""

    def __init__(self, text: str, root: yaml.Node) -> None:
        self._lines = text.splitlines()
        self._comments = Comments(text, root)
        self._flow = Flow(self._comments)

    def text(self, root: yaml.MappingNode, shape: Fields) -> str:
        """Give the whole text."""
        before = self._comments.before
        written, first = root.value[0][0], next(in_order(root, shape))[0]
        if written is not first:  # what heads the file stays its head, whichever key comes first
            before[first], before[written] = before[written] + before[first], []
        lines = [*self._mapping(root, shape, 0), *self._comments.last]
        joined = "\n".join(line.rstrip() for line in _single_blanks(lines)).strip("\n")
        return f"{joined}\n"

    def _mapping(self, node: yaml.MappingNode, shape: Shape | None, indent: int) -> list[str]:
        shape = shape.other if isinstance(shape, OneOf) else shape
        lines: list[str] = []
        for key, value in in_order(node, shape):
            lines += self._pair(key, value, shape, indent)
        return lines

    def _pair(self, key: yaml.Node, value: yaml.Node, shape: Shape | None, indent: int) -> list[str]:
        name = self._flow.key(key)
        apart = isinstance(shape, Fields) and key.value in shape.parts and shape.parts[key.value].apart
        below = isinstance(shape, Entries) and shape.below
        laid = self._value(f"{' ' * indent}{name}:", value, part_of(shape, key.value), indent, below=below)
        return self._entry(key, laid, indent, apart=apart)

    def _entry(self, node: yaml.Node, laid: Laid, indent: int, *, apart: bool) -> list[str]:
        """Put the comments of an entry above, beside and below it."""
        above = self._comments.before[node] + laid.above
        if apart and above[:1] != [""]:
            above = ["", *above]
        beside = self._comments.beside[node] + laid.beside
        pad, lines = " " * indent, list(laid.lines)
        if len(beside) > 1 or laid.place is None:
            above = above + beside
        elif beside:
            lines[laid.place] = f"{lines[laid.place].ljust(_BESIDE - 2)}  {beside[0]}"
        return [*(pad + line for line in above), *lines, *(pad + line for line in self._comments.after[node])]

    def _value(self, start: str, node: yaml.Node, shape: Shape | None, indent: int, *, below: bool = False) -> Laid:
        if isinstance(node, yaml.ScalarNode):
            return self._scalar(start, node, shape, indent)
        assert isinstance(node, yaml.CollectionNode)
        if not node.value or self._bracketed(start, node, shape, below=below):
            above, beside = self._flow.comments_in(node)
            lines = self._flow.lines(start, node, shape, indent, below=below)
            if len(lines) > 1:
                return Laid([*above, *beside], lines, [], 0 if below else None)
            return Laid(above, lines, beside)
        if isinstance(node, yaml.MappingNode):
            return Laid([], [start, *self._mapping(node, shape, indent + 2)], [])
        assert isinstance(node, yaml.SequenceNode)
        return Laid([], [start, *self._items(node, shape, indent + 2)], [])

    def _bracketed(self, start: str, node: yaml.CollectionNode, shape: Shape | None, *, below: bool) -> bool:
        """Whether a list or mapping stands in brackets."""
        within = shape.other if isinstance(shape, OneOf) else shape
        layout = within.layout if isinstance(within, Fields | Entries | Items) else "either"
        if layout != "either":
            return layout == "flow"
        above, beside = self._flow.comments_in(node)
        fits = len(start) + 1 + len(self._flow.line(node, shape)) <= WIDTH
        return bool(node.flow_style) and (below or (fits and not above and len(beside) < 2))

    def _items(self, node: yaml.SequenceNode, shape: Shape | None, indent: int) -> list[str]:
        within = shape.other if isinstance(shape, OneOf) else shape
        items = within if isinstance(within, Items) else None
        columns = self._flow.columns(node, items.of, WIDTH - indent - 2) if items and items.aligned else []
        lines: list[str] = []
        tall = True  # whether the item before takes more than one line
        for number, item in enumerate(node.value):
            start = f"{' ' * indent}-"
            laid = self._value(start, item, items.of if items else None, indent)
            if columns and len(laid.lines) == 1:
                laid.lines = [f"{start} {columns[number]}"]
            if laid.lines[0] == start:
                laid = _beside_dash(laid, indent)
            before, tall = tall, len(laid.lines) > 1
            lines += self._entry(item, laid, indent, apart=bool(items and items.apart and (before or tall)))
        return lines

    def _scalar(self, start: str, node: yaml.ScalarNode, shape: Shape | None, indent: int) -> Laid:
        role = role_of(shape)
        text = spelled(node.value, role)
        if "\n" in text:
            return Laid([], self._literal(start, text, indent), [], None)
        plain = role != "remark" and is_plain(text, role, flow=False)
        whole = text if plain else in_quotes(text)
        expression = plain and role in ("expression", "aggregate")
        pieces = as_broken_before(whole, self._written(node)) if expression and not node.style else [whole]
        pad = " " * (indent + 2)
        lines: list[str] = []
        for piece in pieces:
            column = len(pad) if lines else len(start) + 1
            lines += broken(piece, column, len(pad), expression=expression)
        return Laid([], [f"{start} {lines[0]}", *(pad + line for line in lines[1:])], [], -1)

    def _written(self, node: yaml.ScalarNode) -> list[str]:
        """The lines of a value as its author wrote them."""
        lines = self._lines[node.start_mark.line : node.end_mark.line + 1]
        lines[-1] = lines[-1][: node.end_mark.column]
        lines[0] = lines[0][node.start_mark.column :]
        return lines

    @staticmethod
    def _literal(start: str, text: str, indent: int) -> list[str]:
        """Write several lines of text as they are, where YAML can tell where they begin and end."""
        body = text.removesuffix("\n").split("\n")
        if not body[0] or not body[-1] or any(line != line.strip() for line in body) or "\n\n\n" in text:
            return [f"{start} {in_quotes(text)}"]
        header = "|" if text.endswith("\n") else "|-"
        return [f"{start} {header}", *(" " * (indent + 2) + line if line else "" for line in body)]


def _beside_dash(laid: Laid, indent: int) -> Laid:
    """Pull the first key of an item up to its dash; what stands above the key then stands above the item."""
    pad = " " * (indent + 2)
    first = next(n for n, line in enumerate(laid.lines[1:], 1) if line.strip() and not line.lstrip().startswith("#"))
    above = [line.strip() for line in laid.lines[1:first]]
    head = f"{' ' * indent}- {laid.lines[first].removeprefix(pad)}"
    return Laid([*laid.above, *above], [head, *laid.lines[first + 1 :]], laid.beside, laid.place)


def _single_blanks(lines: list[str]) -> list[str]:
    return [line for n, line in enumerate(lines) if line.strip() or not n or lines[n - 1].strip()]
