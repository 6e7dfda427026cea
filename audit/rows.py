"""The statements of the append path, spoken to the driver directly: together they cost 10 µs, not 100.

Every function works inside the caller's transaction. What a database must do in its own way stands in its `Driver`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from audit.driver import Driver, padded


class WrappedKey(NamedTuple):
    """A subject's key as stored: wrapped by the vault key."""

    key_id: str
    subject: str
    vault_id: str
    nonce: bytes
    wrapped: bytes


def size(driver: Driver) -> int:
    """Return how many entries there are."""
    found = driver.execute("SELECT MAX(idx) FROM audit_entry").fetchone()[0]
    return 0 if found is None else int(found) + 1


def entries(driver: Driver, start: int, stop: int) -> list[tuple[bytes, bytes]]:
    """Return leaf hash and bytes of the entries from `start` up to `stop`, exclusive, in order."""
    chosen = "SELECT leaf_hash, entry FROM audit_entry WHERE idx >= ? AND idx < ? ORDER BY idx"
    return [(bytes(leaf), bytes(entry)) for leaf, entry in driver.execute(chosen, (start, stop)).fetchall()]


def newest_note(driver: Driver) -> str | None:
    """Return the note of the newest stored checkpoint."""
    row = driver.execute("SELECT note FROM audit_checkpoint ORDER BY size DESC LIMIT 1").fetchone()
    return None if row is None else str(row[0])


def insert_tile(driver: Driver, level: int, n: int, root: bytes, data: bytes) -> None:
    """Add a tile that has become full."""
    driver.executemany("INSERT INTO audit_tile (level, n, root, data) VALUES (?, ?, ?, ?)", [(level, n, root, data)])


def insert_checkpoint(driver: Driver, size: int, note: str) -> None:
    """Add a signed checkpoint; the guard refuses one that covers no more than the last, or more than is there."""
    driver.executemany("INSERT INTO audit_checkpoint (size, note) VALUES (?, ?)", [(size, note)])


def subject_by(driver: Driver, lookup: bytes) -> str | None:
    """Return the subject with this keyed hash of its reference."""
    row = driver.execute("SELECT subject FROM audit_subject WHERE lookup = ?", (lookup,)).fetchone()
    return None if row is None else str(row[0])


def subjects_by(driver: Driver, lookups: Sequence[bytes]) -> dict[bytes, str]:
    """Return the subjects with these keyed hashes of their references; who is not there is left out."""
    if not lookups:
        return {}
    marks, values = padded(lookups)
    found = driver.execute(f"SELECT lookup, subject FROM audit_subject WHERE lookup IN ({marks})", values)  # noqa: S608  # marks, no values
    return {bytes(lookup): str(subject) for lookup, subject in found.fetchall()}


def insert_subjects(driver: Driver, subjects: Sequence[tuple[str, bytes, bytes, bytes]]) -> None:
    """Add subjects: id, keyed hash of the reference, and the reference sealed, nonce and ciphertext."""
    driver.executemany("INSERT INTO audit_subject (subject, lookup, nonce, ciphertext) VALUES (?, ?, ?, ?)", subjects)


def insert_keys(driver: Driver, keys: Sequence[WrappedKey]) -> None:
    """Add keys of subjects."""
    driver.executemany(
        "INSERT INTO audit_subject_key (key_id, subject, vault_id, nonce, wrapped) VALUES (?, ?, ?, ?, ?)", keys
    )


def insert_meta(driver: Driver, name: str, value: str) -> None:
    """Add what is known of the log from now on."""
    driver.execute("INSERT INTO audit_meta (name, value) VALUES (?, ?)", (name, value))


def key_of(driver: Driver, subject: str) -> WrappedKey | None:
    """Return the key of a subject."""
    row = driver.execute(
        "SELECT key_id, subject, vault_id, nonce, wrapped FROM audit_subject_key WHERE subject = ?", (subject,)
    ).fetchone()
    return None if row is None else WrappedKey(*row)
