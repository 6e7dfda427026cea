"""``grounds decisions``: find what was decided, and carry it out as a file."""

from __future__ import annotations

import typer

from api.commands import exporting, searching

app = typer.Typer(help="Find and export decisions.", no_args_is_help=True)
app.command("find")(searching.decisions)
app.command("export")(exporting.export)
app.command("check")(exporting.check)
