"""Fixtures of the log: an empty one, its writer, and a populated one that is copied rather than made again."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from audit import Keys, Log, Writer
from tests.audit.cases import clock, copy_of, opened, populate


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    """Give an empty log."""
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
