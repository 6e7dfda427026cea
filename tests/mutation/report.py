"""What came of the changes: a table per file, and every change that no test noticed."""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import msgspec


class Result(msgspec.Struct, frozen=True):
    """What became of one change; `killer` is the test that noticed it, empty if none did."""

    file: str
    at: int
    text: str
    killer: str

    def line(self) -> str:
        """As one line of JSON."""
        return msgspec.json.encode(self).decode() + "\n"


def read(log: Path) -> list[Result]:
    """Read what became of each change."""
    return [msgspec.json.decode(line, type=Result) for line in log.read_bytes().splitlines()]


def noticed(log: Path) -> set[tuple[str, int, str]]:
    """The changes that were noticed, by place and text; nothing else stays in the log."""
    results = [one for one in read(log) if one.killer]
    log.write_text("".join(one.line() for one in results), encoding="utf-8")
    return {(one.file, one.at, one.text) for one in results}


def write(log: Path, page: Path) -> None:
    """Print and keep the figures and the survivors."""
    results = read(log)
    by_file: dict[str, list[Result]] = defaultdict(list)
    for result in results:
        by_file[result.file].append(result)
    rows = [_row(file, found) for file, found in sorted(by_file.items())]
    head = ["| file | changes | noticed | share |", "|---|---:|---:|---:|"]
    alive = [f"{one.file}:{one.at}: `{one.text}`" for one in results if not one.killer]
    text = "\n".join([*head, *rows, _row("all", results), "", *alive, ""])
    page.write_text(text, encoding="utf-8")
    print(text)  # noqa: T201  # a command prints


def _row(name: str, results: list[Result]) -> str:
    noticed = sum(bool(result.killer) for result in results)
    return f"| {name} | {len(results)} | {noticed} | {noticed / len(results):.1%} |"
