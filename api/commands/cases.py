"""``grounds cases``: what waits for a person, and the sweep that hands what is overdue to the supervisors."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from api.commands.options import Data, Database, existing_log, settings

app = typer.Typer(help="Cases: what waits for a person.", no_args_is_help=True)


@app.command("list")
def list_cases(
    state: Annotated[str | None, typer.Option(help="open, claimed, waiting or concluded", show_default=False)] = None,
    overdue: Annotated[bool, typer.Option("--overdue", help="only those whose last day is over")] = False,
    limit: Annotated[int, typer.Option(min=1, max=1_000, help="most cases")] = 50,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a line")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """List cases, the most urgent first."""
    from api.casework.listing import Turned, WhichCases, page
    from api.casework.states import State
    from api.commands.failures import USAGE, CommandFailed
    from api.events import instant
    from api.service import opened

    if state is not None and state not in [*State]:
        raise CommandFailed(f"--state `{state}` is none (one of {', '.join(State)})", USAGE)
    chosen = settings(data=data, url=database)
    existing_log(chosen)
    with opened(chosen) as service:
        now = service.ledger.now()
        which = WhichCases(state=State(state) if state else None, due_before=instant(now) if overdue else None)
        with service.log.engine.connect() as connection:
            found = page(connection, service.ledger.cursors, which, Turned("due", limit), now)
    for item in found.items:
        late = "  overdue" if item.overdue else ""
        line = (
            f"{item.id}  {item.kind:<6}  {item.state:<9}  due {item.due_on}  {item.policy} v{item.policy_version}{late}"
        )
        typer.echo(msgspec.json.encode(item).decode() if as_json else line)


@app.command("sweep")
def sweep(data: Data = None, database: Database = None) -> None:
    """Hand what is overdue to the supervisors, and end what is about somebody erased. Run it every hour."""
    from api.casework.sweeping import end_erased, escalate_overdue
    from api.service import opened

    chosen = settings(data=data, url=database)
    existing_log(chosen)
    with opened(chosen) as service:
        ended, escalated = end_erased(service.ledger), escalate_overdue(service.ledger)
    for case in escalated:
        typer.echo(case)
    typer.echo(f"{len(escalated)} cases escalated, {len(ended)} ended because their subject was erased")
