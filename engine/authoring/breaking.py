"""Where a long value is broken: an expression before `and` and `or`, outermost first; a sentence between words."""

from __future__ import annotations

import re
from itertools import pairwise

WIDTH = 120  #: columns of a line


def broken(text: str, first: int, rest: int, *, expression: bool) -> list[str]:
    """Break a text into lines; `first` and `rest` are the columns at which the first and the others begin."""
    if first + len(text) <= WIDTH:
        return [text]
    head, *parts = _parts(text) if expression else _words(text)
    lines = [head]
    for part in parts:
        room = WIDTH - (first if len(lines) == 1 else rest)
        if len(lines[-1]) + 1 + len(part) <= room:
            lines[-1] += f" {part}"
        else:
            lines.append(part)
    if not expression:
        return lines
    starts = [first, *[rest] * (len(lines) - 1)]
    return [short for line, start in zip(lines, starts, strict=True) for short in _shorter(line, start, rest)]


def _shorter(line: str, start: int, rest: int) -> list[str]:
    return [line] if " " not in line or start + len(line) <= WIDTH else broken(line, start, rest, expression=True)


def _parts(text: str) -> list[str]:
    """The parts of an expression between its outermost `and`s and `or`s; where there are none, its words."""
    places = [(_depth(text, match.start()), match.start()) for match in re.finditer(r" (?=(and|or) )", text)]
    if not places:
        return _words(text)
    outermost = min(depth for depth, _ in places)
    cuts = [0, *[place + 1 for depth, place in places if depth == outermost], len(text) + 1]
    return [text[start : end - 1] for start, end in pairwise(cuts)]


def _words(text: str) -> list[str]:
    """What stands between single spaces; several of them in a row belong to the text."""
    return re.split(r"(?<=\S) (?=\S)", text)


def _depth(text: str, place: int) -> int:
    before = text[:place]
    return sum(map(before.count, "([")) - sum(map(before.count, ")]"))


def as_broken_before(text: str, lines: list[str]) -> list[str]:
    """Break a text where its author did; `lines` are the author's, spelled in whatever way."""
    pieces, begin, count = [], 0, 0
    for line in lines[:-1]:
        count += _weight(line)
        place = _place(text, count)
        if text[place : place + 1] == " ":
            pieces.append(text[begin:place])
            begin = place + 1
    return [*pieces, text[begin:]]


def _weight(text: str) -> int:
    """How much of a text is more than spelling: spaces and the underscores of numbers are not."""
    return len(re.sub(r"[\s_]", "", text))


def _place(text: str, weight: int) -> int:
    """Where so much of a text has gone by."""
    for place, character in enumerate(text):
        if not weight:
            return place
        weight -= _weight(character)
    return len(text)
