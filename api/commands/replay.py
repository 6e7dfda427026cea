"""``grounds replay``: decide a recorded decision again, and say whether anything changed, and what."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from api.commands.decide import read_facts
from api.commands.failures import FAILED, USAGE, CommandFailed
from api.commands.filters import opened
from api.commands.options import Data, Database, settings

if TYPE_CHECKING:
    from api.ledger import Ledger
    from api.replay import Ask, Replayed, Result

ACTOR = "cli"


def replay(
    decision: Annotated[str, typer.Argument(metavar="ID", help="the decision's id")],
    version: Annotated[
        int | None,
        typer.Option(
            "--policy-version", min=1, max=1_000_000, help="another version of its policy", show_default=False
        ),
    ] = None,
    facts: Annotated[
        Path | None, typer.Option("--facts", metavar="FILE.json", help="facts put right", show_default=False)
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="print the whole verdict")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """Decide ID again from what the log holds; exit 1 if its own policy no longer gives the recorded bytes."""
    from api.replay import Ask

    chosen = settings(data=data, url=database)
    ask = Ask(version, read_facts(facts, chosen) if facts else {})
    with opened(chosen) as ledger:
        replayed = _replayed(ledger, decision, ask)
    typer.echo(msgspec.json.encode(replayed).decode() if as_json else "\n".join(_lines(replayed)))
    if not replayed.identical:
        raise typer.Exit(FAILED)


def _replayed(ledger: Ledger, decision: str, ask: Ask) -> Replayed:
    from api import queries
    from api.personal import Purpose
    from api.reads import Reading
    from api.replay import Replays

    with ledger.log.engine.connect() as connection:
        found = queries.decision(connection, decision)
    if found is None:
        raise CommandFailed(f"no decision `{decision}` (`grounds decisions find` lists them)", USAGE)
    return Replays(ledger).of(found.id, found.index, ask, Reading(ACTOR, Purpose.REPLAY))


def _lines(replayed: Replayed) -> Iterator[str]:
    cause = f" by {' and '.join(replayed.because)}" if replayed.because else ""
    yield f"{replayed.verdict}{cause}"
    yield f"then {_told(replayed.then)}"
    yield f"now  {_told(replayed.now)}"
    yield "its own policy gives " + ("the recorded bytes" if replayed.identical else "other bytes than those recorded")


def _told(outcome: Result) -> str:
    policy = f"{outcome.policy.name} v{outcome.policy.version}"
    return f"{outcome.outcome} ({', '.join(outcome.reasons) or 'no reasons'}) under {policy}"
