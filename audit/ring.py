"""The signing keys of one log, one after the other: which key speaks for which sizes (docs/log-format.md, "Keys").

The origin stays, so the keys share a name and differ in key id. A later key counts because an entry that the key before
it signed for announces it; after the loss of a key only those who kept an older checkpoint can vouch for the next.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from hashlib import sha256
from typing import NamedTuple
from uuid import UUID

import sqlalchemy as sa

from audit.checkpoint import Checkpoint
from audit.driver import Driver
from audit.entry import decode
from audit.errors import LogRefused, NoteInvalid
from audit.note import VerifierKey
from audit.store import CheckpointRow, EntryRow, MetaRow, table_of

KEY, RESTORE = "key", "restore"  #: kinds of entries
SIGNING, VAULT = "signing", "vault"  #: what a key is for: the entry's `use`
ANNOUNCED, SWITCHED = "announced", "switched"  #: how far a rotation is: the entry's `step`


class Era(NamedTuple):
    """A key and the sizes of checkpoints that are its own: those above `after`, up to the `after` of the next era."""

    vkey: VerifierKey
    after: int  #: the index of the entry by which it took over; -1 for the first key
    attested: bool  #: the key before signed for it; False after a loss


class Ring:
    """All signing keys a log ever had, oldest first."""

    def __init__(self, eras: Iterable[Era]) -> None:
        self.eras = tuple(eras)

    @classmethod
    def read(cls, connection: sa.Connection) -> Ring:
        """Read the keys a database names; raises LogRefused when an entry does not bear out its row."""
        stored = meta(connection)
        eras = [Era(VerifierKey.parse(stored.get("vkey", "")), -1, attested=True)]
        for index, name in _changes(stored, "vkey"):
            entry = _entry(connection, index)
            era = era_of(entry, index)
            if era is None or str(era.vkey) != stored[name] or entry.get("old") != str(eras[-1].vkey):
                raise LogRefused(f"`{name}` of audit_meta is not what entry {index} says; restore a backup")
            if era.attested and not _announced(connection, eras[-1].vkey, era):
                raise LogRefused(f"the key of entry {index} was never announced under the one before it")
            eras.append(era)
        return cls(eras)

    def trusting(self, vkey: VerifierKey) -> Ring:
        """Return the keys that who trusts `vkey` can follow from it; raises NoteInvalid when it is none of this log.

        A key vouches for those before it, since its checkpoints cover the entries that name them, and for the next as
        far as none was lost.
        """
        known = [era.vkey for era in self.eras]
        if vkey not in known:
            raise NoteInvalid(f"`{vkey}` is no key of this log; it was signed by {', '.join(map(str, known))}")
        last = known.index(vkey)
        while last + 1 < len(self.eras) and self.eras[last + 1].attested:
            last += 1
        return Ring(self.eras[: last + 1])

    @property
    def current(self) -> VerifierKey:
        """The key that signs now."""
        return self.eras[-1].vkey

    def at(self, size: int) -> VerifierKey:
        """Return the key whose signature a checkpoint of `size` needs."""
        return next(era.vkey for era in reversed(self.eras) if size > era.after)

    def verify(self, note: str) -> Checkpoint:
        """Return the checkpoint in `note` if the key that speaks for its size signed it; raises NoteInvalid."""
        failure = NoteInvalid("no key of this log signed it")
        for era in reversed(self.eras):
            try:
                checkpoint = Checkpoint.verify(note, era.vkey)
            except NoteInvalid as error:
                failure = error if era is self.eras[-1] else failure
                continue
            if self.at(checkpoint.size) == era.vkey:
                return checkpoint
            failure = NoteInvalid(f"the key `{era.vkey}` does not speak for size {checkpoint.size}")
        raise failure


def era_of(entry: Mapping[str, object], index: int) -> Era | None:
    """Return the era that the entry at `index` begins, or None when it begins none; raises NoteInvalid for its key."""
    restored = entry.get("kind") == RESTORE
    switched = entry.get("kind") == KEY and entry.get("step") == SWITCHED
    if entry.get("use") != SIGNING or not (restored or switched):
        return None
    return Era(VerifierKey.parse(str(entry.get("new"))), index, attested=switched)


def event_of(step: str, new: str) -> str:
    """Return the event id of an entry that changes a key: made from what it says, so that it stands there once."""
    return str(UUID(bytes=sha256(f"grounds/key-event/v1\n{step}\n{new}".encode()).digest()[:16]))


def meta(connection: sa.Connection) -> dict[str, str]:
    """Return the rows of `audit_meta`."""
    return {row.name: row.value for row in connection.execute(sa.select(table_of(MetaRow)))}


def newest(stored: Mapping[str, str]) -> dict[str, str]:
    """Return `audit_meta` as it stands now: a row `NAME@INDEX` replaces the row NAME from that entry on."""
    current = {name: value for name, value in stored.items() if "@" not in name}
    for name in ("vkey", "vault_key"):
        for _index, later in _changes(stored, name):
            current[name] = stored[later]
    return current | {name: value for name, value in stored.items() if "@" in name and not _is_change(name)}


def lost_vaults(connection: sa.Connection) -> frozenset[str]:
    """Return the public names of vault keys that a `restore` entry says were lost; what they wrapped stays closed."""
    changes = [_entry(connection, index) for index, _ in _changes(meta(connection), "vault_key")]
    return frozenset(str(entry.get("old")) for entry in changes if entry.get("kind") == RESTORE)


def verify(connection: sa.Connection, note: str, current: VerifierKey) -> Checkpoint:
    """Return the checkpoint of a stored note, trying the `current` key first; raises NoteInvalid or LogRefused."""
    try:
        return Checkpoint.verify(note, current)
    except NoteInvalid:
        ring = Ring.read(connection)
        if current not in (era.vkey for era in ring.eras[1:]):
            raise
        return ring.trusting(current).verify(note)


def check_current(driver: Driver, held: Mapping[str, str]) -> None:
    """Accept if the `vkey` and `vault_key` that are held are still the log's: another process may have changed them.

    Raises LogRefused.
    """
    stored = newest(dict(driver.execute("SELECT name, value FROM audit_meta").fetchall()))
    if changed := [name for name, value in held.items() if stored.get(name) != value]:
        names = " and ".join(changed)
        raise LogRefused(f"another process has changed the {names} of this log; start again with the keys of now")


def _entry(connection: sa.Connection, index: int) -> dict[str, object]:
    table = table_of(EntryRow)
    found: bytes | None = connection.execute(sa.select(table.c.entry).where(table.c.idx == index)).scalar()
    if found is None:
        raise LogRefused(f"entry {index}, which audit_meta says changed a key, is not there; restore a backup")
    return decode(found)


def _announced(connection: sa.Connection, old: VerifierKey, era: Era) -> bool:
    """Tell whether the key was announced by an entry that a checkpoint of the `old` key covers."""
    table, notes = table_of(EntryRow), table_of(CheckpointRow)
    chosen = sa.select(table.c.idx, table.c.entry).where(table.c.event_id == event_of(ANNOUNCED, str(era.vkey)))
    if (row := connection.execute(chosen).first()) is None:
        return False
    entry = decode(row.entry)
    between = notes.c.size > row.idx, notes.c.size <= era.after
    note = connection.execute(sa.select(notes.c.note).where(*between).order_by(notes.c.size).limit(1)).scalar()
    expected = {"kind": KEY, "use": SIGNING, "step": ANNOUNCED, "old": str(old), "new": str(era.vkey)}
    if note is None or any(entry.get(name) != value for name, value in expected.items()):
        return False
    return int(row.idx) < Checkpoint.verify(note, old).size <= era.after


def _changes(stored: Mapping[str, str], name: str) -> list[tuple[int, str]]:
    found = [each for each in stored if _is_change(each) and each.partition("@")[0] == name]
    return sorted((int(each.partition("@")[2]), each) for each in found)


def _is_change(name: str) -> bool:
    base, at, index = name.partition("@")
    return bool(at) and base in {"vkey", "vault_key"} and index.isascii() and index.isdigit()
