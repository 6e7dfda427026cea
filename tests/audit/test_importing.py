"""Reading an export back: the same log in a fresh database, in either kind, or nothing at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from audit import AuditError, Keys, Log
from audit.errors import LogRefused, NoteInvalid
from audit.export import export
from audit.importing import import_export
from audit.verify import verify_database
from tests.audit.cases import NOW, one_by_one, plain
from tests.audit.test_export import HARMS


@pytest.fixture(scope="module")
def exported(populated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Keys]:
    """Give an export of the populated log, and its keys."""
    out, keys = tmp_path_factory.mktemp("importing") / "out", Keys.load(populated)
    log = Log.open(populated / "grounds.db", keys)
    export(log, out)
    log.close()
    return out, keys


def test_the_log_comes_back(exported: tuple[Path, Keys], tmp_path: Path) -> None:
    """Entries, tree, origin and checkpoint are those of the export, sealed parts excepted, and the log goes on."""
    out, keys = exported
    size = import_export(out, tmp_path / "new.db", keys)
    report = verify_database(tmp_path / "new.db", keys, sealed=False, known=[(out / "checkpoint").read_text("utf-8")])
    log = Log.open(tmp_path / "new.db", keys)
    head = log.checkpoint()
    new = one_by_one(log, [plain(log, 5000 + number) for number in range(300)])
    log.close()

    assert (size, report.findings, report.entries) == (263, (), 263)
    assert head.text == (out / "checkpoint").read_text("utf-8")
    assert new == list(range(263, 563))
    assert verify_database(tmp_path / "new.db", keys, sealed=False).ok


def test_an_import_goes_into_a_new_database_only(exported: tuple[Path, Keys], tmp_path: Path) -> None:
    """A database that holds entries is refused and stays as it was."""
    out, keys = exported
    import_export(out, tmp_path / "new.db", keys)
    with pytest.raises(LogRefused, match="263 entries already"):
        import_export(out, tmp_path / "new.db", keys)

    assert verify_database(tmp_path / "new.db", keys, sealed=False).ok


@pytest.mark.parametrize("name", ["bundle", "tile", "missing bundle", "checkpoint"])
def test_an_export_that_is_not_whole_is_refused(populated: Path, tmp_path: Path, name: str) -> None:
    """A harmed export is refused before a database is made."""
    keys = Keys.load(populated)
    log = Log.open(populated / "grounds.db", keys)
    export(log, tmp_path / "out")
    log.close()
    HARMS[name][0](tmp_path / "out")
    with pytest.raises(AuditError):
        import_export(tmp_path / "out", tmp_path / "new.db", keys)

    assert not (tmp_path / "new.db").exists()


def test_other_keys_and_no_export_are_refused(exported: tuple[Path, Keys], tmp_path: Path) -> None:
    """Keys of another log cannot go on with it, and a folder that is no export is told."""
    with pytest.raises(NoteInvalid):
        import_export(exported[0], tmp_path / "new.db", Keys.open(tmp_path, NOW))
    with pytest.raises(AuditError, match="there is no checkpoint"):
        import_export(tmp_path, tmp_path / "new.db", exported[1])


def test_an_empty_log_comes_back(tmp_path: Path) -> None:
    """A log without entries is imported as one without entries."""
    keys = Keys.open(tmp_path, NOW)
    log = Log.open(tmp_path / "old.db", keys)
    export(log, tmp_path / "out")
    log.close()

    assert import_export(tmp_path / "out", tmp_path / "new.db", keys) == 0
    assert verify_database(tmp_path / "new.db", keys).ok
