"""``grounds user``: the people who sign in to the console, from their first password to their end."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.ending import ACTOR, Why, because
from api.commands.filters import opened
from api.commands.options import Data, Database, settings
from api.roles import Role

if TYPE_CHECKING:
    from api.users.directory import User

app = typer.Typer(help="Make, list and disable users of the console, and give them passwords.", no_args_is_help=True)

UserId = Annotated[str, typer.Argument(metavar="ID", help="as `grounds user list` shows it", show_default=False)]


@app.command("new")
def new(
    login: Annotated[str, typer.Argument(help="what they sign in as, e.g. li.wang", show_default=False)],
    name: Annotated[str, typer.Option(show_default=False, help="what they are called, e.g. 王丽")],
    role: Annotated[Role, typer.Option(show_default=False, help="what they may do")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Make a user, record it, and print a password to hand over: it is shown this one time."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database), begin=True) as ledger:
        handed = Users(ledger).create(login, name, role, ACTOR)
    typer.echo(f"{handed.id}  {handed.password}")


@app.command("list")
def listed(data: Data = None, database: Database = None) -> None:
    """Show every user there ever was: role, how they stand, and who they are."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database)) as ledger:
        for user in Users(ledger).all():
            typer.echo(_line(user))


@app.command("password")
def password(user: UserId, data: Data = None, database: Database = None) -> None:
    """Give a user a new password and print it: it is shown this one time, and their sessions end."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database)) as ledger:
        typer.echo(Users(ledger).reset(user, ACTOR).password)


@app.command("role")
def role(
    user: UserId,
    role: Annotated[Role, typer.Option("--to", show_default=False, help="what they may do from now on")],
    data: Data = None,
    database: Database = None,
) -> None:
    """Give a user another role."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database)) as ledger:
        Users(ledger).change_role(user, role, ACTOR)
    typer.echo(f"{user} is {role} now")


@app.command("confirm")
def confirm(user: UserId, data: Data = None, database: Database = None) -> None:
    """Let what an administrator did about a user count, where there is no second one to do it."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database)) as ledger:
        users = Users(ledger)
        known = users.find(user)
        users.confirm(user, known.version if known else -1, ACTOR)
    typer.echo(f"{user} may sign in")


@app.command("disable")
def disable(
    user: UserId,
    why: Why,
    data: Data = None,
    database: Database = None,
) -> None:
    """Let a user in no more, for good; their sessions end at once."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database)) as ledger:
        Users(ledger).disable(user, ACTOR, because(why))
    typer.echo(f"{user} can sign in no more")


@app.command("forget")
def forget(user: UserId, data: Data = None, database: Database = None) -> None:
    """Erase the name and the password of a user, for good; the log keeps the id they acted under."""
    from api.users.directory import Users

    with opened(settings(data=data, url=database)) as ledger:
        Users(ledger).forget(user, ACTOR)
    typer.echo(f"nobody knows any more who {user} was")


def _line(user: User) -> str:
    known, who = user.known, user.person
    asked = f"  asked by {known.asked_by}" if known.standing == "waiting" else ""
    return f"{known.id}  {known.role:<10} {known.standing:<8} {who.login or '-':<16} {who.name or '-'}{asked}"
