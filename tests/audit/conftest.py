"""Fixtures of the log: an empty one, its writer, and a populated one that is copied rather than made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit import Keys, Log, Writer
from tests.audit.cases import ELSEWHERE, clock, copy_of, opened, populate


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Have the log of `tmp_path` kept by each database in turn; give its name."""
    if request.param == "postgres":
        (tmp_path / ELSEWHERE).write_text(request.getfixturevalue("empty_database"))
    return str(request.param)


@pytest.fixture
def log(store: str, tmp_path: Path) -> Iterator[Log]:
    """Give an empty log, in each database in turn."""
    with opened(tmp_path) as made:
        yield made


@pytest.fixture
def writer(log: Log) -> Iterator[Writer]:
    """Give the writer of `log`."""
    with Writer(log, clock) as made:
        yield made


@pytest.fixture(scope="session")
def populated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the folder of a log with something of everything; tests copy it."""
    folder = tmp_path_factory.mktemp("populated") / "log"
    populate(folder)
    return folder


@pytest.fixture
def database(populated: Path, tmp_path: Path) -> Path:
    """Give the database of a populated log to do as one pleases with."""
    return copy_of(populated, tmp_path / "copy")


@pytest.fixture
def keys(database: Path) -> Keys:
    """Give the keys of `database`."""
    return Keys.load(database.parent)
