"""``grounds line``: how a credit line stands, and what brought it there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from api.commands.filters import opened
from api.commands.options import Data, Database, settings

if TYPE_CHECKING:
    from api.accounts.schemas import LineChange, LineView

app = typer.Typer(help="Credit lines that are kept here.", no_args_is_help=True)
_ACTOR = "cli"


@app.command("show")
def show(
    subject: Annotated[str, typer.Argument(metavar="SUBJECT", help="your reference for the person or business")],
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="most changes, the newest first")] = 100,
    before: Annotated[
        int | None, typer.Option(min=1, max=2**31 - 1, help="only changes before this sequence", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print JSON")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Show a line and every change with the decision, rules and reasons behind it; that it was read is recorded."""
    from api.accounts.viewing import Turned, Views
    from api.personal import Purpose
    from api.reads import Reading

    with opened(settings(data=data, url=database)) as ledger:
        view = Views(ledger).line(subject, None, Turned(limit, before), Reading(_ACTOR, Purpose.REVIEW))
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(view), indent=2).decode())
        return
    typer.echo(_head(view))
    for change in view.changes:
        typer.echo(_line(change))
    if view.next is not None:
        typer.echo(f"older changes: --before {view.next}", err=True)


def _head(view: LineView) -> str:
    from api.accounts.words import yuan

    if (now := view.amounts) is None:
        return f"{view.label.en}; the amounts were removed"
    price = "" if now.apr_bp is None else f" at {now.apr_bp / 100:.2f} %"
    limit, drawn, left = map(yuan, (now.limit_fen, now.drawn_fen, now.available_fen))
    return f"{view.label.en}: limit {limit}{price}, drawn {drawn}, available {left} yuan"


def _line(change: LineChange) -> str:
    why = ""
    if (made := change.decision) is not None:
        reasons = f" ({', '.join(made.reasons)})" if made.reasons else ""
        why = f"\n      {made.policy} v{made.version} {made.outcome}{reasons}, rules {', '.join(made.rules)}: {made.id}"
    return f"{change.sequence:>4}  {change.at}  {change.statement.en}  [{change.actor}, entry {change.index}]{why}"
