"""Flipping bytes of the database file: whatever changes what the log says is found."""

from __future__ import annotations

import random
import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from audit import Keys
from audit.verify import verify_database
from tests.audit.cases import content

FLIPS = 250


def test_a_flipped_byte_anywhere_is_found_or_harmless(database: Path, keys: Keys) -> None:
    """Over random places of the file, whatever flip changes what the log's tables say is a finding."""
    chance, whole, before = random.Random(20261122), database.read_bytes(), content(database)
    unnoticed = []
    for _ in range(FLIPS):
        place, bit = chance.randrange(len(whole)), 1 << chance.randrange(8)
        _flip(database, place, bit)
        if verify_database(database, keys).ok and content(database) != before:
            unnoticed.append((place, bit))
        _flip(database, place, bit)

    assert unnoticed == []
    assert database.read_bytes() == whole


ROWS = [
    "SELECT entry FROM audit_entry ORDER BY idx",
    "SELECT leaf_hash FROM audit_entry ORDER BY idx DESC",
    "SELECT event_id FROM audit_entry ORDER BY idx DESC",
    "SELECT data FROM audit_tile",
    "SELECT root FROM audit_tile",
    "SELECT note FROM audit_checkpoint ORDER BY size DESC",
    "SELECT ciphertext FROM audit_sealed",
    "SELECT nonce FROM audit_sealed",
    "SELECT key_id FROM audit_sealed",
    "SELECT ciphertext FROM audit_subject",
    "SELECT lookup FROM audit_subject",
    "SELECT wrapped FROM audit_subject_key",
    "SELECT vault_id FROM audit_subject_key",
    "SELECT value FROM audit_meta",
    "SELECT sql FROM sqlite_master WHERE type = 'trigger'",
]


@pytest.mark.parametrize("query", ROWS)
def test_a_flipped_byte_in_each_kind_of_row_is_found(database: Path, keys: Keys, query: str) -> None:
    """A bit flipped in the file at the first, a middle and the last byte of a stored value is a finding."""
    with closing(sqlite3.connect(database)) as driver:
        values = [row[0] for row in driver.execute(query)][:4]
    whole = database.read_bytes()
    for value in values:
        stored = value.encode() if isinstance(value, str) else value
        # Long values continue on other pages: what stands together is looked for.
        start = whole.find(stored[-40:] if len(stored) > 4000 else stored)
        length = min(len(stored), 40) if len(stored) > 4000 else len(stored)
        assert start > 0
        for offset in {0, length // 2, length - 1}:
            _flip(database, start + offset, 0x04)
            assert not verify_database(database, keys).ok, (query, offset)
            _flip(database, start + offset, 0x04)


def _flip(path: Path, place: int, bit: int) -> None:
    with path.open("r+b") as file:
        file.seek(place)
        byte = file.read(1)[0]
        file.seek(place)
        file.write(bytes([byte ^ bit]))
