"""Options by which a search is narrowed on the command line, and what they come to."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.failures import USAGE, CommandFailed
from api.commands.options import existing_log
from api.settings import Settings

if TYPE_CHECKING:
    from api.ledger import Ledger

Subject = Annotated[str | None, typer.Option(help="the integrator's reference", show_default=False)]
Outcome = Annotated[str | None, typer.Option(help="what it came to, e.g. reject", show_default=False)]
Reason = Annotated[str | None, typer.Option(help="a reason code that was given", show_default=False)]
Rule = Annotated[str | None, typer.Option(help="a rule that fired", show_default=False)]
Policy = Annotated[str | None, typer.Option(help="the policy decided by", show_default=False)]
Version = Annotated[
    int | None, typer.Option(min=1, max=1_000_000, help="the version of the policy", show_default=False)
]
Kind = Annotated[str | None, typer.Option(help="what was recorded, e.g. key_created", show_default=False)]
Actor = Annotated[str | None, typer.Option(help="who acted: key:ID, cli or service", show_default=False)]
Since = Annotated[
    str | None, typer.Option(help="recorded then or later, e.g. 2026-11-22T00:00:00Z", show_default=False)
]
Until = Annotated[str | None, typer.Option(help="recorded before then", show_default=False)]
Oldest = Annotated[bool, typer.Option("--oldest", help="the oldest first")]
Limit = Annotated[int, typer.Option(min=1, help="most lines")]
Json = Annotated[bool, typer.Option("--json", help="one JSON object a line")]


@contextmanager
def opened(chosen: Settings, *, begin: bool = False) -> Iterator[Ledger]:
    """Open the log that is there; raise CommandFailed if there is none, unless one is to begin with this."""
    from api.ledger import Ledger

    if not begin:
        existing_log(chosen)
    ledger = Ledger.open(chosen)
    try:
        yield ledger
    finally:
        ledger.close()


def moment(option: str, given: str | None) -> str | None:
    """Write an instant as entries do; raise CommandFailed if it is none, or has no offset."""
    from api import events

    if given is None:
        return None
    try:
        return events.instant(dt.datetime.fromisoformat(given))
    except (ValueError, OverflowError):
        remedy = "write it with its offset, e.g. 2026-11-22T00:00:00Z"
        raise CommandFailed(f"--{option} `{given}` is not an instant ({remedy})", USAGE) from None


def subject_of(ledger: Ledger, reference: str | None) -> str | None:
    """Give the random id of a subject; one that stands in no row if nobody has this reference."""
    if reference is None:
        return None
    with ledger.log.engine.connect() as connection:
        return ledger.log.vault.find_subject(connection, reference) or ""
