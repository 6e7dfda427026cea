"""What a stranger needs: docs/verify.py alone, in an interpreter that knows nothing of us, or openssl and a shell."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path

import pytest

from audit import Keys, Log
from audit.export import export
from audit.verify import verify_export
from tests.audit.cases import opened, plain, run
from tests.audit.test_export import HARMS

VERIFIER = Path(__file__).parents[2] / "docs" / "verify.py"


def stranger(*arguments: object) -> subprocess.CompletedProcess[str]:
    """Run the verifier isolated from our environment, paths and modules."""
    command = [sys.executable, "-I", str(VERIFIER), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd="/")


@pytest.fixture(scope="module")
def exported(populated: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give an export of the populated log with a receipt and its entry beside it, and the verifier key."""
    folder = tmp_path_factory.mktemp("stranger")
    log = Log.open(populated / "grounds.db", Keys.load(populated))
    export(log, folder / "out")
    (folder / "receipt").write_text(log.receipt(200), "utf-8")
    (folder / "entry").write_bytes(log.entry(200))
    log.close()
    return folder, str(log.vkey)


def test_an_export_passes_without_us(exported: tuple[Path, str]) -> None:
    """With nothing but one file and the key a stranger finds the same root as our own auditor."""
    folder, vkey = exported
    done = stranger("export", folder / "out", "--vkey", vkey, "--checkpoint", folder / "out" / "checkpoint")

    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith(f": 263 entries, root {verify_export(folder / 'out', vkey).root_hex}\n")


@pytest.mark.parametrize("name", sorted(HARMS.keys() - {"vkey"}))
def test_a_changed_export_is_found_without_us(exported: tuple[Path, str], tmp_path: Path, name: str) -> None:
    """Each file that was changed, lost or added is told by the stranger's verifier too."""
    folder = Path(shutil.copytree(exported[0] / "out", tmp_path / "out"))
    HARMS[name][0](folder)
    done = stranger("export", folder, "--vkey", exported[1])

    assert done.returncode in (1, 2)
    assert done.stdout or done.stderr
    assert "Traceback" not in done.stderr


def test_sizes_at_tile_edges_pass_without_us(tmp_path: Path) -> None:
    """Exports of 0, 1 and 256 entries are read by the stranger's verifier."""
    for size in (0, 1, 256):
        with opened(tmp_path / f"log-{size}") as log:
            run(log, [plain(log, number) for number in range(size)])
            export(log, tmp_path / f"out-{size}")
        done = stranger("export", tmp_path / f"out-{size}", "--vkey", log.vkey)
        assert (done.returncode, done.stderr) == (0, ""), done.stdout


def test_a_receipt_passes_without_us(exported: tuple[Path, str]) -> None:
    """A receipt and the bytes of its entry say which entry it is."""
    folder, vkey = exported
    done = stranger("receipt", folder / "receipt", folder / "entry", "--vkey", vkey)

    assert (done.returncode, done.stderr) == (0, "")
    assert ": this is entry 200, under the root of 250 entries" in done.stdout


def flipped(content: bytes) -> bytes:
    """Change a bit in the middle."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


BENT: dict[str, Callable[[Path], None]] = {
    "entry": lambda folder: _change(folder / "entry", flipped),
    "proof": lambda folder: _change(folder / "receipt", lambda text: text[:60] + flipped(text[60:100]) + text[100:]),
    "index": lambda folder: _change(folder / "receipt", lambda text: text.replace(b"index 200", b"index 201")),
    "size": lambda folder: _change(folder / "receipt", lambda text: text.replace(b"\n250\n", b"\n251\n")),
    "a hash gone": lambda folder: _change(folder / "receipt", lambda text: _without_line(text, 2)),
    "signature": lambda folder: _change(folder / "receipt", lambda text: text[:-20] + flipped(text[-20:])),
}


def _change(path: Path, how: Callable[[bytes], bytes]) -> None:
    path.write_bytes(how(path.read_bytes()))


def _without_line(text: bytes, number: int) -> bytes:
    lines = text.split(b"\n")
    return b"\n".join([*lines[:number], *lines[number + 1 :]])


@pytest.mark.parametrize("name", BENT)
def test_a_changed_receipt_is_refused_without_us(exported: tuple[Path, str], tmp_path: Path, name: str) -> None:
    """A receipt or an entry that was changed proves nothing."""
    folder = tmp_path / "copy"
    folder.mkdir()
    for each in ("receipt", "entry"):
        shutil.copy(exported[0] / each, folder)
    BENT[name](folder)
    done = stranger("receipt", folder / "receipt", folder / "entry", "--vkey", exported[1])

    assert (done.returncode, done.stderr) == (1, "")


def test_another_key_and_a_missing_file_are_told(exported: tuple[Path, str], keys: Keys) -> None:
    """A key of another log makes it false, a malformed key or a missing file makes it impossible."""
    folder, vkey = exported
    other = keys.signer("other.example/log").vkey

    assert stranger("export", folder / "out", "--vkey", other).returncode == 1
    assert stranger("export", folder / "out", "--vkey", "nonsense").returncode == 2
    assert stranger("export", folder / "missing", "--vkey", vkey).returncode == 2


@pytest.mark.skipif(shutil.which("openssl") is None, reason="no openssl here")
def test_openssl_verifies_the_signature_as_the_page_says(exported: tuple[Path, str], tmp_path: Path) -> None:
    """The shell lines of docs/log-format.md accept the checkpoint's signature, and no other."""
    page = (VERIFIER.parent / "log-format.md").read_text("utf-8")
    block = re.search(r"(?m)^ {4}sed .*\n(?: {4}.*\n)+", page)
    assert block is not None
    shutil.copy(exported[0] / "out" / "checkpoint", tmp_path / "note")

    def verify() -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "KEY": exported[1]}
        command = ["bash", "-euc", textwrap.dedent(block[0])]
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    good = verify()
    _change(tmp_path / "note", lambda note: note.replace(b"\n263\n", b"\n264\n"))

    assert (good.returncode, good.stdout, good.stderr) == (0, "Signature Verified Successfully\n", "")
    assert verify().returncode != 0
