"""``grounds db``: make a PostgreSQL database ready for a log, and have one looked over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.failures import FAILED, USAGE, CommandFailed
from api.commands.options import Data, Database, existing_log, settings

if TYPE_CHECKING:
    import sqlalchemy as sa

app = typer.Typer(help="Make a PostgreSQL database ready for a log, and look it over.", no_args_is_help=True)

_Logins = Annotated[
    list[str] | None,
    typer.Option("--login", metavar="NAME", help="a login that serves; made without a password if it is not there"),
]
_Auditors = Annotated[list[str] | None, typer.Option("--auditor", metavar="NAME", help="a login that only reads")]
_Erasers = Annotated[
    list[str] | None, typer.Option("--eraser", metavar="NAME", help="a login that may also erase (grounds subject)")
]


@app.command("init")
def init(database: Database = None, login: _Logins = None, auditor: _Auditors = None, eraser: _Erasers = None) -> None:
    """Make roles, tables, functions and guards that are not there yet; --database must lead to a superuser."""
    from audit.postgres import initialise

    made = initialise(_url(database), login or [], auditor or [], eraser or [])
    typer.echo("ready for a log" if made else "there is a log already; nothing was made but logins")
    for name in [*(login or []), *(auditor or []), *(eraser or [])]:
        typer.echo(f"`{name}` has its rights; give it a password (ALTER ROLE) unless the server knows it otherwise")


@app.command("check")
def check(database: Database = None) -> None:
    """Say what differs from what this version makes, and what makes this login unfit to serve; exit 1 if anything."""
    from audit.postgres import check as complaints

    found = complaints(_url(database))
    for line in found:
        typer.echo(line, err=True)
    if found:
        raise typer.Exit(FAILED)
    typer.echo("tables, functions, guards, rights and settings are as they should be")


@app.command("upgrade")
def upgrade(data: Data = None, database: Database = None) -> None:
    """Bring the log's tables to this version and record it; services must be stopped, on PostgreSQL as a superuser."""
    from api import events, readmodels
    from api.ledger import new_id, utc_now
    from api.presence import Presence
    from audit.migrations import Place, upgrade_log

    chosen = settings(data=data, url=database)
    existing_log(chosen)
    presence = Presence.alone(chosen.data)
    try:
        origin = events.Origin(new_id(), utc_now(), "cli")
        before, after = upgrade_log(Place(chosen.database, chosen.data, origin.head, readmodels.follow, origin.at))
    finally:
        presence.leave()
    done = f"revision {before} became {after}; the log says so" if before != after else f"revision {after} already"
    typer.echo(f"{done}. If tables to search by are stale: grounds audit rebuild")


def _url(database: str | None) -> sa.URL:
    from pathlib import Path

    where = settings(url=database).database
    if isinstance(where, Path):
        raise CommandFailed("name a database: --database postgresql://USER@HOST/NAME, or GROUNDS_DATABASE", USAGE)
    return where
