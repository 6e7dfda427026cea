"""The statements of the append path, spoken to the SQLite driver directly: together they cost 10 µs, not 100.

Every function works inside the caller's transaction. Another database gets a sibling of this file.
"""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

Refused = sqlite3.IntegrityError
"""Raised when a guard or a constraint refuses a row; the statement is undone, the transaction goes on."""


class Found(NamedTuple):
    """Where an entry stands, and its hash."""

    idx: int
    leaf_hash: bytes


class WrappedKey(NamedTuple):
    """A subject's key as stored: wrapped by the vault key."""

    key_id: str
    subject: str
    vault_id: str
    nonce: bytes
    wrapped: bytes


def size(driver: sqlite3.Connection) -> int:
    """Return how many entries there are."""
    found = driver.execute("SELECT MAX(idx) FROM audit_entry").fetchone()[0]
    return 0 if found is None else int(found) + 1


def newest(driver: sqlite3.Connection) -> Found | None:
    """Return the last entry."""
    row = driver.execute("SELECT idx, leaf_hash FROM audit_entry ORDER BY idx DESC LIMIT 1").fetchone()
    return None if row is None else Found(*row)


def find(driver: sqlite3.Connection, event_id: str) -> Found | None:
    """Return the entry with this event id."""
    row = driver.execute("SELECT idx, leaf_hash FROM audit_entry WHERE event_id = ?", (event_id,)).fetchone()
    return None if row is None else Found(*row)


def insert_entry(driver: sqlite3.Connection, idx: int, event_id: str, leaf_hash: bytes, entry: bytes) -> None:
    """Append an entry; the guard refuses any index but the next."""
    driver.execute(
        "INSERT INTO audit_entry (idx, event_id, leaf_hash, entry) VALUES (?, ?, ?, ?)",
        (idx, event_id, leaf_hash, entry),
    )


def insert_sealed(driver: sqlite3.Connection, idx: int, key_id: str, nonce: bytes, ciphertext: bytes) -> None:
    """Add the sealed part of an entry that is there."""
    driver.execute(
        "INSERT INTO audit_sealed (idx, key_id, nonce, ciphertext) VALUES (?, ?, ?, ?)",
        (idx, key_id, nonce, ciphertext),
    )


def insert_tile(driver: sqlite3.Connection, level: int, n: int, root: bytes, data: bytes) -> None:
    """Add a tile that has become full."""
    driver.execute("INSERT INTO audit_tile (level, n, root, data) VALUES (?, ?, ?, ?)", (level, n, root, data))


def newest_checkpoint(driver: sqlite3.Connection) -> int | None:
    """Return the size the newest stored checkpoint covers."""
    found: int | None = driver.execute("SELECT MAX(size) FROM audit_checkpoint").fetchone()[0]
    return found


def insert_checkpoint(driver: sqlite3.Connection, size: int, note: str) -> None:
    """Add a signed checkpoint; the guard refuses one that covers no more than the last, or more than is there."""
    driver.execute("INSERT INTO audit_checkpoint (size, note) VALUES (?, ?)", (size, note))


def subject_by(driver: sqlite3.Connection, lookup: bytes) -> str | None:
    """Return the subject with this keyed hash of its reference."""
    row = driver.execute("SELECT subject FROM audit_subject WHERE lookup = ?", (lookup,)).fetchone()
    return None if row is None else str(row[0])


def insert_subject(
    driver: sqlite3.Connection, subject: str, lookup: bytes, nonce: bytes, ciphertext: bytes, key: WrappedKey
) -> None:
    """Add a subject with its sealed reference and its key."""
    driver.execute(
        "INSERT INTO audit_subject_key (key_id, subject, vault_id, nonce, wrapped) VALUES (?, ?, ?, ?, ?)", key
    )
    driver.execute(
        "INSERT INTO audit_subject (subject, lookup, nonce, ciphertext) VALUES (?, ?, ?, ?)",
        (subject, lookup, nonce, ciphertext),
    )


def key_of(driver: sqlite3.Connection, subject: str) -> WrappedKey | None:
    """Return the key of a subject."""
    row = driver.execute(
        "SELECT key_id, subject, vault_id, nonce, wrapped FROM audit_subject_key WHERE subject = ?", (subject,)
    ).fetchone()
    return None if row is None else WrappedKey(*row)
