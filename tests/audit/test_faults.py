"""A disk that fails at each call of an append in turn: nothing acknowledged is lost, and what is left verifies."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.audit.cases import copy_of
from tests.repository import ROOT

EVERY = 13  #: of the calls, so that the test stays short; `python -m bench.faults` takes all


def sweep(folder: Path, every: int, build: Path) -> list[dict[str, object]]:
    """Compile the failing disk and sweep its faults over appends to the log of `folder`."""
    disk = build / "faults.so"
    source = ROOT / "tests" / "audit" / "faults.c"
    subprocess.run(["cc", "-shared", "-fPIC", "-O1", "-o", str(disk), str(source), "-ldl"], check=True)
    command = [sys.executable, "-m", "tests.audit.faulting", str(folder), str(every)]
    told = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"LD_PRELOAD": str(disk)}, capture_output=True, text=True, check=False
    )
    assert told.returncode == 0, told.stderr
    return [json.loads(line) for line in told.stdout.splitlines()]


@pytest.mark.skipif(shutil.which("cc") is None, reason="no C compiler to build the failing disk with")
def test_no_fault_of_the_disk_loses_what_was_acknowledged(populated: Path, tmp_path: Path) -> None:
    """Errors, a full disk, torn writes and death before and after writes and flushes leave a sound log."""
    copy_of(populated, tmp_path / "log")
    found = sweep(tmp_path / "log", EVERY, tmp_path)

    assert [kind["kind"] for kind in found] == ["error", "full", "late error", "kill", "late kill", "torn"]
    assert all(isinstance(kind["points"], int) and kind["points"] >= 3 for kind in found)
    assert {kind["kind"]: (kind["lost"], kind["unsound"]) for kind in found} == {kind["kind"]: (0, 0) for kind in found}
