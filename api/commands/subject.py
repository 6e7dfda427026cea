"""``grounds subject``: what a person may ask for, what forbids it, and the sweep that removes what is over."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from api.commands.failures import USAGE, CommandFailed
from api.commands.options import Data, Database, existing_log, settings

if TYPE_CHECKING:
    from api.subjects import Erasure

app = typer.Typer(help="Access, erasure, legal holds and retention of a person's data.", no_args_is_help=True)
ACTOR = "cli"

Reference = Annotated[str, typer.Argument(metavar="REF", help="your reference for the person")]
Reason = Annotated[
    str, typer.Option(help="why, e.g. a file number; stands in the log for ever, so no name", show_default=False)
]


@app.command("export")
def export(
    reference: Reference,
    out: Annotated[str, typer.Option(metavar="DIR|-", help="a folder that is not there yet; - prints JSON")] = "-",
    data: Data = None,
    database: Database = None,
) -> None:
    """Answer an access request: everything about a person, with proofs; that it was given is recorded."""
    folder = None if out == "-" else Path(out)
    if folder is not None and folder.exists():
        raise CommandFailed(f"`{folder}` exists already (name a folder that does not)", USAGE)
    with _opened(data, database) as service:
        document = service.access.document(reference, ACTOR)
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    if folder is None:
        typer.echo(text.decode())
    else:
        typer.echo(f"{_write(folder, document, text)} files in {folder}")


@app.command("erase")
def erase(reference: Reference, reason: Reason, data: Data = None, database: Database = None) -> None:
    """Erase a person now, or record that it waits for a duty or hold to end."""
    with _opened(data, database) as service:
        typer.echo(_told(service.subjects.erase(reference, reason, ACTOR)))


@app.command("hold")
def hold(
    reference: Reference,
    reason: Reason,
    until: Annotated[str, typer.Option(metavar="DATE", help="the first day it forbids nothing", show_default=False)],
    data: Data = None,
    database: Database = None,
) -> None:
    """Forbid every erasure of a person's data until a day."""
    day = _day("--until", until)
    with _opened(data, database) as service:
        placed = service.subjects.hold(reference, reason, day, ACTOR)
    typer.echo(f"held until {placed.until}: entry {placed.index}")


@app.command("release")
def release(reference: Reference, reason: Reason, data: Data = None, database: Database = None) -> None:
    """End the holds on a person's data."""
    with _opened(data, database) as service:
        done = service.subjects.release(reference, reason, ACTOR)
    named = ", ".join(map(str, done.holds))
    typer.echo(f"released holds {named}: entry {done.index}" if done.holds else "there is no hold")


@app.command("retention")
def retention(reference: Reference, data: Data = None, database: Database = None) -> None:
    """Show how long what is sealed about a person must and will be kept, and what forbids erasing it."""
    with _opened(data, database) as service:
        found = service.subjects.standing(reference)
    for each in found.kept:
        typer.echo(
            f"entry {each.index}: {each.policy} of {each.since}, class {each.retention}: "
            f"kept at least until {each.keep_until}, removed on {each.remove_on}"
        )
    for held in found.holds:
        typer.echo(f"hold {held.index} until {held.until}: {held.reason}")
    if found.waiting is not None:
        typer.echo(f"erasure asked for in entry {found.waiting.index}: not before {found.free_on}")
    typer.echo(f"may be erased {'now' if not found.because else f'from {found.free_on} on'}")


@app.command("sweep")
def sweep(
    as_of: Annotated[str | None, typer.Option(metavar="DATE", help="the day that counts [today]")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="only say what would go")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Remove everything whose time is over and whose erasure waited for it; run it every day."""
    from api.sweep import Sweep

    with _opened(data, database) as service:
        today = service.ledger.now().date()
        day = today if as_of is None else _day("--as-of", as_of)
        if day > today and not dry_run:
            raise CommandFailed(f"--as-of {day} is not here yet (add --dry-run to see what will go then)", USAGE)
        found = Sweep(service.ledger, service.schedule)
        done = found.look(day) if dry_run else found.run(day, ACTOR)
    verb = "would go" if dry_run else "gone"
    typer.echo(f"{day}: {done.parts} sealed parts {verb}, {done.subjects} people erased, {done.held} held back")


def _opened(data: Path | None, database: str | None) -> Any:
    from api.service import opened

    chosen = settings(data=data, url=database)
    existing_log(chosen)
    return opened(chosen)


def _told(done: Erasure) -> str:
    if done.state == "unknown":
        return "nobody is known by this reference: never seen, or erased before"
    if done.state == "erased":
        return f"erased: {done.parts} sealed parts and their key are gone, entry {done.index}"
    return f"waits until {done.not_before} for {', '.join(done.because)}: entry {done.index}"


def _day(option: str, text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise CommandFailed(f"{option} `{text}` is not a day (write e.g. 2027-01-31)", USAGE) from None


def _write(folder: Path, document: dict[str, Any], text: bytes) -> int:
    """Write the document, and beside it every entry and receipt as a file of its own, for other tools."""
    files = {"subject.json": text, "vkey": f"{document['log']['vkey']}\n".encode()}
    for part in ("decisions", "other_sealed", "other_entries"):
        for each in document[part]:
            files[f"{each['index']}.json"] = each["entry"].encode()
            files[f"{each['index']}.tlog-proof"] = each["receipt"].encode()
    folder.mkdir(mode=0o700, parents=True)
    for name, content in files.items():
        with os.fdopen(os.open(folder / name, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
    return len(files)
