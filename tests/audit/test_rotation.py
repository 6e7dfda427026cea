"""Keys that change, are lost or are stolen: the log goes on under its origin, and each change can be followed."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import sqlalchemy as sa

from audit import Keys, Log, restoring, rotation, rows
from audit.checkpoint import Checkpoint
from audit.database import driver_of
from audit.entry import decode
from audit.errors import AuditError, KeyLost, KeysRefused, LogRefused, NoteInvalid
from audit.note import VerifierKey
from audit.receipt import Receipt
from audit.ring import Ring, event_of
from audit.rotation import Place
from audit.writer import Writer
from tests.audit.cases import NOW, SECRET, clock, erasing, event, opened, plain, run, sealing
from tests.audit.cases import place as where_of

DATABASE = "grounds.db"


def head(kind: str) -> dict[str, object]:
    """Give the fields entries of these tests begin with."""
    return {"v": 1, "kind": kind, "id": event(0), "at": "2026-11-22T08:30:00.000Z", "actor": "tests"}


def applied(connection: sa.Connection, index: int, entry: Mapping[str, object]) -> None:
    """Have no tables beside the log."""


@pytest.fixture
def place(store: str, tmp_path: Path) -> Place:
    """Give a log of three entries, two of them sealed, in each database in turn."""
    with opened(tmp_path) as log:
        run(log, [sealing(log, 1, "one"), sealing(log, 2, "two"), plain(log, 3)])
    return Place(where_of(tmp_path), tmp_path, head, applied, NOW)


def files(place: Place) -> set[str]:
    """Give the names of the key files."""
    return {path.name for path in (place.directory / "keys").iterdir()}


def ring_of(log: Log) -> Ring:
    """Give the keys a log names."""
    with log.engine.connect() as connection:
        return Ring.read(connection)


def secret(log: Log, index: int) -> bytes:
    """Open a sealed part."""
    with log.engine.connect() as connection:
        return log.vault.open(connection, index)


def more(place: Place, number: int) -> None:
    """Append one entry."""
    with opened(place.directory) as log:
        run(log, [plain(log, number)])


def checkpoints(log: Log) -> dict[int, str]:
    """Give all stored notes by size."""
    with log.engine.connect() as connection:
        rows = connection.execute(sa.text("SELECT size, note FROM audit_checkpoint ORDER BY size"))
        return {row.size: row.note for row in rows}


def test_a_rotation_keeps_the_origin_and_every_old_proof(place: Place) -> None:
    """The old key announces the new one, both sign for a while, then the new one alone; old receipts still verify."""
    with opened(place.directory) as log:
        old, origin, receipt, entry = log.vkey, log.origin, log.receipt(1), log.entry(1)
    assert rotation.announce(place, "yearly") == 3
    more(place, 10)
    assert rotation.switch(place, "yearly") == 5
    more(place, 11)

    with opened(place.directory) as log:
        ring, notes, new = ring_of(log), checkpoints(log), log.vkey
        assert (log.origin, log.receipt(1), log.size()) == (origin, receipt, 7)
    assert new != old
    assert new.name == old.name
    Receipt.parse(receipt).check(entry, old)
    assert [(era.vkey, era.after, era.attested) for era in ring.eras] == [(old, -1, True), (new, 5, True)]
    assert [ring.verify(note).size for note in notes.values()] == list(notes)
    signed = {size: [_signed_by(note, key) for key in (old, new)] for size, note in notes.items()}
    assert {size: by for size, by in signed.items() if size > 3} == {
        4: [True, True],
        5: [True, True],
        6: [False, True],
        7: [False, True],
    }
    assert signed[3] == [True, False]
    assert files(place) == {"log.key", "vault.key", "lookup.key"}


def test_the_chain_is_followed_from_either_end(place: Place) -> None:
    """Who trusts the first key reaches the last, who trusts the last believes the first; a stranger's is refused."""
    for why in ("first", "second"):
        rotation.announce(place, why)
        rotation.switch(place, why)

    with opened(place.directory) as log:
        ring = ring_of(log)
    keys = [era.vkey for era in ring.eras]
    assert len(set(keys)) == 3
    assert all(ring.trusting(key).eras == ring.eras for key in keys)
    with pytest.raises(NoteInvalid, match="no key of this log"):
        ring.trusting(VerifierKey(keys[0].name, bytes(32)))


