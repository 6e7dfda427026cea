"""Options that several commands share, and the settings they come to."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from api.commands.failures import USAGE, CommandFailed
from api.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data", metavar="DIR", help="where the log and its keys live [./var, GROUNDS_DATA]", show_default=False
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


def existing_log(chosen: Settings) -> Path:
    """Give the log's database; raise CommandFailed if there is none, rather than begin one by accident."""
    if not chosen.database.is_file():
        remedy = "name the folder with --data; `grounds serve` or `grounds key new` begins a log"
        raise CommandFailed(f"no log at `{chosen.database}` ({remedy})", USAGE)
    return chosen.database
