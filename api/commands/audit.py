"""``grounds audit``: check the log as an outsider would, and copy it out for one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands.failures import FAILED
from api.commands.options import Data, existing_log, settings

app = typer.Typer(help="Verify and export the log.", no_args_is_help=True)


@app.command("verify")
def verify(data: Data = None) -> None:
    """Recompute the tree from the stored bytes and hold everything against it; exit 1 and say what is wrong where."""
    from api.reconcile import differences
    from audit import Keys
    from audit.verify import verify_database

    chosen = settings(data=data)
    database = existing_log(chosen)
    report = verify_database(database, Keys.load(chosen.data), sealed=True)
    findings = [*report.findings, *differences(database)]
    for where, what in findings:
        typer.echo(f"{where}: {what}", err=True)
    typer.echo(f"{report.entries} entries, root {report.root_hex}")
    if findings:
        typer.echo(f"{len(findings)} findings: this is not the log as it was written", err=True)
        raise typer.Exit(FAILED)


@app.command("export")
def export(
    out: Annotated[Path, typer.Argument(metavar="OUT", help="a folder that is not there yet")], data: Data = None
) -> None:
    """Copy the log out as a tlog-tiles directory with the entries as JSON lines, for anybody to check offline."""
    from audit import Keys, Log
    from audit.export import export as export_log

    chosen = settings(data=data)
    existing_log(chosen)
    log = Log.open(chosen.database, Keys.load(chosen.data))
    try:
        typer.echo(f"{export_log(log, out)} entries in {out}")
    finally:
        log.close()
