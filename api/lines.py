"""A CSV file line by line (RFC 4180, one row per line): a line that cannot be read is said so, and the rest goes on.

A line break inside quotes is refused, because otherwise one stray quote would swallow the rest of the file.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, cast

import msgspec

from api.errors import ApiError

LONGEST = 1_048_576  #: bytes of one line
_BOM = "\ufeff"


class FileRefused(ApiError):
    """the file cannot be read as rows"""


class Line(msgspec.Struct, frozen=True):
    """One row as it stands in the file; either `cells` by column, or what is wrong with it."""

    number: int  #: counted from 1, the header included
    text: str  #: as in the file, as far as it could be read
    cells: Mapping[str, str]
    fault: str = ""


class Table:
    """A CSV file, plain or gzip (by its ending), whose first line names the columns."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with self._open() as stream:
            self.columns = self._header(stream)

    def _open(self) -> IO[bytes]:
        try:
            return cast("IO[bytes]", gzip.open(self.path)) if self.path.suffix == ".gz" else self.path.open("rb")
        except OSError as error:
            raise FileRefused(f"`{self.path}` cannot be read: {(error.strerror or str(error)).lower()}") from None

    def _header(self, stream: IO[bytes]) -> tuple[str, ...]:
        first = next(self._raw_lines(stream), b"")
        cells, fault = _cells(_decoded(first)[0].removeprefix(_BOM))
        if fault or not any(cells):
            raise FileRefused(f"{self.path}:1: {fault or 'there is no header'} (the first line names the columns)")
        twice = sorted({name for name in cells if cells.count(name) > 1})
        if twice:
            raise FileRefused(f"{self.path}:1: column `{twice[0]}` is named twice (give every column its own name)")
        return tuple(cells)

    def __iter__(self) -> Iterator[Line]:
        """Give every row after the header; blank lines are skipped."""
        with self._open() as stream:
            for number, raw in enumerate(self._raw_lines(stream), start=1):
                if number > 1 and raw.strip():
                    yield self._line(number, raw)

    def count(self) -> int:
        """Count the rows."""
        with self._open() as stream:
            return sum(1 for number, raw in enumerate(self._raw_lines(stream)) if number and raw.strip())

    def _line(self, number: int, raw: bytes) -> Line:
        text, fault = _decoded(raw)
        if fault:
            return Line(number, text, {}, fault)
        cells, fault = _cells(text)
        if not fault and len(cells) != len(self.columns):
            fault = f"{len(cells)} cells, but the header names {len(self.columns)}"
        return Line(number, text, {} if fault else dict(zip(self.columns, cells, strict=True)), fault)

    def _raw_lines(self, stream: IO[bytes]) -> Iterator[bytes]:
        """Give lines of at most LONGEST + 1 bytes; what is longer is cut there, and its rest skipped."""
        try:
            while raw := stream.readline(LONGEST + 1):
                yield raw
                while len(raw) > LONGEST and not raw.endswith(b"\n"):
                    raw = stream.readline(LONGEST + 1)
        except (EOFError, OSError, zlib.error) as error:
            raise FileRefused(f"`{self.path}` breaks off: {str(error).lower()} (is the copy complete?)") from None


def _decoded(raw: bytes) -> tuple[str, str]:
    if len(raw) > LONGEST:
        return "", f"longer than {LONGEST} bytes"
    try:
        return raw.decode("utf-8").rstrip("\r\n"), ""
    except UnicodeDecodeError as error:
        return raw.decode("utf-8", "replace").rstrip("\r\n"), f"byte {error.start + 1} of the line is not UTF-8"


def _cells(text: str) -> tuple[list[str], str]:
    try:
        return next(csv.reader([text], strict=True), []), ""
    except csv.Error as error:
        fault = str(error).lower()
        return [], "a quote is not closed on this line" if "unexpected end" in fault else f"not CSV: {fault}"