def test_each_step_can_be_run_again(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever was cut short between database and files runs the step again and nothing stands in the log twice."""
    (place.directory / "keys" / "log.next.key.part").write_text("half of a key that an earlier attempt wrote")
    assert rotation.announce(place, "a") == rotation.announce(place, "b") == 3

    def killed(_directory: Path, _name: str) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("audit.keys.take_over", killed)
        with pytest.raises(OSError, match="killed"):
            rotation.switch(place, "c")
    with pytest.raises(LogRefused, match="finish changing keys"):
        Log.open(place.where, Keys.load(place.directory))
    with (place.directory / "keys" / "log.key").open("r+b") as former:
        former.write(b"#" * 200)  # killed while the former key was being overwritten
    assert rotation.switch(place, "d") == 4

    with opened(place.directory) as log:
        assert log.size() == 5
        assert decode(log.entry(4))["why"] == "c"
    with pytest.raises(KeysRefused, match="announce"):
        rotation.switch(place, "e")


def test_a_switch_nobody_announced_is_refused(place: Place) -> None:
    """A key that lies in the folder is not enough: the old key must have signed for it first."""
    place.waiting("log.next.key")

    with pytest.raises(AuditError, match="never announced"):
        rotation.switch(place, "sneaked in")


def test_a_forged_switch_is_refused(place: Place) -> None:
    """Who has the database and a key of their own, but not the old one, cannot make themselves the signer."""
    forged = Keys.open(place.directory / "other", NOW)
    with opened(place.directory) as log, log.write_engine.begin() as connection:
        old, new = str(log.vkey), str(forged.signer(log.origin).vkey)
        fields = {"use": "signing", "step": "switched", "old": old, "new": new, "why": "forged"}
        entry = {**head("key"), **fields, "id": event_of("switched", new)}
        index = log.append(connection, str(entry["id"]), entry)
        rows.insert_meta(driver_of(connection), f"vkey@{index}", new)
    shutil.copy(place.directory / "other" / "keys" / "log.key", place.directory / "keys" / "log.key")

    with pytest.raises(LogRefused, match="never announced"):
        Log.open(place.where, Keys.load(place.directory))


def test_a_service_that_runs_on_stops_recording(place: Place) -> None:
    """A process that still holds the old signing key after a switch takes nothing in, and says to start again."""
    stale = place.opened()
    with Writer(stale, clock) as writer:
        rotation.announce(place, "under a running service")
        writer.submit(plain(stale, 20)).result(30)
        rotation.switch(place, "under a running service")
        with pytest.raises(LogRefused, match="start again"):
            writer.submit(plain(stale, 21)).result(30)
    stale.close()

    with opened(place.directory) as log:
        assert log.size() == 6
        assert [ring_of(log).verify(note).size for note in checkpoints(log).values()] == list(checkpoints(log))


def test_a_service_that_runs_on_seals_nothing_under_a_destroyed_key(place: Place) -> None:
    """After an exchange of the vault key a process with the old one refuses new people, and cannot open old ones."""
    stale = place.opened()
    with Writer(stale, clock) as writer:
        rotation.rotate_vault(place, "under a running service")
        with pytest.raises(LogRefused, match="start again"):
            writer.submit(sealing(stale, 22, "somebody new")).result(30)
        with pytest.raises(LogRefused, match="start again"):
            writer.submit(sealing(stale, 23, "one")).result(30)
    stale.close()


def test_a_lost_signing_key_is_replaced_and_said_so(place: Place) -> None:
    """A `restore` entry names the last signed head; old checkpoints verify; who trusts the old key goes no further."""
    with opened(place.directory) as log:
        old, newest = log.vkey, log.checkpoint()
    (place.directory / "keys" / "log.key").unlink()
    with pytest.raises(KeysRefused, match=r"log\.key"):
        Keys.load(place.directory)
    assert restoring.restore(place, "disk died") == 3
    more(place, 30)

    with opened(place.directory) as log:
        ring, notes = ring_of(log), checkpoints(log)
        entry = decode(log.entry(3))
    assert (entry["kind"], entry["old"], entry["size"]) == ("restore", str(old), newest.size)
    assert [era.attested for era in ring.eras] == [True, False]
    assert [ring.verify(note).size for note in notes.values()] == list(notes)
    assert ring.trusting(ring.current).eras == ring.eras
    assert ring.trusting(old).eras == ring.eras[:1]
    with pytest.raises(NoteInvalid):
        ring.trusting(old).verify(notes[4])


@pytest.mark.parametrize(("name", "step"), [("log.key", restoring.restore), ("vault.key", restoring.restore_vault)])
def test_a_key_that_is_there_is_not_given_up(place: Place, name: str, step: Callable[[Place, str], int]) -> None:
    """`restore` is for what is lost; with the key at hand the ordinary way is named instead."""
    with pytest.raises(KeysRefused, match=name):
        step(place, "by mistake")
    assert files(place) == {"log.key", "vault.key", "lookup.key"}


def test_the_vault_key_is_exchanged_and_old_backups_go_dark(place: Place, tmp_path: Path) -> None:
    """All living subjects open under the new key; a backup of an erased one opens with no key that still exists."""
    if not isinstance(place.where, Path):
        pytest.skip("a database server is backed up by its own means")
    shutil.copytree(place.directory, tmp_path / "backup", ignore=lambda _folder, names: {"keys", "backup"} & {*names})
    with opened(place.directory) as log:
        run(log, [erasing(log, 40, "one")])
    former = (place.directory / "keys" / "vault.key").read_bytes()
    assert rotation.rotate_vault(place, "monthly") == (4, 1)
    shutil.copytree(place.directory / "keys", tmp_path / "backup" / "keys")

    with opened(place.directory) as log:
        assert secret(log, 1) == SECRET
        run(log, [sealing(log, 41, "two")])
        assert secret(log, 5) == SECRET
        assert decode(log.entry(4))["use"] == "vault"
    assert (place.directory / "keys" / "vault.key").read_bytes() != former
    with pytest.raises(LogRefused, match="vault_key"):
        Log.open(tmp_path / "backup" / DATABASE, Keys.load(tmp_path / "backup"))


def test_an_exchange_of_the_vault_key_can_be_finished(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cut short after the commit, the next attempt only puts the file in its place."""

    def killed(_directory: Path, _name: str) -> None:
        raise OSError("killed")

    with monkeypatch.context() as patch:
        patch.setattr("audit.keys.take_over", killed)
        with pytest.raises(OSError, match="killed"):
            rotation.rotate_vault(place, "monthly")
    assert rotation.rotate_vault(place, "monthly") == (3, 0)

    with opened(place.directory) as log:
        assert (log.size(), secret(log, 0), secret(log, 1)) == (4, SECRET, SECRET)


def test_a_lost_vault_key_closes_what_it_sealed_and_nothing_else(place: Place) -> None:
    """Old parts raise KeyLost while their entries and receipts verify; the same people can be sealed for again."""
    with opened(place.directory) as log:
        receipt, entry, vkey = log.receipt(0), log.entry(0), log.vkey
    (place.directory / "keys" / "vault.key").unlink()
    assert restoring.restore_vault(place, "no copy was kept") == 3

    with opened(place.directory) as log:
        run(log, [sealing(log, 50, "one")])
        with pytest.raises(KeyLost, match="proof"):
            secret(log, 0)
        assert secret(log, 4) == SECRET
        assert decode(log.entry(4))["subject"] == decode(log.entry(0))["subject"]
        Receipt.parse(receipt).check(entry, vkey)
        assert run(log, [erasing(log, 51, "one")]) == [2]


def test_a_wrong_key_is_refused_and_named(place: Place, tmp_path: Path) -> None:
    """A signing, vault or lookup key of another log stops the start, and the error says which one it is."""
    Keys.open(tmp_path / "other", NOW)
    for name, row in {"log.key": "vkey", "vault.key": "vault_key", "lookup.key": "lookup_key"}.items():
        mine = place.directory / "keys" / name
        kept = mine.read_bytes()
        shutil.copy(tmp_path / "other" / "keys" / name, mine)
        with pytest.raises(LogRefused, match=f"does not belong to this database: {row}"):
            Log.open(place.where, Keys.load(place.directory))
        mine.write_bytes(kept)


def test_a_stolen_key_signs_nothing_that_counts_after_the_switch(place: Place) -> None:
    """A checkpoint the thief signs for a size after the switch is refused by everyone who follows the chain."""
    stolen = Keys.load(place.directory)
    rotation.announce(place, "stolen")
    rotation.switch(place, "stolen")
    with opened(place.directory) as log:
        ring, size = ring_of(log), log.size()
        thief = stolen.signer(log.origin)
    forged = Checkpoint.sign(size, bytes(32), thief).text

    assert Checkpoint.verify(forged, thief.vkey).size == size
    with pytest.raises(NoteInvalid, match="does not speak for size"):
        ring.verify(forged)


def _signed_by(note: str, key: VerifierKey) -> bool:
    try:
        Checkpoint.verify(note, key)
    except NoteInvalid:
        return False
    return True
