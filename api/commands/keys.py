"""``grounds key``: API keys from their making to their end. A secret is printed once, and only its hash is kept."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Annotated

import typer

from api.commands.ending import ACTOR, Why, because
from api.commands.filters import moment, opened
from api.commands.options import Data, Database, settings
from api.roles import Permission, Role

if TYPE_CHECKING:
    from api.admission import KnownKey

app = typer.Typer(help="Make, list, rotate and revoke API keys.", no_args_is_help=True)

KeyId = Annotated[str, typer.Argument(metavar="ID", help="the part of a key after gk_", show_default=False)]


@app.command("new")
def new(
    role: Annotated[Role, typer.Option(show_default=False, help="what the key's holder may do")],
    permission: Annotated[
        list[Permission] | None, typer.Option(show_default=False, help="narrow it to this; may be repeated")
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(show_default=False, help="narrow it to this policy; may be repeated")
    ] = None,
    expires: Annotated[
        str | None, typer.Option(metavar="WHEN", show_default=False, help="when it ends, RFC 3339")
    ] = None,
    data: Data = None,
    database: Database = None,
) -> None:
    """Make a key, record that it exists, and print it: it is shown this one time."""
    from api.admission import Keyring, narrowed

    scope, ends = narrowed(role, permission or (), policy or ()), moment("expires", expires)
    with opened(settings(data=data, url=database), begin=True) as ledger:
        typer.echo(Keyring(ledger).create(role, ACTOR, scope, dt.datetime.fromisoformat(ends) if ends else None))


@app.command("list")
def listed(data: Data = None, database: Database = None) -> None:
    """Show every key there ever was: what it may, how it stands, and the day it was last used."""
    from api.admission import Keyring, Uses

    with opened(settings(data=data, url=database)) as ledger:
        days, now = Uses(ledger).days(), ledger.now()
        for known in Keyring(ledger).all():
            typer.echo(_line(known, days.get(known.id, "never used"), now))


@app.command("rotate")
def rotate(
    key: KeyId,
    overlap_hours: Annotated[
        int, typer.Option(min=0, max=720, help="how long the secret that is replaced still works")
    ] = 24,
    data: Data = None,
    database: Database = None,
) -> None:
    """Give a key a new secret and print it: it is shown this one time. What the key decided stays its own."""
    from api.admission import Keyring

    with opened(settings(data=data, url=database)) as ledger:
        typer.echo(Keyring(ledger).rotate(key, ACTOR, dt.timedelta(hours=overlap_hours)))


@app.command("revoke")
def revoke(
    key: KeyId,
    why: Why,
    data: Data = None,
    database: Database = None,
) -> None:
    """End a key for good; services that run notice within GROUNDS_KEY_MEMORY_SECONDS."""
    from api.admission import Keyring

    with opened(settings(data=data, url=database)) as ledger:
        Keyring(ledger).revoke(key, ACTOR, because(why))
    typer.echo(f"{key} is good for nothing any more")


def _line(known: KnownKey, used: str, now: dt.datetime) -> str:
    scope = known.scope
    narrowed = [*sorted(scope.permissions or ()), *(f"policy:{name}" for name in sorted(scope.policies or ()))]
    ends = f"  until {known.expires_at}" if known.expires_at else ""
    within = f"  only {', '.join(narrowed)}" if narrowed else ""
    return f"{known.id}  {known.role:<11} {known.standing(now):<8} {used:<10}{ends}{within}"
