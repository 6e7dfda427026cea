"""``grounds audit key``: the keys of the log itself, changed by steps that can be repeated (docs/keys.md)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.options import Data, Database, existing_log, settings

if TYPE_CHECKING:
    from audit.rotation import Place

app = typer.Typer(help="Exchange or replace the keys that sign and seal.", no_args_is_help=True)
ACTOR = "cli"

Reason = Annotated[str, typer.Option(help="why; stands in the log for ever", show_default=False)]


@app.command("status")
def status(data: Data = None, database: Database = None) -> None:
    """Show which keys signed which part of the log, which one waits, and what the vault key wraps."""
    from audit import rotation

    with _place(data, database) as place:
        found = rotation.status(place)
    for era in found.eras:
        how = (
            "first key" if era.after < 0 else f"since entry {era.after}, {'announced' if era.attested else 'RESTORED'}"
        )
        typer.echo(f"{era.vkey}  {how}")
    if found.waiting is not None:
        where = "not announced" if found.announced is None else f"announced in entry {found.announced}, both sign"
        typer.echo(f"{found.waiting}  waiting, {where}")
    for name, count in found.wrapped.items():
        typer.echo(
            f"vault key {name}: {count} people{'' if name == found.vault else ' (LOST: their data stays closed)'}"
        )


@app.command("announce")
def announce(reason: Reason, data: Data = None, database: Database = None) -> None:
    """Make a new signing key and announce it under the old one; from now on both sign."""
    from audit import rotation

    with _place(data, database) as place:
        index = rotation.announce(place, reason)
        waiting = rotation.status(place).waiting
    typer.echo(f"entry {index} announces {waiting}")
    typer.echo("give this verifier key to everyone who checks the log, then run `grounds audit key switch`")


@app.command("switch")
def switch(reason: Reason, data: Data = None, database: Database = None) -> None:
    """Let the announced key take over; the old one is destroyed and signs no more."""
    from audit import rotation

    with _place(data, database) as place:
        index = rotation.switch(place, reason)
        vkey = rotation.status(place).eras[-1].vkey
    typer.echo(f"since entry {index} the log is signed by {vkey}")


@app.command("rewrap")
def rewrap(reason: Reason, data: Data = None, database: Database = None) -> None:
    """Wrap the keys of all living people under a new vault key, and destroy the old one."""
    from audit import rotation

    with _place(data, database) as place:
        index, count = rotation.rotate_vault(place, reason)
    typer.echo(f"{count} keys wrapped anew, entry {index}; backups of people erased before open with no key any more")


@app.command("restore")
def restore(
    reason: Reason,
    vault: Annotated[bool, typer.Option("--vault", help="the vault key is lost, not the signing key")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Go on after a key was lost: a new one, and an entry that says so."""
    from audit import restoring, rotation

    with _place(data, database) as place:
        index = (restoring.restore_vault if vault else restoring.restore)(place, reason)
        found = rotation.status(place)
    if vault:
        lost = sum(count for name, count in found.wrapped.items() if name != found.vault)
        typer.echo(f"entry {index} records it; what is sealed about {lost} people stays closed, their proofs hold")
    else:
        typer.echo(f"entry {index} records it; the log is signed by {found.eras[-1].vkey} from now on")
        typer.echo("only witnesses, receipts and checkpoints kept elsewhere connect the two keys: tell who checks it")


@contextmanager
def _place(data: Path | None, database: str | None) -> Iterator[Place]:
    """Give the log whose keys change, with nobody else in its directory."""
    from api import readmodels
    from api.events import Origin
    from api.ledger import new_id, utc_now
    from api.presence import Presence
    from audit.rotation import Place

    chosen = settings(data=data, url=database)
    existing_log(chosen)
    now = utc_now()
    presence = Presence.alone(chosen.data)
    try:
        yield Place(
            chosen.database,
            chosen.data,
            lambda kind: Origin(new_id(), now, ACTOR).head(kind),
            readmodels.follow,
            now,
        )
    finally:
        presence.leave()
