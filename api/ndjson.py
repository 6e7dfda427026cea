"""Newline-delimited JSON as it comes in: whole lines out of pieces, counted, and none longer than it may be."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

MEDIA_TYPE = "application/x-ndjson"


class Line(msgspec.Struct, frozen=True):
    """One line that is not blank."""

    number: int  #: from 1, blank lines counted
    text: bytes | None  #: None: it was longer than a line may be


class Lines:
    """Takes pieces and gives lines; holds no more than one line that is not whole yet."""

    def __init__(self, longest: int) -> None:
        """`longest` is how many bytes a line may have."""
        self._longest, self._number = longest, 0
        self._rest, self._too_long = b"", False

    def feed(self, piece: bytes) -> Iterator[Line]:
        """Give the lines that end in `piece`."""
        *ended, rest = (self._rest + piece).split(b"\n")
        self._rest = b""
        for text in ended:
            yield from self._line(text)
        self._too_long |= len(rest) > self._longest
        self._rest = b"" if self._too_long else rest

    def end(self) -> Iterator[Line]:
        """Give the last line, if nothing ended it."""
        if self._rest or self._too_long:
            yield from self._line(self._rest)

    def _line(self, text: bytes) -> Iterator[Line]:
        self._number += 1
        too_long, self._too_long = self._too_long or len(text) > self._longest, False
        if too_long or text.strip():
            yield Line(self._number, None if too_long else text)
