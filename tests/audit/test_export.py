"""The export, its audit by a stranger, and the command line."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

import pytest

from audit import AuditError, Keys, Log
from audit.__main__ import main
from audit.export import export
from audit.tiles import tiles_of
from audit.verify import verify_export
from tests.audit.cases import behind_the_guards, opened, plain, run


@pytest.fixture(scope="session")
def exported(populated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give an export of the populated log, and the verifier key."""
    out = tmp_path_factory.mktemp("export") / "deep" / "out"
    log = Log.open(populated / "grounds.db", Keys.load(populated))
    assert export(log, out) == 263
    log.close()
    return out, str(log.vkey)


@pytest.fixture
def folder(exported: tuple[Path, str], tmp_path: Path) -> Path:
    """Give a copy of the export to do as one pleases with."""
    return Path(shutil.copytree(exported[0], tmp_path / "out"))


def test_an_export_has_the_files_of_the_format(exported: tuple[Path, str]) -> None:
    """There are the checkpoint, the key, the tiles and bundles of its size, and a JSON line per entry; nothing else."""
    out, vkey = exported
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    tiles = {tile.path for tile in tiles_of(263)} | {"tile/entries/000", "tile/entries/001.p/7"}
    lines = [json.loads(line) for line in (out / "entries.jsonl").read_bytes().splitlines()]

    assert files == tiles | {"checkpoint", "vkey", "entries.jsonl"}
    assert (out / "vkey").read_text() == vkey + "\n"
    assert (out / "tile/0/000").stat().st_size == 8192
    assert [line["idx"] for line in lines] == list(range(263))
    first = json.dumps(lines[0]["entry"], separators=(",", ":"), sort_keys=True).encode()
    assert lines[0]["leaf_hash"] == sha256(b"\0" + first).hexdigest()


def test_an_export_in_order_passes(exported: tuple[Path, str]) -> None:
    """A stranger with the key finds nothing wrong and the signed root."""
    out, vkey = exported
    report = verify_export(out, vkey, known=[(out / "checkpoint").read_text()])

    assert (report.findings, report.entries, report.checkpoints) == ((), 263, 1)


def test_sizes_at_tile_edges_export_and_verify(tmp_path: Path) -> None:
    """Logs of 0, 1, 256 and 513 entries export to folders that pass."""
    for size in (0, 1, 256, 513):
        data, out = tmp_path / f"log-{size}", tmp_path / f"out-{size}"
        with opened(data) as log:
            run(log, [plain(log, number) for number in range(size)])
            assert export(log, out) == size
        report = verify_export(out, str(log.vkey))
        assert (report.findings, report.entries) == ((), size)


def flip(path: Path) -> None:
    """Change a byte in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def append(path: Path) -> None:
    """Add a line to a file."""
    path.write_bytes(path.read_bytes() + b"{}\n")


def make_folder(path: Path) -> None:
    """Put a folder where a file was."""
    path.unlink()
    path.mkdir()


HARMS: dict[str, tuple[Callable[[Path], object], str]] = {
    "checkpoint": (lambda out: flip(out / "checkpoint"), "checkpoint"),
    "vkey": (lambda out: flip(out / "vkey"), "vkey"),
    "bundle": (lambda out: flip(out / "tile/entries/000"), "checkpoint"),
    "tile": (lambda out: flip(out / "tile/0/000"), "tile/0/000"),
    "partial tile": (lambda out: flip(out / "tile/1/000.p/1"), "tile/1/000.p/1"),
    "line": (lambda out: flip(out / "entries.jsonl"), "entries.jsonl line"),
    "lines too many": (lambda out: append(out / "entries.jsonl"), "entries.jsonl"),
    "missing tile": (lambda out: (out / "tile/0/000").unlink(), "tile/0/000"),
    "missing bundle": (lambda out: (out / "tile/entries/001.p/7").unlink(), "tile/entries/001.p/7"),
    "missing lines": (lambda out: (out / "entries.jsonl").unlink(), "entries"),
    "missing checkpoint": (lambda out: (out / "checkpoint").unlink(), "checkpoint"),
    "stray file": (lambda out: (out / "tile/0/002").write_bytes(b""), "tile/0/002"),
    "checkpoint is a folder": (lambda out: make_folder(out / "checkpoint"), "checkpoint"),
}


@pytest.mark.parametrize("name", HARMS)
def test_a_changed_export_is_found(folder: Path, exported: tuple[Path, str], name: str) -> None:
    """Each file that was changed, lost or added is a finding at its place."""
    harm, place = HARMS[name]
    harm(folder)
    report = verify_export(folder, exported[1])

    assert any(finding.where.startswith(place) for finding in report.findings), report


def test_a_folder_that_is_no_export_is_a_finding(tmp_path: Path, exported: tuple[Path, str]) -> None:
    """A missing or empty folder gives findings, never a traceback."""
    assert not verify_export(tmp_path, exported[1]).ok
    assert not verify_export(tmp_path / "missing", exported[1]).ok


def test_an_export_never_overwrites(tmp_path: Path) -> None:
    """An existing folder is refused, and a failed export leaves nothing behind."""
    (tmp_path / "out").mkdir()
    with opened(tmp_path) as log:
        with pytest.raises(AuditError, match="exists already"):
            export(log, tmp_path / "out")
        run(log, [plain(log, number) for number in range(256)])
        behind_the_guards(tmp_path / "grounds.db", "DELETE FROM audit_tile", "DELETE FROM audit_entry WHERE idx > 250")
        with pytest.raises(AuditError):
            export(log, tmp_path / "other")

    assert {path.name for path in tmp_path.iterdir() if path.is_dir()} == {"keys", "out"}


def test_the_commands(database: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Export, verify the export and the database, exit 0; after a change exit 1 and say where; misuse exits 2."""
    data, out = str(database.parent), str(tmp_path / "out")
    assert main(["export", data, out]) == 0
    vkey = capsys.readouterr().out.split()[-1]
    assert main(["verify", out, "--vkey", vkey, "--checkpoint", f"{out}/checkpoint"]) == 0
    assert main(["verify", data, "--vkey", vkey]) == 0
    assert main(["verify", data]) == 0
    assert capsys.readouterr().out.startswith("263 entries, root ")

    behind_the_guards(database, "UPDATE audit_tile SET root = zeroblob(32)")
    assert main(["verify", data]) == 1
    assert capsys.readouterr().out.startswith("tile 0/0: its stored root")

    assert main(["verify", out]) == 2
    assert main(["verify", str(tmp_path / "missing")]) == 2
    assert main(["export", data, out]) == 2
    assert "error: " in capsys.readouterr().err


def test_the_module_runs(database: Path) -> None:
    """`python -m audit verify` works as a program of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "audit", "verify", str(database.parent)],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("263 entries, root ")
