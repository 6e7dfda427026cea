"""``grounds audit``: check the log as an outsider would, and copy it out for one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from api.commands import logkeys, proving, rebuilding, searching
from api.commands.failures import FAILED
from api.commands.options import Data, Database, existing_log, settings

app = typer.Typer(help="Verify and export the log.", no_args_is_help=True)
app.add_typer(logkeys.app, name="key")
app.command("search")(searching.entries)
app.command("rebuild")(rebuilding.rebuild)
app.command("prove")(proving.prove)
app.command("import")(proving.import_export)
app.command("witness", context_settings=proving.PASS_ON, add_help_option=False)(proving.witness)


@app.command("verify")
def verify(
    kept: Annotated[
        list[Path] | None, typer.Option("--checkpoint", metavar="FILE", help="a checkpoint kept elsewhere")
    ] = None,
    sealed: Annotated[
        bool, typer.Option("--sealed/--no-sealed", help="sealed parts too; a log that was imported has none")
    ] = True,
    data: Data = None,
    database: Database = None,
) -> None:
    """Recompute the tree from the stored bytes and hold everything against it; exit 1 and say what is wrong where.

    Checkpoints that witnesses cosigned are held against it too.
    """
    from api import watching
    from api.reconcile import differences
    from audit import Keys
    from audit.verify import cores, verify_database

    chosen = settings(data=data, url=database)
    log = existing_log(chosen)
    known = [*watching.known(chosen.data), *(path.read_text("utf-8") for path in kept or ())]
    report = verify_database(log, Keys.load(chosen.data), sealed=sealed, known=known, processes=cores())
    findings = [*report.findings, *differences(log)]
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
