"""``grounds key``: API keys. A key is printed once and only its hash is kept."""

from __future__ import annotations

from typing import Annotated

import typer

from api.commands.options import Data, Database, settings
from api.roles import Role

app = typer.Typer(help="Make API keys.", no_args_is_help=True)
ACTOR = "cli"


@app.callback()
def keys() -> None:
    """Make API keys."""


@app.command("new")
def new(
    role: Annotated[Role, typer.Option(show_default=False, help="what the key's holder may do")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Make a key, record that it exists, and print it: it is shown this one time."""
    from api.ledger import Ledger

    ledger = Ledger.open(settings(data=data, url=database))
    try:
        typer.echo(ledger.create_key(role, ACTOR))
    finally:
        ledger.close()
