"""``grounds decisions export`` and ``check``: decisions as a file with a manifest, and whether both still hold."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import msgspec
import typer

from api.commands.failures import FAILED, USAGE, CommandFailed
from api.commands.filters import (
    Actor,
    Outcome,
    Policy,
    Reason,
    Rule,
    Since,
    Subject,
    Until,
    Version,
    moment,
    opened,
    subject_of,
)
from api.commands.options import Data, Database, settings

if TYPE_CHECKING:
    from api.exports import Format, Manifest

ACTOR = "cli"
Form = Annotated[
    str | None, typer.Option("--format", help="csv, jsonl or parquet [by the ending of FILE]", show_default=False)
]
Out = Annotated[Path, typer.Option("--out", metavar="FILE", help="a file that is not there yet", show_default=False)]


def export(
    out: Out,
    form: Form = None,
    subject: Subject = None,
    outcome: Outcome = None,
    reason: Reason = None,
    rule: Rule = None,
    policy: Policy = None,
    version: Version = None,
    actor: Actor = None,
    since: Since = None,
    until: Until = None,
    personal: Annotated[
        bool, typer.Option("--personal", help="with references, facts and offers; every read of them is recorded")
    ] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Write decisions to FILE, every row with its leaf, and a manifest beside it that proves what FILE is."""
    from api.exports import Export, make
    from api.search import Where

    chosen, between = _form(form, out), (moment("since", since), moment("until", until))
    with opened(settings(data=data, url=database)) as ledger, _new(out) as stream:
        known = subject_of(ledger, subject)
        if known == "":
            raise CommandFailed(f"nobody has the reference `{subject}` (nothing was exported)", USAGE)
        where = Where(known, rule, reason, outcome, policy, version, actor, *between)
        manifest = make(ledger, Export(chosen, where, ACTOR, personal), stream, out.name)
        with _new(_beside(out)) as beside:
            beside.write(manifest.encoded())
    typer.echo(
        f"{manifest.file.rows} decisions of a log of {manifest.log.size} in {out}, {_beside(out).name} beside it"
    )


def check(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="what `export` wrote; its manifest lies beside it")],
    vkey: Annotated[
        str | None, typer.Option(help="the log's public key [the log's in --data]", show_default=False)
    ] = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Hold FILE against its manifest, and the manifest against the signed log; exit 1 and say what is wrong."""
    from api.exports import check as check_export

    manifest = _manifest(_beside(file))
    if vkey is None:
        with opened(settings(data=data, url=database)) as ledger:
            vkey = str(ledger.log.vkey)
    wrong = list(check_export(file, manifest, vkey))
    for finding in wrong:
        typer.echo(finding, err=True)
    if wrong:
        raise typer.Exit(FAILED)
    typer.echo(f"{manifest.file.rows} decisions of {manifest.log.origin} at size {manifest.log.size}, as recorded")


def _form(form: str | None, out: Path) -> Format:
    from api.exports import FORMATS

    wanted = form or out.suffix.removeprefix(".")
    if wanted not in FORMATS:
        raise CommandFailed(f"`{wanted}` is no format (give --format {', '.join(FORMATS)})", USAGE)
    return wanted


def _manifest(path: Path) -> Manifest:
    from api.exports import Manifest

    try:
        return msgspec.json.decode(path.read_bytes(), type=Manifest)
    except msgspec.DecodeError as error:
        raise CommandFailed(f"`{path}` is not a manifest: {error}") from None


def _beside(out: Path) -> Path:
    return out.with_name(f"{out.name}.manifest.json")


@contextmanager
def _new(path: Path) -> Iterator[IO[bytes]]:
    """Open a file that is not there yet, for its owner only; it gets its name once it is whole."""
    if path.exists():
        raise CommandFailed(f"`{path}` is there already (nothing was written)", USAGE)
    part = path.with_name(f"{path.name}.part")
    try:
        with open(part, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as stream:
            yield stream
        part.rename(path)
    except FileExistsError:
        raise CommandFailed(f"`{part}` is there already: remove it if no other export writes it", USAGE) from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
