"""The log: durable appends, proofs and receipts at full length, offline audits, bytes per leaf.

`python -m bench.log FOLDER` builds a log of a million entries below FOLDER the first time, in about three minutes, and
keeps it there. `--only appends|proofs|audit` does a part. `--postgres` appends to PostgreSQL too, from one process and
from two: on a private server that is started for it, or with a URL in an empty database that was made ready for a log.
"""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from api.collecting import settle
from bench import log_appends, log_audit, log_proofs
from bench.log_corpus import corpus
from bench.machine import describe

PARTS = ("appends", "proofs", "audit")
PRIVATE = "private"


def main() -> None:
    """Print every figure beside the machine it was taken on."""
    options = _parser().parse_args()
    parts = options.only or PARTS
    print(describe())
    if "appends" in parts:
        settle()  # as the service does
        _appends(options)
    if {"proofs", "audit"} & set(parts):
        folder = corpus(options.folder, options.entries)
        print(f"a log of {options.entries} entries")
        if "proofs" in parts:
            log_proofs.measure(folder)
            log_audit.sizes(folder)
        if "audit" in parts:
            log_audit.measure(folder)


def _appends(options: argparse.Namespace) -> None:
    options.folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=options.folder) as made:
        print("durable appends, SQLite")
        log_appends.compare(Path(made), Path(made) / "grounds.db", options.seconds)
        if options.postgres is not None:
            with _postgres(options.postgres) as url:
                print("durable appends, PostgreSQL")
                log_appends.compare(Path(made), url, options.seconds)
                log_appends.processes(Path(made), url, options.seconds)


@contextmanager
def _postgres(url: str) -> Iterator[str]:
    """Give the database that was named, or one of a private server."""
    if url != PRIVATE:
        yield url
        return
    from tests.postgres import prepare, server

    with server() as made:
        prepare(made)
        yield made.url(made.copy())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench.log", description="measure the log")
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="where the long log is kept between runs")
    parser.add_argument("--entries", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=3.0, help="for each number of callers")
    parser.add_argument("--only", action="append", choices=PARTS)
    parser.add_argument("--postgres", metavar="URL", nargs="?", const=PRIVATE, help="append to PostgreSQL too")
    return parser


if __name__ == "__main__":
    main()
