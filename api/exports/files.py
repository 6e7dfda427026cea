"""The forms a file of rows can have; each takes rows in batches and holds no more than one."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from io import BufferedIOBase, StringIO
from typing import Literal, Protocol

import msgspec

from api.exports.columns import Column, Row

Format = Literal["csv", "jsonl", "parquet"]
FORMATS: tuple[Format, ...] = ("csv", "jsonl", "parquet")

#: Spreadsheets take a cell that begins with one of the first nine for a formula; the last keeps the mark unambiguous.
_RISKY = tuple("=+-@＝＋－＠\t\r'")
_LIST_SEPARATOR = ";"


class Sink(Protocol):
    """Somewhere rows go."""

    def write(self, rows: Sequence[Row]) -> None:
        """Write some rows."""

    def close(self) -> None:
        """Write what belongs at the end; the stream stays open."""


def sink(form: Format, stream: BufferedIOBase, columns: Sequence[Column]) -> Sink:
    """Open a file of rows on a stream; raise ExtraMissing if its form needs a library that is not installed."""
    if form == "parquet":
        from api.exports.parquet import ParquetSink

        return ParquetSink(stream, columns)
    return CsvSink(stream, columns) if form == "csv" else JsonlSink(stream, columns)


class CsvSink:
    """RFC 4180 in UTF-8 with a header; lists joined by `;`, and no cell that a spreadsheet would run as a formula."""

    def __init__(self, stream: BufferedIOBase, columns: Sequence[Column]) -> None:
        self._stream = stream
        self.write([tuple(column.name for column in columns)])

    def write(self, rows: Sequence[Row]) -> None:
        """Write some rows."""
        text = StringIO(newline="")
        csv.writer(text).writerows([_cell(value) for value in row] for row in rows)
        self._stream.write(text.getvalue().encode())

    def close(self) -> None:
        """Nothing belongs at the end."""


class JsonlSink:
    """One JSON object a line, UTF-8; lists are lists."""

    def __init__(self, stream: BufferedIOBase, columns: Sequence[Column]) -> None:
        self._stream, self._names = stream, [column.name for column in columns]
        self._encoder = msgspec.json.Encoder()

    def write(self, rows: Sequence[Row]) -> None:
        """Write some rows."""
        self._stream.write(self._encoder.encode_lines(dict(zip(self._names, row, strict=True)) for row in rows))

    def close(self) -> None:
        """Nothing belongs at the end."""


def _cell(value: object) -> object:
    if isinstance(value, int):
        return value
    return guarded(_LIST_SEPARATOR.join(value) if isinstance(value, list) else str(value))


def guarded(text: str) -> str:
    """Put an apostrophe before a cell that begins like a formula, or with an apostrophe; taking one away undoes it."""
    return f"'{text}" if text.startswith(_RISKY) else text
