"""``grounds audit rebuild``: make the tables people search by again from the log, or only compare them with it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.failures import FAILED
from api.commands.options import Data, Database, existing_log, settings
from api.settings import Settings

if TYPE_CHECKING:
    from api.reconcile import Difference


def rebuild(
    check: Annotated[
        bool, typer.Option("--check", help="change nothing; exit 1 and name the rows that differ")
    ] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Replace the tables people search by with what the log says, at once or not at all; services must be stopped."""
    chosen = settings(data=data, url=database)
    existing_log(chosen)
    if not check:
        _rebuild(chosen)
    elif found := _compare(chosen):
        typer.echo(f"{found} differences: stop the services and run `grounds audit rebuild`", err=True)
        raise typer.Exit(FAILED)
    else:
        typer.echo("the tables say what the log says")


def _compare(chosen: Settings) -> int:
    from api.reconcile import differences

    return _printed(differences(chosen.database))


def _rebuild(chosen: Settings) -> None:
    from api.presence import Presence
    from api.rebuild import rebuild
    from audit import Keys, Log

    presence = Presence.alone(chosen.data)
    try:
        log = Log.open(chosen.database, Keys.load(chosen.data))
        try:
            rebuilt = rebuild(log)
        finally:
            log.close()
    finally:
        presence.leave()
    named = _printed(rebuilt.differences)
    if rebuilt.differing > named:
        typer.echo(f"and {rebuilt.differing - named} more", err=True)
    typer.echo(f"{rebuilt.rows} rows from {rebuilt.entries} entries; {rebuilt.differing} differences put right")


def _printed(differences: Iterable[Difference]) -> int:
    count = 0
    for count, (where, what) in enumerate(differences, start=1):  # noqa: B007  # counted while it is printed
        typer.echo(f"{where}: {what}", err=True)
    return count
