"""The recorded half of ``grounds decide``: a progress bar, the run, and its report."""

from __future__ import annotations

import time
from pathlib import Path

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from api.commands.failures import INTERRUPTED, CommandFailed
from api.population import Plan, Run
from api.service import opened
from api.settings import Settings
from api.tally import Tally


def decide_population(chosen: Settings, policy: str, source: Path, mapping: Path, rejects: Path | None) -> None:
    """Decide every row of `source` into the log and print what it came to."""
    rejected = rejects or chosen.data / f"{source.name.removesuffix('.gz').removesuffix('.csv')}.rejects.csv"
    with opened(chosen) as service:
        plan = Plan.read(service, policy, source, mapping)
        started = time.perf_counter()
        columns = TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True)) as progress:
            task = progress.add_task(f"deciding by {policy}", total=plan.table.count())
            run = Run(service, plan, rejected, lambda rows: progress.advance(task, rows))
            try:
                tally = run.all()
            except KeyboardInterrupt:
                done = f"interrupted: {run.tally.decided:,} rows are recorded (the same command goes on from there)"
                raise CommandFailed(done, INTERRUPTED) from None
        _report(tally, time.perf_counter() - started, rejected)


def _report(tally: Tally, seconds: float, rejected: Path) -> None:
    fresh = tally.decided - tally.before
    pace = f", {fresh / seconds:,.0f} decisions/s into the log" if fresh else ""
    typer.echo(f"{tally.decided:,} decided: {fresh:,} now, {tally.before:,} before; {seconds:.1f} s{pace}")
    if tally.rejected:
        typer.echo(f"{tally.rejected:,} rows could not be read: {rejected} says which and why")
    typer.echo()
    for line in tally.lines():
        typer.echo(line)
