"""How a command says that something is wrong: one clear line per finding on standard error, and an exit code.

2 is what the caller can put right (usage, input), 1 is a check that failed or a service that cannot run.
"""

from __future__ import annotations

import os
import traceback
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

import typer
from typer._click.exceptions import ClickException, NoArgsIsHelpError, UsageError

if TYPE_CHECKING:
    import pydantic

USAGE, FAILED, INTERRUPTED = 2, 1, 130


class CommandFailed(Exception):
    """the command could not do what was asked"""

    def __init__(self, message: str, code: int = FAILED) -> None:
        self.message, self.code = message, code
        super().__init__(message)


class Failure(NamedTuple):
    """What is printed, and the exit code."""

    lines: list[str]
    code: int

    @classmethod
    def of(cls, text: str, code: int) -> Failure:
        """Say who speaks on every line."""
        return cls([f"grounds: {line}" for line in text.splitlines() or ["refused"]], code)


def explain(error: BaseException) -> Failure:
    """Turn whatever a command raised into lines and an exit code; never a traceback."""
    match error:
        case CommandFailed():
            return Failure.of(error.message, error.code)
        case typer.Exit():
            return Failure([], error.exit_code)
        case KeyboardInterrupt() | typer.Abort():
            return Failure.of("interrupted", INTERRUPTED)
        case NoArgsIsHelpError():
            return Failure([error.format_message()], USAGE)
        case UsageError():
            return Failure.of(_usage(error), USAGE)
        case ClickException():
            return Failure.of(error.format_message(), USAGE)
        case OSError():
            return Failure.of(_system(error), FAILED)
        case _:
            return _of_a_package(error)


def _of_a_package(error: BaseException) -> Failure:
    """Explain an error of the engine, the log or a library; they are imported only now, to keep commands quick."""
    import pydantic
    import sqlalchemy as sa

    from api.errors import ApiError
    from audit import AuditError
    from engine import EngineError, PolicyError

    match error:
        case pydantic.ValidationError():
            return Failure.of("\n".join(_settings(error)), USAGE)
        case PolicyError():
            return Failure([str(finding) for finding in error.findings], USAGE)  # FILE:LINE first, as editors want it
        case EngineError() | ApiError():
            return Failure.of(str(error), USAGE)
        case AuditError():
            return Failure.of(str(error), FAILED)
        case sa.exc.SQLAlchemyError():
            return Failure.of(f"the database failed: {_first_line(error)}", FAILED)
        case _:
            return Failure.of(_unforeseen(error), FAILED)


def _usage(error: UsageError) -> str:
    path = error.ctx.command_path if error.ctx else "grounds"
    message = " ".join(error.format_message().split())
    return f"{message[:1].lower()}{message[1:].rstrip('.')} (try `{path} --help`)"


def _settings(error: pydantic.ValidationError) -> Iterator[str]:
    for finding in error.errors(include_url=False):
        name = "_".join(map(str, finding["loc"]))
        yield f"GROUNDS_{name.upper()}=`{finding['input']}`: {finding['msg'].lower()}"


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0]


def _system(error: OSError) -> str:
    reason = (error.strerror or str(error)).lower()
    return f"`{error.filename}`: {reason}" if error.filename else reason


def _unforeseen(error: BaseException) -> str:
    if os.environ.get("GROUNDS_TRACEBACK"):
        traceback.print_exception(error)
    last = traceback.extract_tb(error.__traceback__)[-1:]
    place = f" at {last[0].filename}:{last[0].lineno}" if last else ""
    return f"a fault of ours: {type(error).__name__}{place} (GROUNDS_TRACEBACK=1 shows all of it)"
