"""Folders on disk: the good one, which uses every part of the language, and the ways to break it (`broken/`)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import yaml

HERE = Path(__file__).parent
FILES = {path.name: path.read_text(encoding="utf-8") for path in sorted((HERE / "good").glob("*.yaml"))}
FACTS, REASONS, GOOD = FILES["facts.yaml"], FILES["reasons.yaml"], FILES["good.yaml"]


def write_good(folder: Path, **files: str | bytes) -> Path:
    """Write the good folder with some files changed (named without `.yaml`); give the folder."""
    for name, text in (FILES | {f"{name}.yaml": content for name, content in files.items()}).items():
        (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return folder


class Mistake(NamedTuple):
    """One edit of one file, and the finding it must lead to."""

    file: str
    old: str
    new: str
    at: str  #: text on the line the finding must name; empty when the line does not matter
    path: str
    message: str
    remedy: str = ""

    def made(self) -> str:
        """The text of its file with the mistake in it."""
        assert self.old in FILES[self.file], f"`{self.old}` is not in {self.file}"
        return FILES[self.file].replace(self.old, self.new, 1)


def mistakes() -> list[Mistake]:
    """Every mistake of the tables in `broken/`."""
    found = []
    for path in sorted((HERE / "broken").glob("*.yaml")):
        table = yaml.safe_load(path.read_text(encoding="utf-8"))
        found += [Mistake(table["file"], *row) for row in table["mistakes"]]
    return found
