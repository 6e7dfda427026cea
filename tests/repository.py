"""Where the repository is and what belongs to it; for the tests that look at files rather than behaviour."""

from __future__ import annotations

import fnmatch
import functools
import tomllib
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
PACKAGES = ("engine", "audit", "api")


@functools.cache
def project() -> dict[str, Any]:
    """Read pyproject.toml."""
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


@functools.cache
def files() -> tuple[Path, ...]:
    """List every file of the repository that .gitignore does not leave out; works in an export without git too."""
    patterns = [line for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines() if line]
    return tuple(walk(ROOT, patterns))


def walk(folder: Path, patterns: list[str]) -> list[Path]:
    """List the files under a folder, sorted, without those that a .gitignore pattern names."""
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name == ".git" or any(ignored(path, pattern) for pattern in patterns):
            continue
        found += walk(path, patterns) if path.is_dir() else [path]
    return found


def ignored(path: Path, pattern: str) -> bool:
    """Whether one of our .gitignore patterns fits: a name, with `/` in front for the top folder, behind for folders."""
    if pattern.startswith("/") and path.parent != ROOT:
        return False
    if pattern.endswith("/") and not path.is_dir():
        return False
    return fnmatch.fnmatch(path.name, pattern.strip("/"))


def documents() -> list[Path]:
    """List the Markdown files."""
    return [path for path in files() if path.suffix == ".md"]


def text(path: Path) -> str | None:
    """Read a file as text; None when it is not text."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return None
