"""Users from their making to their end. Every change is an entry, and no entry holds a name or a secret.

Whoever is made or changed over HTTP may sign in only once another administrator has confirmed it: an administrator who
could make a user of another role alone, and knows its first password, would have that role (docs/adr/0014).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from functools import cache

import msgspec
import sqlalchemy as sa

from api.admission import Because
from api.errors import Forbidden, InvalidBody, Mistake, NotFound, Stale, Unauthenticated
from api.events import Entry, Origin
from api.ledger import Ledger
from api.roles import Role
from api.users import checks, known, passwords, tables
from api.users.known import KnownUser, Person
from api.users.tables import PERSON

_ID_BYTES = 6
_SEE = "GET /users and `grounds user list` name the users there are"


class Handed(msgspec.Struct, frozen=True):
    """A password that somebody has to hand to a user; it is shown this one time."""

    id: str
    password: str


class User(msgspec.Struct, frozen=True):
    """A user, with who they are."""

    known: KnownUser
    person: Person


class NotConfirmed(Forbidden):
    """another administrator has to confirm this user first"""


class Users:
    """The users of one log."""

    def __init__(self, ledger: Ledger) -> None:
        self._ledger = ledger

    def create(self, login: str, name: str, role: Role, actor: str) -> Handed:
        """Make a user with a password to hand over; raise InvalidBody if name, login or role will not do."""
        made = Handed(secrets.token_hex(_ID_BYTES), passwords.handed())
        who = Person(made.id, checks.login(login), checks.name(name), passwords.stored(made.password))
        origin = self._ledger.origin(actor)
        entry = self._entry(origin, tables.USER_CREATED, made.id, role=checks.working(role), password=self._mark(who))

        def work(connection: sa.Connection) -> None:
            if known.person(connection, login=who.login) is not None:
                raise InvalidBody(mistakes=[Mistake("login", f"`{who.login}` is somebody's already", "take another")])
            self._ledger.record(connection, entry)
            connection.execute(PERSON.insert(), msgspec.to_builtins(who))

        self._ledger.writer.submit(work).result()
        return made

    def change_role(self, user_id: str, role: Role, actor: str) -> None:
        """Give a user another role; raise NotFound, Forbidden for oneself, or InvalidBody."""
        if actor == f"user:{user_id}":
            raise Forbidden(mistakes=[Mistake("user_id", "nobody changes their own role", "ask an administrator")])
        self._do(
            user_id,
            self._entry(self._ledger.origin(actor), tables.USER_ROLE_CHANGED, user_id, role=checks.working(role)),
        )

    def reset(self, user_id: str, actor: str) -> Handed:
        """Give a user a new password to hand over; their sessions end. Raise NotFound or InvalidBody."""
        fresh = Handed(user_id, passwords.handed())
        self._set(user_id, passwords.stored(fresh.password), actor)
        return fresh

    def choose(self, user_id: str, old: str, new: str) -> None:
        """Have a user choose a password; raise Unauthenticated if `old` is not theirs, InvalidBody if `new` is bad."""
        who = self._person(user_id)
        if not who.password or not passwords.fits(old, who.password):
            raise Unauthenticated(mistakes=[Mistake("old", "this is not your password", "ask an administrator")])
        if old == new:
            raise InvalidBody(mistakes=[Mistake("password", "is the one you have", "choose another")])
        self._set(user_id, passwords.stored(passwords.checked(new, who.login)), f"user:{user_id}")

    def disable(self, user_id: str, actor: str, because: Because) -> None:
        """Let a user in no more, for good. Raise NotFound, or InvalidBody if they were disabled before."""
        origin = self._ledger.origin(actor)
        self._do(user_id, self._entry(origin, tables.USER_DISABLED, user_id, because=str(because)))

    def confirm(self, user_id: str, version: int, actor: str) -> None:
        """Let what another administrator did about a user count, as it stood at `version`.

        Raise NotFound, Stale, Forbidden for whoever did it, or InvalidBody if nothing waits.
        """

        def check(_connection: sa.Connection, user: KnownUser) -> None:
            if user.version != version:
                raise Stale(mistakes=[Mistake("version", f"the user is at `{user.version}` by now", "look again")])
            if not user.asked_by:
                raise InvalidBody(mistakes=[Mistake("user_id", "nothing waits to be confirmed", "")])
            if user.asked_by == actor:
                remedy = "another administrator, or the operator with `grounds user confirm`"
                raise Forbidden(mistakes=[Mistake("user_id", "you asked for it yourself", remedy)])

        self._do(user_id, self._entry(self._ledger.origin(actor), tables.USER_CONFIRMED, user_id), check)

    def forget(self, user_id: str, actor: str) -> None:
        """Erase the name, the sign-in and the password of a user, for good: the log keeps an id. Raise NotFound."""

        def also(connection: sa.Connection, _user: KnownUser) -> None:
            connection.execute(PERSON.delete().where(PERSON.c.id == user_id))

        entry = self._entry(self._ledger.origin(actor), tables.USER_FORGOTTEN, user_id)
        self._do(user_id, entry, also, even_disabled=True)

    def prove(self, login: str, password: str) -> KnownUser:
        """Give who signs in so; raise Unauthenticated without particulars, or NotConfirmed. Takes a quarter second."""
        with self._ledger.log.engine.connect() as connection:
            who = known.person(connection, login=login.strip().casefold())
            user = known.known_user(connection, who.id) if who is not None else None
        right = passwords.fits(password[: passwords.LONGEST + 1], who.password if who is not None else _nobody())
        if who is None or user is None or not right or self._mark(who) != user.password or user.disabled_at:
            raise Unauthenticated(mistakes=[Mistake("user", "no such name and password", "ask an administrator")])
        if user.asked_by:
            raise NotConfirmed
        return user

    def find(self, user_id: str) -> KnownUser | None:
        """Find a user by their id."""
        with self._ledger.log.engine.connect() as connection:
            return known.known_user(connection, user_id)

    def all(self) -> list[User]:
        """Give every user there ever was, in the order they were made."""
        with self._ledger.log.engine.connect() as connection:
            who = known.people(connection)
            users = [User(each, who.get(each.id, Person(each.id))) for each in known.known_users(connection)]
        return sorted(users, key=lambda each: each.known.created_at)

    def names(self) -> Mapping[str, str]:
        """Give what the actors of entries are called, as far as they are users who were not forgotten."""
        with self._ledger.log.engine.connect() as connection:
            return {f"user:{each.id}": each.name for each in known.people(connection).values()}

    def _set(self, user_id: str, password: str, actor: str) -> None:
        who = msgspec.structs.replace(self._person(user_id), password=password)

        def also(connection: sa.Connection, _user: KnownUser) -> None:
            connection.execute(PERSON.update().where(PERSON.c.id == user_id).values(password=password))

        origin = self._ledger.origin(actor)
        self._do(user_id, self._entry(origin, tables.USER_PASSWORD_SET, user_id, password=self._mark(who)), also)

    def _do(
        self,
        user_id: str,
        entry: Entry,
        also: Callable[[sa.Connection, KnownUser], None] = lambda _connection, _user: None,
        *,
        even_disabled: bool = False,
    ) -> None:
        """Record a change of a user who is there, with what else belongs to it or refuses it."""

        def work(connection: sa.Connection) -> None:
            user = known.known_user(connection, user_id)
            if user is None:
                raise _unknown(user_id)
            if user.disabled_at and not even_disabled:
                raise InvalidBody(mistakes=[Mistake("user_id", "this user was disabled", "make a new one")])
            also(connection, user)
            self._ledger.record(connection, entry)

        self._ledger.writer.submit(work).result()

    def _person(self, user_id: str) -> Person:
        with self._ledger.log.engine.connect() as connection:
            who = known.person(connection, id=user_id)
        if who is None:
            raise _unknown(user_id)
        return who

    def _mark(self, who: Person) -> str:
        """Give the fingerprint that binds a hash beside the log to its user in it."""
        return self._ledger.fingerprints.password(who.id, who.password)

    @staticmethod
    def _entry(origin: Origin, kind: str, user_id: str, **more: str) -> Entry:
        return {**origin.head(kind), "user": user_id, **more}


@cache
def _nobody() -> str:
    """Give what is compared against when nobody has the name, so that it takes as long."""
    return passwords.stored(passwords.handed())


def _unknown(user_id: str) -> NotFound:
    return NotFound(mistakes=[Mistake("user_id", f"no user `{user_id[:80]}`", _SEE)])
