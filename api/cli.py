"""The command line: ``grounds serve | key | user | decide | decisions | replay | policy | subject | audit | demo``."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from api.commands import (
    audit,
    cases,
    db,
    decide,
    decisions,
    demo,
    failures,
    keys,
    letters,
    line,
    policy,
    replay,
    serve,
    stats,
    subject,
    users,
)

app = typer.Typer(
    name="grounds",
    help="Decisions on revolving credit lines: explained, recorded, provable.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
app.command("serve")(serve.serve)
app.command("decide")(decide.decide)
app.command("replay")(replay.replay)
app.command("demo")(demo.demo)
app.command("notice")(letters.notice)
app.command("clocks")(letters.clocks)
app.add_typer(keys.app, name="key")
app.add_typer(users.app, name="user")
app.add_typer(policy.app, name="policy")
app.add_typer(audit.app, name="audit")
app.add_typer(db.app, name="db")
app.add_typer(decisions.app, name="decisions")
app.add_typer(subject.app, name="subject")
app.add_typer(line.app, name="line")
app.add_typer(cases.app, name="cases")
app.add_typer(stats.app, name="stats")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit: 0 done, 1 failed, 2 wrong usage or input; errors are lines on standard error."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """Run a command and give its exit code."""
    try:
        code = app(list(arguments) if arguments is not None else None, standalone_mode=False, prog_name="grounds")
    except BrokenPipeError:
        sys.stderr.close()  # whoever read our output has left; Python would complain about it on the way out
        return failures.FAILED
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001  # whatever it is becomes a line, not a traceback
        failure = failures.explain(error)
        for line in failure.lines:
            typer.echo(line, err=True)
        return failure.code
    return code if isinstance(code, int) else 0
