"""Parquet files, by pyarrow: the only file that knows it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from io import BufferedIOBase
from typing import Any

from api.errors import ExtraMissing
from api.exports.columns import Column, Row

try:
    import pyarrow as pa
    import pyarrow.parquet as pq
except ImportError:
    raise ExtraMissing("a Parquet file needs the extra `batch` (pip install 'grounds[batch]')") from None

_ROWS_IN_A_GROUP = 50_000
_TYPES = {"int": pa.int64(), "text": pa.string(), "list": pa.list_(pa.string()), "moment": pa.timestamp("us", tz="UTC")}


class ParquetSink:
    """Typed columns, moments in UTC; rows are gathered to groups."""

    def __init__(self, stream: BufferedIOBase, columns: Sequence[Column]) -> None:
        self._columns = columns
        self._schema = pa.schema([pa.field(each.name, _TYPES[each.type], nullable=False) for each in columns])
        self._writer = pq.ParquetWriter(stream, self._schema, compression="zstd")
        self._waiting: list[Row] = []

    def write(self, rows: Sequence[Row]) -> None:
        """Take some rows; they are written once there are enough for a group."""
        self._waiting += rows
        if len(self._waiting) >= _ROWS_IN_A_GROUP:
            self._flush()

    def close(self) -> None:
        """Write the last group and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        columns = list(zip(*self._waiting, strict=True)) or [()] * len(self._columns)
        arrays = [_array(column, values) for column, values in zip(self._columns, columns, strict=True)]
        self._writer.write_table(pa.table(arrays, schema=self._schema))
        self._waiting = []


def _array(column: Column, values: Sequence[Any]) -> Any:
    if column.type == "moment":
        values = [dt.datetime.fromisoformat(value) for value in values]
    return pa.array(values, _TYPES[column.type])
