"""Damaged policy folders: whatever is done to the files, they load whole or are refused with findings.

`FUZZ_CASES=100000 pytest tests/engine/test_fuzzing.py` runs as many as wanted; seeds make every case repeatable.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from engine import Engine, PolicyError, PolicySet, load_bundle, load_policies
from tests.engine.conftest import POLICIES
from tests.engine.folders import FILES

_WORDS = """null ~ yes no true false any missing not-missing is in and or [] {} [ ] { } : - , # & * ! | > ' " % @ ` \\
0 -1 1e9 0x1 1_0 9999999999999999999 0.00001 2026-02-30 .. ..5 >= == count( sum min (((( )))) a.b lambda:0 __class__
score gender loans owed/0 -- --- ... ? ?? << *x &x !!int first unique collect 中文"""
TOKENS = (*_WORDS.split(), "\t", "\x00", "\x07", "\ufeff", "\u2028", "\U0001f600", "")
BLOCKS = 5


def _token(draw: Random, text: str) -> str:
    return draw.choice(TOKENS) if draw.random() < 0.6 else draw.choice(re.findall(r"[\w.]+", text))


def _edit_bytes(draw: Random, text: str) -> bytes:
    data = bytearray(text.encode())
    for _ in range(draw.randint(1, 3)):
        place = draw.randrange(len(data))
        data[place : place + draw.choice((0, 1, 1, 4))] = draw.randbytes(draw.choice((0, 1, 1, 2)))
    return bytes(data)


def _edit_lines(draw: Random, text: str) -> bytes:
    lines = text.splitlines(keepends=True)
    here, there = draw.randrange(len(lines)), draw.randrange(len(lines))
    match draw.choice(("drop", "double", "swap", "indent", "cut", "move")):
        case "drop":
            del lines[here : here + draw.randint(1, 3)]
        case "double":
            lines.insert(here, lines[here])
        case "swap":
            lines[here], lines[there] = lines[there], lines[here]
        case "indent":
            lines[here] = draw.choice(("  ", "    ", "\t", "- ")) + lines[here]
        case "cut":
            lines = lines[:here]
        case _:
            lines.insert(there, lines.pop(here))
    return "".join(lines).encode()


def _edit_tokens(draw: Random, text: str) -> bytes:
    for _ in range(draw.randint(1, 2)):
        spots = [match.span() for match in re.finditer(r"[\w.]+|[^\w\s]", text)]
        start, end = draw.choice(spots)
        text = text[:start] + _token(draw, text) + text[end:]
    return text.encode()


EDITS: tuple[Callable[[Random, str], bytes], ...] = (_edit_bytes, _edit_lines, _edit_tokens, _edit_tokens)


def _damaged(draw: Random, files: dict[str, str], folder: Path) -> None:
    name = draw.choice(sorted(files))
    for other, text in files.items():
        (folder / other).write_bytes(draw.choice(EDITS)(draw, text) if other == name else text.encode())


def _loads_whole_or_is_refused(folder: Path) -> bool:
    try:
        policies = load_policies(folder)
    except PolicyError as refusal:
        assert refusal.findings
        assert all(one.file and one.line >= 1 and one.message for one in refusal.findings)
        return False
    Engine(policies).close()
    for name in policies.names:
        assert load_bundle(policies.bundle(name))[name].digest == policies[name].digest
    return True


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_damaged_small_folder_loads_whole_or_is_refused(block: int, tmp_path: Path) -> None:
    """After edits of bytes, lines or words: findings with a place, or policies that compile and whose bundles load."""
    cases = int(os.environ.get("FUZZ_CASES", "600")) // BLOCKS
    loaded = 0
    for seed in range(block * cases, (block + 1) * cases):
        _damaged(Random(seed), FILES, tmp_path)
        try:
            loaded += _loads_whole_or_is_refused(tmp_path)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error

    assert 0 < loaded < cases, "the edits are too gentle or too rough"


def test_damaged_shipped_policies_load_whole_or_are_refused(tmp_path: Path) -> None:
    """The same for the policies that are shipped."""
    files = {path.name: path.read_text(encoding="utf-8") for path in POLICIES.glob("*.yaml")}
    for seed in range(int(os.environ.get("FUZZ_CASES", "600")) // 20):
        _damaged(Random(seed), files, tmp_path)
        try:
            _loads_whole_or_is_refused(tmp_path)
        except Exception as error:
            raise AssertionError(f"seed {seed}") from error


def test_a_damaged_bundle_loads_or_is_refused(good: PolicySet) -> None:
    """A recorded bundle with changed bytes, or random bytes instead, is read or refused with findings."""
    bundle = good.bundle("good").decode()
    for seed in range(int(os.environ.get("FUZZ_CASES", "600")) // 4):
        draw = Random(seed)
        damaged = _edit_bytes(draw, bundle) if seed % 4 else draw.randbytes(draw.randint(0, 60))
        try:
            load_bundle(damaged)
        except PolicyError as refusal:
            assert refusal.findings, f"seed {seed}"
