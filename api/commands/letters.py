"""``grounds notice`` and ``grounds clocks``: what applicants are written, and what is due to them when."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
import typer

from api.commands.failures import USAGE, CommandFailed
from api.commands.options import Data, Database, existing_log, settings

ACTOR = "cli"


def notice(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="its id")],
    output: Annotated[Path, typer.Option("--output", metavar="FILE", help="where to write it; - prints it")],
    language: Annotated[Literal["zh", "en"], typer.Option(help="in which language")] = "zh",
    form: Annotated[Literal["html", "pdf"], typer.Option("--format", help="as what")] = "html",
    data: Data = None,
    database: Database = None,
) -> None:
    """Write the notice of a decision to a file; that it was read is recorded."""
    from api.letters.printing import pdf
    from api.letters.rendering import html
    from api.personal import Purpose
    from api.queries import decision as find
    from api.reads import Reading
    from engine.vocabulary import Language

    with _opened(data, database) as service:
        with service.log.engine.connect() as connection:
            found = find(connection, decision)
        if found is None:
            raise CommandFailed(f"no decision `{decision[:80]}` (`grounds decisions find` lists them)", USAGE)
        text = html(service.notices.letter(found, Language(language), Reading(ACTOR, Purpose.LETTER)))
    content = pdf(text) if form == "pdf" else text.encode()
    if str(output) == "-":
        typer.get_binary_stream("stdout").write(content)
    else:
        output.write_bytes(content)
        typer.echo(f"{len(content)} bytes in {output}")


def clocks(
    overdue: Annotated[bool, typer.Option("--overdue", help="only those whose last day is over")] = False,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="most clocks")] = 100,
    as_json: Annotated[bool, typer.Option("--json", help="print one JSON object a line")] = False,
    data: Data = None,
    database: Database = None,
) -> None:
    """List what is due to applicants and has not been done, the first to end first."""
    with _opened(data, database) as service:
        found = service.deadlines.running(limit, overdue=overdue) + service.matter_views.running(limit, overdue=overdue)
    found = sorted(found, key=lambda each: each.due.at)[:limit]
    for each in found:
        typer.echo(msgspec.json.encode(each).decode() if as_json else _line(each))
    late = sum(each.overdue for each in found)
    if not as_json:
        typer.echo(f"{len(found)} running, {late} of them overdue")


def _line(running: Any) -> str:
    due = running.due
    marks = [
        *(["overdue"] if running.overdue else []),
        *(["provisional"] if due.provisional else []),
        *([] if due.statutory else ["our choice"]),
        *([due.region] if due.region else []),
    ]
    said = f"{due.day}  {due.kind:<22}  {running.policy} {running.outcome}  {running.decision}"
    return f"{said}  ({', '.join(marks)})" if marks else said


def _opened(data: Path | None, database: str | None) -> Any:
    from api.service import opened

    chosen = settings(data=data, url=database)
    existing_log(chosen)
    return opened(chosen)
