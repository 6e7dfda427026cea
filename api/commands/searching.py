"""``grounds decisions find`` and ``grounds audit search``: what people look for, newest first, as lines or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import msgspec
import typer

from api.commands.filters import (
    Actor,
    Json,
    Kind,
    Limit,
    Oldest,
    Outcome,
    Policy,
    Reason,
    Rule,
    Since,
    Subject,
    Until,
    Version,
    moment,
    opened,
    subject_of,
)
from api.commands.options import Data, Database, settings

if TYPE_CHECKING:
    from api.ledger import Ledger
    from api.pages import Pages, Paging
    from api.schemas import DecisionPage, DecisionSummary, EntryPage, EntrySummary

    Read = Callable[[Pages, Paging], DecisionPage | EntryPage]

_MOST_ON_A_PAGE = 1_000


def decisions(
    subject: Subject = None,
    outcome: Outcome = None,
    reason: Reason = None,
    rule: Rule = None,
    policy: Policy = None,
    version: Version = None,
    actor: Actor = None,
    since: Since = None,
    until: Until = None,
    oldest: Oldest = False,
    limit: Limit = 50,
    as_json: Json = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Find decisions by any filters together; several narrow it."""
    from api.search import Where

    between = moment("since", since), moment("until", until)
    with opened(settings(data=data, url=database)) as ledger:
        known = subject_of(ledger, subject)
        where = Where(known, rule, reason, outcome, policy, version, actor, *between)
        _print(ledger, lambda pages, paging: pages.decisions(where, paging), oldest, limit, as_json)


def entries(
    kind: Kind = None,
    actor: Actor = None,
    since: Since = None,
    until: Until = None,
    oldest: Oldest = False,
    limit: Limit = 50,
    as_json: Json = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Find entries of the log by kind, actor and moment; several filters narrow it."""
    from api.search import WhereEntry

    where = WhereEntry(kind, actor, moment("since", since), moment("until", until))
    with opened(settings(data=data, url=database)) as ledger:
        _print(ledger, lambda pages, paging: pages.entries(where, paging), oldest, limit, as_json)


def _print(ledger: Ledger, read: Read, oldest: bool, limit: int, as_json: bool) -> None:
    """Print page by page, up to `limit` lines, and how many there are beyond."""
    from api.pages import Pages, Paging

    size, cursor, printed, found = ledger.log.checkpoint().size, None, 0, 0
    while printed < limit and (printed == 0 or cursor):
        paging = Paging(min(limit - printed, _MOST_ON_A_PAGE), cursor, oldest, counted=printed == 0)
        with ledger.log.engine.connect() as connection:
            page = read(Pages(connection, ledger.cursors, size), paging)
        for item in page.items:
            typer.echo(msgspec.json.encode(item).decode() if as_json else _line(item))
        printed, cursor, found = printed + len(page.items), page.next, page.count or found
        if not page.items:
            break
    typer.echo(f"{printed} of {found}, in a log of {size} entries", err=True)


def _line(item: DecisionSummary | EntrySummary) -> str:
    from api.schemas import EntrySummary

    if isinstance(item, EntrySummary):
        return f"{item.index:>9}  {item.at}  {item.kind:<20} {item.actor}"
    policy = f"{item.policy.name} v{item.policy.version}"
    return f"{item.index:>9}  {item.decided_at}  {item.id}  {item.outcome:<10} {policy:<20} {', '.join(item.reasons)}"
