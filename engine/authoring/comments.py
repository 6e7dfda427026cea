"""Comments of a YAML text and the entries they belong to; YAML itself throws them away.

An entry is a key with its value, or an item of a list. A comment on a line of its own belongs to the entry that
follows, unless it is indented further: then it ends the one before. A comment at the end of a line belongs to the
innermost entry that begins on that line. Blank lines before an entry are kept as one.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby

import msgspec
import yaml

from engine.reading.source import LOADER

_HEADER = re.compile(r"[|>][-+0-9]*(?=\s|$)")


class Entry(msgspec.Struct, frozen=True):
    """Where a key or an item begins."""

    node: yaml.Node  #: the key, or the item
    line: int
    column: int
    parent: Entry | None


class Comments:
    """The comments of one text, by the node of their entry; a blank line is an empty one."""

    def __init__(self, text: str, root: yaml.Node) -> None:
        self.before: dict[yaml.Node, list[str]] = defaultdict(list)
        self.beside: dict[yaml.Node, list[str]] = defaultdict(list)
        self.after: dict[yaml.Node, list[str]] = defaultdict(list)
        self.last: list[str] = []  #: what stands below everything
        self._lines = text.splitlines()
        self._ends, self._covered = _ends(text)
        self._entries = list(_entries(root, None))
        self._starts = [entry.line for entry in self._entries]
        for line in range(len(self._lines)):
            self._beside(line)
        self._between()

    @property
    def all(self) -> list[str]:
        """Every comment, in no particular order but the same one for the same comments."""
        kept = [*self.before.values(), *self.beside.values(), *self.after.values(), self.last]
        return sorted(line for lines in kept for line in lines if line)

    def _beside(self, line: int) -> None:
        rest = self._lines[line][self._ends[line] :] if line in self._ends else ""
        comment = re.match(r"\s+(#.*)", rest)
        if comment is None:
            return
        place = bisect_left(self._starts, line + 1)
        if self._lines[line][: self._ends[line]].strip(" -") == "" and place < len(self._entries):
            self.before[self._entries[place].node].append(comment[1].rstrip())  # beside a dash that stands alone
        else:
            self.beside[self._entries[place - 1].node].append(comment[1].rstrip())

    def _between(self) -> None:
        """Sort lines that hold nothing but comments, run by run."""
        bare = [line for line in range(len(self._lines)) if line not in self._ends and line not in self._covered]
        for _, run in groupby(enumerate(bare), lambda pair: pair[1] - pair[0]):
            lines = [line for _, line in run]
            self._run(lines, lines[-1] + 1)

    def _run(self, lines: list[int], then: int) -> None:
        """Share a run of bare lines out between the entry before it and the one that begins on the line `then`."""
        place = bisect_left(self._starts, lines[0])
        following = self._entries[place] if place < len(self._entries) else None
        if following is not None and following.line != then:
            following = None  # a bracket closes here
        before = self._entries[place - 1] if place else None
        ended = self._end(lines, before, following.column if following else 0)
        rest = self._texts(lines[ended:])
        if following is not None:
            self.before[following.node] += rest
        elif then >= len(self._lines) or before is None:
            self.last += rest
        elif any(rest):
            self.after[before.node] += rest

    def _end(self, lines: list[int], before: Entry | None, column: int) -> int:
        """Give the first of these lines to the entries they end; say how many."""
        ended = 0
        for number, line in enumerate(lines, 1):
            owner = _owner(before, self._indent(line)) if before and self._comment(line) else None
            if owner is not None and owner.column > column:
                self.after[owner.node] += self._texts(lines[ended:number])
                ended = number
        return ended

    def _comment(self, line: int) -> bool:
        return self._lines[line].lstrip().startswith("#")

    def _indent(self, line: int) -> int:
        return len(self._lines[line]) - len(self._lines[line].lstrip())

    def _texts(self, lines: list[int]) -> list[str]:
        """Comments as they stand, runs of blank lines as one."""
        texts = [self._lines[line].strip() for line in lines]
        return [text for n, text in enumerate(texts) if text or not n or texts[n - 1]]


def _entries(node: yaml.Node, parent: Entry | None) -> Iterator[Entry]:
    """All entries in the order they begin, an outer one before an inner one."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            entry = Entry(key, key.start_mark.line, key.start_mark.column, parent)
            yield entry
            yield from _entries(value, entry)
    elif isinstance(node, yaml.SequenceNode):
        for item in node.value:
            dash = 0 if node.flow_style else 2
            entry = Entry(item, item.start_mark.line, item.start_mark.column - dash, parent)
            yield entry
            yield from _entries(item, entry)


def _owner(entry: Entry, column: int) -> Entry:
    """The innermost entry, from one outwards, that does not begin right of a column."""
    while entry.parent is not None and entry.column > column:
        entry = entry.parent
    return entry


def _ends(text: str) -> tuple[dict[int, int], set[int]]:
    """The column at which content ends on each line that has some, and the lines inside of a value."""
    ends: dict[int, int] = {}
    covered: set[int] = set()
    lines = text.splitlines()
    for token in yaml.scan(text, Loader=LOADER):
        start, end = token.start_mark, token.end_mark
        if (start.line, start.column) == (end.line, end.column):
            continue
        if getattr(token, "style", None) in ("|", ">"):
            header = _HEADER.match(lines[start.line], start.column)
            ends[start.line] = header.end() if header else start.column + 1
            covered |= set(range(start.line + 1, end.line + (end.column > 0)))
            continue
        covered |= set(range(start.line, end.line))
        ends[end.line] = max(ends.get(end.line, 0), end.column)
    return ends, covered
