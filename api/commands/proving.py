"""``grounds audit prove|import|witness``: proofs for strangers, an export read back, and somebody who remembers."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.failures import USAGE, CommandFailed
from api.commands.options import Data, Database, existing_log, settings
from api.settings import Settings

if TYPE_CHECKING:
    from audit import Log

PASS_ON = {"allow_extra_args": True, "ignore_unknown_options": True}


def prove(
    decision: Annotated[str | None, typer.Option(metavar="ID", help="the receipt of this decision")] = None,
    entry: Annotated[int | None, typer.Option(min=0, metavar="N", help="the receipt of this entry")] = None,
    old_size: Annotated[
        int | None, typer.Option(min=0, metavar="M", help="that the log of now begins with that of M entries")
    ] = None,
    witnessed: Annotated[
        bool, typer.Option("--witnessed", help="under the newest checkpoint that witnesses cosigned")
    ] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Print a proof that needs nobody's word: a receipt (.tlog-proof), or the growth since a size."""
    if sum(each is not None for each in (decision, entry, old_size)) != 1:
        raise CommandFailed("give one of --decision ID, --entry N and --old-size M", USAGE)
    from audit.growth import Growth

    chosen = settings(data=data, url=database)
    with _opened(chosen) as log:
        if old_size is not None:
            typer.echo(Growth.of(log, old_size), nl=False)
        else:
            index = _index(log, decision) if decision is not None else entry
            assert index is not None
            typer.echo(_witnessed(chosen, log, index) if witnessed else log.receipt(index), nl=False)


def import_export(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="what `grounds audit export` wrote")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Write an export into a database that holds no log yet: same entries, root, origin. Sealed parts are in no export.

    DATA must hold the keys of that log.
    """
    from audit import Keys
    from audit.importing import import_export as read_back
    from audit.verify import cores

    chosen = settings(data=data, url=database)
    size = read_back(folder, chosen.database, Keys.load(chosen.data), cores())
    typer.echo(f"{size} entries imported; run `grounds audit rebuild` before serving them")


def witness(context: typer.Context) -> None:
    """Be a witness of logs: `new`, `serve` or `look`; see `grounds audit witness --help`."""
    from audit.witness import main

    if code := main(context.args):
        raise typer.Exit(code)


@contextmanager
def _opened(chosen: Settings) -> Iterator[Log]:
    from audit import Keys, Log

    log = Log.open(existing_log(chosen), Keys.load(chosen.data))
    try:
        yield log
    finally:
        log.close()


def _witnessed(chosen: Settings, log: Log, index: int) -> str:
    from audit.witnessing import TRUST, Witnesses

    witnesses = Witnesses.of(chosen.data)
    if witnesses is None:
        raise CommandFailed(f"`{chosen.data / TRUST}` names no witnesses (docs/witness.md)", USAGE)
    return witnesses.receipt(log, index)


def _index(log: Log, decision: str) -> int:
    from api import queries

    with log.engine.connect() as connection:
        found = queries.decision(connection, decision)
    if found is None:
        raise CommandFailed(f"no decision `{decision}` in this log", USAGE)
    return found.index
