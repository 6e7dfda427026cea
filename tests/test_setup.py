"""`make setup` on a machine that lacks something: one line that says what, instead of a page from pip or a compiler."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.repository import ROOT

ALWAYS_THERE = ("make", "sh", "cat", "rm", "sed", "touch", "uname")
PYTHON = f"python3.{sys.version_info.minor}"


def setup_with(tools: dict[str, str], folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `make setup` for a new environment where only the given commands, by name and path, are on PATH."""
    path = folder / "bin"
    path.mkdir()
    for name in ALWAYS_THERE:
        tools[name] = shutil.which(name) or ""
    for name, target in tools.items():
        if target:
            (path / name).symlink_to(target)
    return subprocess.run(
        ["make", "--no-print-directory", "setup", f"VENV={folder / 'venv'}", *arguments],
        cwd=ROOT,
        env={"PATH": str(path), "HOME": str(folder)},  # nothing of the `make test` that may have started us
        capture_output=True,
        text=True,
        check=False,
    )


def stops_with(told: subprocess.CompletedProcess[str]) -> str:
    """Give the one line that a failed `make` prints before its own, having printed nothing else."""
    line, end = told.stderr.splitlines()
    assert told.returncode == 2
    assert end.startswith("make: ***")
    assert told.stdout == ""
    return line


def test_without_python_the_line_names_it(tmp_path: Path) -> None:
    """Where no Python of ours starts, the line says which ones would do and what to install."""
    line = stops_with(setup_with({PYTHON: "/bin/false"}, tmp_path))

    assert line == (
        "no python3.11, python3.12 or python3.13 that starts; "
        "on Debian: apt-get install -y python3 python3-venv python3-dev gcc libc6-dev"
    )


def test_without_a_compiler_the_line_names_it(tmp_path: Path) -> None:
    """Where cc is missing, the line names the packages that bring it and its headers, and no others."""
    line = stops_with(setup_with({PYTHON: sys.executable}, tmp_path))

    assert line == f"missing for {PYTHON}; on Debian: apt-get install -y gcc libc6-dev"


def test_without_the_c_headers_the_line_names_them(tmp_path: Path) -> None:
    """Where cc is there and cannot find the C library's headers, the line names only those."""
    line = stops_with(setup_with({PYTHON: sys.executable, "cc": "/bin/false"}, tmp_path))

    assert line == f"missing for {PYTHON}; on Debian: apt-get install -y libc6-dev"


@pytest.mark.parametrize("version", ["/bin/false", "python3.10"])
def test_another_python_is_refused(version: str, tmp_path: Path) -> None:
    """An interpreter asked for by name that is not one of ours is refused by that name."""
    line = stops_with(setup_with({}, tmp_path, f"PYTHON={version}"))

    assert line == f"{version} does not start, or is not Python 3.11, 3.12 or 3.13"
