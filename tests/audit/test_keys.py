"""The key folder: made whole on first start, private, and refused when it is not."""

from __future__ import annotations

import os
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from audit import Keys
from audit.errors import KeysRefused
from tests.audit.cases import NOW

NAMES = {"log.key", "vault.key", "lookup.key"}


def mode(path: Path) -> int:
    """Give the permission bits."""
    return stat.S_IMODE(path.stat().st_mode)


def test_first_start_makes_private_keys_and_the_next_loads_them(tmp_path: Path) -> None:
    """Keys appear in a 0700 folder as 0600 files under any umask, and a second start finds the same."""
    before = os.umask(0)
    try:
        made = Keys.open(tmp_path / "data", NOW)
    finally:
        os.umask(before)

    folder = tmp_path / "data" / "keys"
    assert {path.name: mode(path) for path in folder.iterdir()} == dict.fromkeys(NAMES, 0o600)
    assert mode(folder) == 0o700
    assert Keys.open(tmp_path / "data", NOW) == made
    assert len({made.signing, made.vault, made.lookup}) == 3
    assert [path.name for path in (tmp_path / "data").iterdir()] == ["keys"]


def test_two_logs_have_different_keys(tmp_path: Path) -> None:
    """Keys are random."""
    assert Keys.open(tmp_path / "a", NOW).signing != Keys.open(tmp_path / "b", NOW).signing


def test_many_first_starts_agree(tmp_path: Path) -> None:
    """When several start at once, one makes the keys and all load those."""
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: Keys.open(tmp_path, NOW), range(8)))

    assert len({keys.signing for keys in found}) == 1
    assert [path.name for path in tmp_path.iterdir()] == ["keys"]


@pytest.mark.parametrize("name", [".", *sorted(NAMES)])
@pytest.mark.parametrize("bits", [0o040, 0o004, 0o020, 0o001])
def test_keys_open_to_others_are_refused(tmp_path: Path, name: str, bits: int) -> None:
    """A folder or file that group or others may touch is refused with the command that mends it."""
    Keys.open(tmp_path, NOW)
    path = tmp_path / "keys" / name
    path.chmod(mode(path) | bits)

    with pytest.raises(KeysRefused, match="chmod go="):
        Keys.open(tmp_path, NOW)


@pytest.mark.parametrize("name", sorted(NAMES))
@pytest.mark.parametrize("content", [None, "", "# only a comment\n", "AAAA\n", "not base64!\n", "\u00e9"])
def test_a_lost_or_damaged_key_is_refused_and_never_made_anew(tmp_path: Path, name: str, content: str | None) -> None:
    """A folder that lacks a key is not completed with a new one, which could not open what the old one sealed."""
    Keys.open(tmp_path, NOW)
    path = tmp_path / "keys" / name
    path.unlink()
    if content is not None:
        path.touch(0o600)
        path.write_text(content, "utf-8")

    with pytest.raises(KeysRefused, match="restore it"):
        Keys.open(tmp_path, NOW)
    assert path.exists() == (content is not None)


def test_loading_makes_nothing(tmp_path: Path) -> None:
    """`load` refuses a folder without keys instead of making some."""
    with pytest.raises(KeysRefused):
        Keys.load(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused(tmp_path: Path) -> None:
    """Keys that cannot be stored are an error with the reason, not a traceback."""
    (tmp_path / "file").touch()

    with pytest.raises(KeysRefused, match="cannot make keys"):
        Keys.open(tmp_path / "file" / "below", NOW)


def test_secrets_do_not_print(tmp_path: Path) -> None:
    """The text form of keys shows the folder only."""
    keys = Keys.open(tmp_path, NOW)

    assert repr(keys) == f"Keys(folder={tmp_path / 'keys'!r})"
