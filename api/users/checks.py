"""What a user may be called, and which roles have a use for the console."""

from __future__ import annotations

import re

from api.errors import InvalidBody, Mistake
from api.roles import ALLOWED, Permission, Role

LONGEST_NAME = 80
_LOGIN = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
FIT = tuple(role for role in Role if Permission.CONSOLE in ALLOWED[role])  #: roles of people who use the console


def login(text: str) -> str:
    """Give a name to sign in with, in small letters; raise InvalidBody."""
    found = text.strip().casefold()
    if not _LOGIN.fullmatch(found):
        remedy = "1 to 40 of a-z, 0-9 and . _ - between them, e.g. `li.wang`"
        raise InvalidBody(mistakes=[Mistake("login", f"`{text[:60]}` is no name to sign in with", remedy)])
    return found


def name(text: str) -> str:
    """Give what somebody is called, in any script; raise InvalidBody."""
    found = " ".join(text.split())
    if not 0 < len(found) <= LONGEST_NAME or not found.isprintable():
        raise InvalidBody(mistakes=[Mistake("name", f"must be 1 to {LONGEST_NAME} printable characters", "e.g. 王丽")])
    return found


def working(role: Role) -> str:
    """Give a role that has a use for the console; raise InvalidBody."""
    if role not in FIT:
        remedy = f"choose of: {', '.join(FIT)}"
        raise InvalidBody(mistakes=[Mistake("role", f"`{role}` has no use for the console", remedy)])
    return str(role)
