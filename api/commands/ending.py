"""Why a key or a user of the console ends, as commands take it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.failures import USAGE, CommandFailed

if TYPE_CHECKING:
    from api.admission import Because

ACTOR = "cli"  #: who acts here, in the log

Why = Annotated[
    str,
    typer.Option("--because", metavar="WHY", show_default=False, help="stolen, lost, replaced, unused or left"),
]


def because(why: str) -> Because:
    """Give the reason that was named; raise CommandFailed if it is none of the list."""
    from api.admission import Because  # a slow import, and few commands need it

    if why not in list(Because):
        raise CommandFailed(f"--because `{why}` is not one of {', '.join(Because)}", USAGE)
    return Because(why)
