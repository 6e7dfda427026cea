"""The half of ``grounds policy`` that writes: one format for files, a beginning for new ones, a schema for editors."""

from __future__ import annotations

import datetime as dt
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Annotated, Literal

import msgspec
import typer

from api.commands.failures import FAILED, USAGE, CommandFailed
from api.commands.options import Policies, settings
from engine import PolicyError
from engine.authoring import formatted, schema, starter

Paths = Annotated[
    list[Path] | None, typer.Argument(metavar="[DIR|FILE...]", help="what to format [the folder of --policies]")
]
Check = Annotated[bool, typer.Option("--check", help="change nothing; name the files that would change, and exit 1")]


def fmt(paths: Paths = None, policies: Policies = None, check: Check = False) -> None:
    """Put policy files, facts.yaml and reasons.yaml into their one format; meaning and comments stay."""
    changed, wrong = 0, 0
    files = list(_files(paths or [settings(policies=policies).policies]))
    for file in files:
        try:
            done = _format(file, check=check)
        except PolicyError as error:
            wrong += 1
            for finding in error.findings:
                typer.echo(str(msgspec.structs.replace(finding, file=str(file))), err=True)
            continue
        if done:
            changed += 1
            typer.echo(f"{'would change' if check else 'changed'}: {file}")
    typer.echo(f"{len(files)} files, {changed} {'would change' if check else 'changed'}, {wrong} cannot be read")
    if wrong or (check and changed):
        raise typer.Exit(FAILED)


def _files(paths: Sequence[Path]) -> Iterator[Path]:
    for path in dict.fromkeys(paths):
        found = sorted(path.glob("*.yaml")) if path.is_dir() else [path]
        if not found or not path.exists():
            raise CommandFailed(f"`{path}` holds no policy text (name a folder with *.yaml, or files)", USAGE)
        yield from found


def _format(file: Path, *, check: bool) -> bool:
    data = file.read_bytes()
    text = formatted(data, file.name).encode()
    if text == data:
        return False
    if not check:
        _replace(file, text)
    return True


def _replace(file: Path, text: bytes) -> None:
    """Put a new text in the place of an old one whole, or not at all."""
    target = file.resolve()
    with tempfile.NamedTemporaryFile(dir=target.parent, prefix=f".{target.name}.", delete=False) as new:
        try:
            new.write(text)
            new.flush()
            os.fsync(new.fileno())
            shutil.copymode(target, new.name)
            Path(new.name).replace(target)
        except BaseException:
            Path(new.name).unlink(missing_ok=True)
            raise


NewName = Annotated[str, typer.Argument(metavar="NAME", help="what the policy is called; it goes into NAME.yaml")]
Folder = Annotated[Path, typer.Option("--dir", metavar="DIR", help="the folder of policies it goes into [.]")]


def new(name: NewName, folder: Folder = Path()) -> None:
    """Begin a policy: a small complete one that loads and keeps its example; nothing is overwritten."""
    existing = {path.name: path.read_bytes() for path in sorted(folder.glob("*.yaml"))}
    written = starter(name, existing, dt.datetime.now(dt.UTC).date())
    folder.mkdir(parents=True, exist_ok=True)
    for file, text in written.items():
        with (folder / file).open("x", encoding="utf-8") as target:
            target.write(text)
        typer.echo(f"written: {folder / file}")
    typer.echo(f"next: grounds policy test {folder}")


Which = Annotated[Literal["policy", "facts", "reasons"], typer.Argument(help="which kind of file")]


def print_schema(which: Which = "policy") -> None:
    """Print the JSON Schema (2020-12) of a kind of file, for completion and hints in editors."""
    typer.echo(msgspec.json.format(msgspec.json.encode(schema(which)), indent=2).decode())
