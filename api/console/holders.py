"""Whose session it is: who holds the key or the password it was opened with, if that is still good."""

from __future__ import annotations

import msgspec

from api.admission import Keyring
from api.console.sessions import Session
from api.roles import Principal
from api.users.directory import Users


class Held(msgspec.Struct, frozen=True):
    """Who holds a session."""

    principal: Principal
    must_choose: bool = False  #: somebody else knows the password: nothing is done before a new one was chosen


class Holders:
    """Asks keys and users."""

    def __init__(self, keyring: Keyring, users: Users) -> None:
        self._keyring, self._users = keyring, users

    def of(self, session: Session) -> Held | None:
        """Give who holds a session now; None if nobody does any more."""
        kind, _, name = session.actor.partition(":")
        if kind == "key":
            principal = self._keyring.holder(name)
            return None if principal is None else Held(principal)
        user = self._users.find(name)
        if user is None or user.standing != "valid" or session.index < user.password_index:
            return None
        return Held(user.principal, user.must_choose)
