"""CSV lines: what is wrong with one is said of that line, and the others are read."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest

from api.lines import LONGEST, FileRefused, Table

HEADER = b"id,amount,note\n"

FAULTS: dict[str, tuple[bytes, str]] = {
    "too few cells": (b"1,2", "2 cells, but the header names 3"),
    "too many cells": (b"1,2,3,4", "4 cells, but the header names 3"),
    "a quote left open": (b'1,"2,3', "quote is not closed"),
    "a quote inside a cell": (b'1,"2"x,3', "not CSV"),
    "not UTF-8": (b"1,2,\xff\xfe", "byte 5 of the line is not UTF-8"),
    "too long": (b"1,2," + b"x" * LONGEST, f"longer than {LONGEST} bytes"),
}


def table(folder: Path, body: bytes, name: str = "rows.csv") -> Table:
    """Write a file and open it as a table."""
    path = folder / name
    path.write_bytes(gzip.compress(body) if name.endswith(".gz") else body)
    return Table(path)


@pytest.mark.parametrize("case", FAULTS)
def test_a_bad_line_is_named_and_the_rest_goes_on(tmp_path: Path, case: str) -> None:
    """The line's number and fault are given; the lines before and after it are whole."""
    bad, fault = FAULTS[case]
    lines = list(table(tmp_path, HEADER + b"0,0,a\n" + bad + b"\n2,2,c\n"))
    assert [line.number for line in lines] == [2, 3, 4]
    assert fault in lines[1].fault
    assert [line.cells.get("id") for line in lines] == ["0", None, "2"]


@pytest.mark.parametrize("name", ["rows.csv", "rows.csv.gz"])
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
@pytest.mark.parametrize("start", [b"", b"\xef\xbb\xbf"])
def test_plain_and_compressed_files_read_alike(tmp_path: Path, name: str, end: bytes, start: bytes) -> None:
    """Line ends, a byte order mark, blank lines and a missing last line end make no difference."""
    body = start + end.join([b"id,amount,note", b'1,2,"a, ""b"""', b"", b"2,3,d"])
    read = table(tmp_path, body, name)
    assert read.columns == ("id", "amount", "note")
    assert [dict(line.cells) for line in read] == [
        {"id": "1", "amount": "2", "note": 'a, "b"'},
        {"id": "2", "amount": "3", "note": "d"},
    ]
    assert read.count() == 2
    assert [line.number for line in read] == [2, 4]


REFUSED: dict[str, tuple[bytes, str]] = {
    "empty": (b"", "no header"),
    "blank header": (b"\n1,2\n", "no header"),
    "a column twice": (b"id,id\n1,2\n", "`id` is named twice"),
    "a header left open": (b'id,"x\n', "quote"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_a_file_without_usable_columns_is_refused(tmp_path: Path, case: str) -> None:
    """Without a header nothing can be read, so the file is refused at line 1."""
    body, word = REFUSED[case]
    with pytest.raises(FileRefused, match=word):
        table(tmp_path, body)


def test_a_file_that_is_not_there_or_broken_is_refused(tmp_path: Path) -> None:
    """A missing file, a folder, a truncated and a false gzip are refused by name."""
    with pytest.raises(FileRefused, match=r"none\.csv"):
        Table(tmp_path / "none.csv")
    with pytest.raises(FileRefused, match="directory"):
        Table(tmp_path)
    (tmp_path / "false.csv.gz").write_bytes(b"id\n1\n")
    with pytest.raises(FileRefused, match="breaks off"):
        Table(tmp_path / "false.csv.gz")
    whole = gzip.compress(HEADER + b"1,2,3\n" * 50_000)
    (tmp_path / "cut.csv.gz").write_bytes(whole[: len(whole) // 2])
    cut = Table(tmp_path / "cut.csv.gz")
    with pytest.raises(FileRefused, match="breaks off"):
        list(cut)
