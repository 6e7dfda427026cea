"""Options that several commands share, and the settings they come to."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from api.commands.failures import USAGE, CommandFailed
from api.settings import Settings

if TYPE_CHECKING:
    import sqlalchemy as sa

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="where the log and its keys live [./var, GROUNDS_DATA]", show_default=False
    ),
]
Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        metavar="URL",
        help="where the log is, e.g. postgresql://USER@HOST/NAME [DIR/grounds.db, GROUNDS_DATABASE]",
        show_default=False,
    ),
]
Policies = Annotated[
    Path | None,
    typer.Option(
        "--policies", metavar="DIR", help="facts.yaml, reasons.yaml and policies [the shipped ones]", show_default=False
    ),
]


def settings(**given: Any) -> Settings:
    """Join the environment with what the command line said; None means nothing was said."""
    return Settings(**{name: value for name, value in given.items() if value is not None})


def existing_log(chosen: Settings) -> Path | sa.URL:
    """Give the log's database; raise CommandFailed if there is no file, rather than begin one by accident."""
    where = chosen.database
    if isinstance(where, Path) and not where.is_file():
        remedy = "name the folder with --data; `grounds serve` or `grounds key new` begins a log"
        raise CommandFailed(f"no log at `{where}` ({remedy})", USAGE)
    return where
