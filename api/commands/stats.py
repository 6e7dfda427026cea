"""``grounds stats``: what the read models add up to, as lines or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Annotated, Any

import msgspec
import typer

from api.commands.failures import USAGE, CommandFailed
from api.commands.filters import Since, Until, moment, opened
from api.commands.options import Data, Database, settings

if TYPE_CHECKING:
    import sqlalchemy as sa

    from api.ledger import Ledger
    from api.statistics import Share

    Counted = Callable[[Ledger, sa.Connection], Any]

app = typer.Typer(help="Overturn rates, backlog, conclusions, reason mix.", no_args_is_help=True)

Json = Annotated[bool, typer.Option("--json", help="print JSON")]
Policy = Annotated[str | None, typer.Option(help="of this policy only", show_default=False)]


@app.command("overturns")
def overturns(
    by: Annotated[str, typer.Option(metavar="WORD", help="rule, reason, policy, reviewer or decider")] = "rule",
    since: Since = None,
    until: Until = None,
    policy: Policy = None,
    as_json: Json = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Tell how many appeals were concluded, and how many of them overturned."""
    from api.statistics.overturns import By, Overturns
    from api.statistics.overturns import overturns as counted
    from api.statistics.windows import Window

    kind, window = _word(By, "by", by), Window(moment("since", since), moment("until", until))

    def lines(found: Overturns) -> list[str]:
        told = [f"all: {_share(found.total)} overturned; {found.withdrawn} withdrawn"]
        for row in found.rows:
            named = " ".join(filter(None, (row.policy if kind is By.RULE else None, row.key)))
            version = f" v{row.version}" if row.version is not None else ""
            told.append(f"{named + version:<48} {_share(row.overturned)}, {row.policy_defects} policy defects")
        return told

    _print(settings(data=data, url=database), lambda _, on: counted(on, kind, window, policy), lines, as_json)


@app.command("backlog")
def backlog(as_json: Json = False, data: Data = None, database: Database = None) -> None:
    """Count the cases that wait, by kind, state and age."""
    from api.statistics.backlog import Backlog
    from api.statistics.backlog import backlog as counted

    def lines(found: Backlog) -> list[str]:
        told = [f"{found.at}: {found.count} not concluded, {found.overdue} overdue"]
        for row in found.rows:
            ages = "  ".join(f"{each.from_days}d+ {each.count}" for each in row.ages)
            late = f"{row.overdue} overdue, {row.due_soon} due soon, {row.escalated} escalated"
            told.append(f"{row.kind:<8} {row.state:<10} {row.count:>6}   {ages}   {late}")
        return told

    _print(settings(data=data, url=database), lambda ledger, on: counted(on, ledger.now()), lines, as_json)


@app.command("conclusions")
def conclusions(
    since: Since = None,
    until: Until = None,
    policy: Policy = None,
    as_json: Json = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Count what cases came to, how long they took, and how many were answered in time."""
    from api.statistics.conclusions import Conclusions
    from api.statistics.conclusions import conclusions as counted
    from api.statistics.windows import Window

    window = Window(moment("since", since), moment("until", until))

    def lines(found: Conclusions) -> list[str]:
        return [
            f"{row.kind:<8} {row.count:>6}   {_counts(row.results)}   {_share(row.in_time)} in time, "
            f"half within {_hours(row.median_hours)}, nine of ten within {_hours(row.ninth_decile_hours)}"
            for row in found.rows
        ]

    _print(settings(data=data, url=database), lambda _, on: counted(on, window, policy), lines, as_json)


@app.command("reasons")
def reasons(
    by: Annotated[str, typer.Option(metavar="WORD", help="day, week or month; days are those of UTC")] = "day",
    since: Since = None,
    until: Until = None,
    policy: Policy = None,
    outcome: Annotated[str | None, typer.Option(help="of decisions that came to this only", show_default=False)] = None,
    as_json: Json = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Count outcomes and reasons of decisions, period by period."""
    from api.search import Where, stretch
    from api.statistics.mix import Mix, Period, mix

    period = _word(Period, "by", by)
    where = Where(outcome=outcome, policy=policy, since=moment("since", since), until=moment("until", until))

    def counted(ledger: Ledger, on: sa.Connection) -> Mix:
        return mix(on, period, where, stretch(on, where, ledger.log.size()))

    def lines(found: Mix) -> list[str]:
        told = []
        for row in found.rows:
            told.append(f"{row.period:<10} {row.decisions:>7} decisions   {_counts(row.outcomes)}")
            told += [f"{'':<10} {_share(each.share):>24}  {each.code}" for each in row.reasons]
        return told

    _print(settings(data=data, url=database), counted, lines, as_json)


def _word(words: Any, option: str, given: str) -> Any:
    try:
        return words(given)
    except ValueError:
        raise CommandFailed(f"--{option} `{given}` is none of {', '.join(words)}", USAGE) from None


def _print(chosen: Any, counted: Counted, lines: Callable[[Any], list[str]], as_json: bool) -> None:
    with opened(chosen) as ledger, ledger.log.engine.connect() as connection:
        found = counted(ledger, connection)
    if as_json:
        typer.echo(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
        return
    for line in lines(found):
        typer.echo(line)
    if (note := getattr(found, "note", None)) is not None:
        typer.echo(note.en, err=True)


def _share(share: Share) -> str:
    rate = "no rate" if share.rate_bp is None else f"{share.rate_bp / 100:.2f} %"
    return f"{share.count} of {share.of} ({rate})"


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{number} {word}" for word, number in counts.items())


def _hours(hours: int | None) -> str:
    return "(too few)" if hours is None else f"{hours} h"
