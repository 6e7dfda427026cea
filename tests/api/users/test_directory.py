"""What may be done about users, by whom, and what of it the log holds."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
import sqlalchemy as sa

from api.admission import Because
from api.errors import Forbidden, InvalidBody, NotFound, Stale, Unauthenticated
from api.ledger import Ledger
from api.rebuild import rebuild
from api.roles import Principal, Role
from api.settings import Settings
from api.users import passwords
from api.users.directory import Handed, NotConfirmed, Users
from api.users.tables import KINDS, PERSON
from tests.api.conftest import Clock

GOOD = "four words nobody says"


@pytest.fixture
def ledger(settings: Settings, clock: Clock) -> Iterator[Ledger]:
    """Open a log of the test's own."""
    opened = Ledger.open(settings, clock)
    yield opened
    opened.close()


@pytest.fixture
def users(ledger: Ledger) -> Users:
    """The users of that log."""
    return Users(ledger)


@pytest.fixture
def li(users: Users) -> Handed:
    """Have the operator make a reviewer."""
    return users.create("li.wang", "王丽", Role.REVIEWER, "cli")


def version(users: Users, user: str) -> int:
    """Give at which version a user stands."""
    found = users.find(user)
    assert found is not None
    return found.version


def test_who_was_handed_a_password_is_who_they_are(users: Users, li: Handed) -> None:
    """A user is an actor of their own, by an id and not by a name, with the role they were given."""
    user = users.prove("Li.Wang ", li.password)

    assert user.principal == Principal(li.id, Role.REVIEWER, "user")
    assert user.principal.actor == f"user:{li.id}"
    assert user.must_choose
    assert users.names() == {f"user:{li.id}": "王丽"}


@pytest.mark.parametrize(("login", "password"), [("li.wang", "wrong"), ("li", None), ("", ""), ("li.wang", "")])
def test_a_wrong_name_or_password_is_refused_alike(users: Users, li: Handed, login: str, password: str | None) -> None:
    """Nobody learns from a refusal whether there is such a name."""
    with pytest.raises(Unauthenticated) as refused:
        users.prove(login, li.password if password is None else password)

    assert str(refused.value) == "user: no such name and password (ask an administrator)"


def test_a_password_of_ones_own_takes_the_place_of_the_handed_one(users: Users, li: Handed) -> None:
    """The handed one opens nothing any more, and whoever does not know it changes nothing."""
    with pytest.raises(Unauthenticated):
        users.choose(li.id, "not it", GOOD)
    users.choose(li.id, li.password, GOOD)

    assert not users.prove("li.wang", GOOD).must_choose
    with pytest.raises(Unauthenticated):
        users.prove("li.wang", li.password)


@pytest.mark.parametrize("bad", ["short", "x" * 201, "ababababababab", "my name is Li.Wang yes"])
def test_a_password_that_is_guessed_soon_is_not_taken(users: Users, li: Handed, bad: str) -> None:
    """It has to be long, and neither one's name nor the same few characters."""
    with pytest.raises(InvalidBody):
        users.choose(li.id, li.password, bad)


def test_what_one_administrator_does_another_confirms(users: Users) -> None:
    """Made, given another role, given another password: nobody gets in by it before somebody else has agreed."""
    made = users.create("chen", "陈", Role.COMPLIANCE, "user:a")
    with pytest.raises(NotConfirmed):
        users.prove("chen", made.password)
    with pytest.raises(Forbidden):
        users.confirm(made.id, version(users, made.id), "user:a")
    users.confirm(made.id, version(users, made.id), "user:b")
    assert users.prove("chen", made.password).standing == "valid"

    users.change_role(made.id, Role.SUPERVISOR, "user:b")
    with pytest.raises(NotConfirmed):
        users.prove("chen", made.password)
    users.confirm(made.id, version(users, made.id), "user:a")

    again = users.reset(made.id, "user:a")
    with pytest.raises(NotConfirmed):
        users.prove("chen", again.password)


def test_only_what_was_looked_at_is_confirmed(users: Users) -> None:
    """A role that was changed after the other administrator looked is not confirmed with the rest."""
    made = users.create("chen", "陈", Role.REVIEWER, "user:a")
    seen = version(users, made.id)
    users.change_role(made.id, Role.COMPLIANCE, "user:a")

    with pytest.raises(Stale):
        users.confirm(made.id, seen, "user:b")


def test_nothing_is_confirmed_that_does_not_wait(users: Users, li: Handed) -> None:
    """What the operator did counts at once, and there is nothing to agree to."""
    with pytest.raises(InvalidBody):
        users.confirm(li.id, version(users, li.id), "user:b")


def test_nobody_gives_themselves_a_role(users: Users, li: Handed) -> None:
    """Not even for another one to confirm."""
    with pytest.raises(Forbidden):
        users.change_role(li.id, Role.ADMIN, f"user:{li.id}")


def test_who_is_disabled_stays_so(users: Users, li: Handed) -> None:
    """Neither another password nor another role lets them in again."""
    users.disable(li.id, "user:a", Because.LEFT)

    with pytest.raises(Unauthenticated):
        users.prove("li.wang", li.password)
    for change in (lambda: users.reset(li.id, "cli"), lambda: users.change_role(li.id, Role.ADMIN, "cli")):
        with pytest.raises(InvalidBody):
            change()


def test_who_is_forgotten_leaves_an_id(users: Users, li: Handed, ledger: Ledger) -> None:
    """Name, sign-in and hash are gone; that there was a user, and what they did, stays."""
    users.disable(li.id, "user:a", Because.LEFT)
    users.forget(li.id, "user:a")

    [left] = users.all()
    assert (left.known.id, left.known.standing, left.person.name, left.person.login) == (li.id, "disabled", "", "")
    with ledger.log.engine.connect() as connection:
        assert connection.execute(sa.select(PERSON)).all() == []
    users.create("li.wang", "王力", Role.REVIEWER, "cli")


def test_no_entry_holds_a_name_or_a_secret(users: Users, li: Handed, ledger: Ledger) -> None:
    """Whatever is done about users, their leaves tell an id, a role and keyed hashes."""
    users.choose(li.id, li.password, GOOD)
    users.change_role(li.id, Role.SUPERVISOR, "user:a")
    users.confirm(li.id, version(users, li.id), "user:b")
    users.disable(li.id, "user:a", Because.LEFT)
    with ledger.log.engine.connect() as connection:
        kept = connection.execute(sa.select(PERSON.c.password)).scalar_one()
    users.forget(li.id, "user:a")

    text = b"\n".join(ledger.log.entry(index) for index in range(ledger.log.size())).decode()
    assert all(f'"{kind}"' in text for kind in KINDS)
    for secret in ("li.wang", "王丽", li.password, GOOD, kept, kept.split("$")[-1]):
        assert secret not in text


def test_a_hash_that_was_swapped_in_the_database_lets_nobody_in(users: Users, li: Handed, ledger: Ledger) -> None:
    """Whoever may write the database, but has none of its keys, gives nobody a password of their choice."""
    forged = PERSON.update().where(PERSON.c.id == li.id).values(password=passwords.stored(GOOD))
    ledger.writer.submit(lambda connection: connection.execute(forged)).result()

    with pytest.raises(Unauthenticated):
        users.prove("li.wang", GOOD)


@pytest.mark.parametrize(
    ("login", "name", "role"),
    [
        ("Li Wang", "王丽", Role.REVIEWER),
        ("-li", "王丽", Role.REVIEWER),
        ("x" * 41, "王丽", Role.REVIEWER),
        ("li", " ", Role.REVIEWER),
        ("li", "a\x00b", Role.REVIEWER),
        ("li", "王丽", Role.INTEGRATOR),
    ],
)
def test_a_user_that_makes_no_sense_is_refused(users: Users, login: str, name: str, role: Role) -> None:
    """Names have a shape, and a role has to have a use for the console; nothing is recorded."""
    with pytest.raises(InvalidBody):
        users.create(login, name, role, "cli")

    assert users.all() == []


def test_a_name_to_sign_in_with_is_one_persons(users: Users, li: Handed) -> None:
    """A second one is refused, and leaves no entry."""
    with pytest.raises(InvalidBody):
        users.create("LI.WANG", "王力", Role.REVIEWER, "cli")

    assert len(users.all()) == 1


def test_an_unknown_user_is_said_so(users: Users) -> None:
    """Whatever is to be done about them."""
    with pytest.raises(NotFound):
        users.reset("nobody", "cli")
    with pytest.raises(NotFound):
        users.disable("nobody", "cli", Because.LEFT)


def test_a_rebuild_leaves_everybody_as_they_were(users: Users, li: Handed, ledger: Ledger) -> None:
    """Standing follows from the log; who they are stands beside it and is left alone."""
    before = users.all()
    assert rebuild(ledger.log).differing == 0

    assert users.all() == before
    assert users.prove("li.wang", li.password).id == li.id


def test_a_password_is_the_same_however_it_is_typed() -> None:
    """Keyboards compose accents and widths in different ways; what is kept is one form of them (NFKC)."""
    kept = passwords.stored("Ａccént passwort")

    assert passwords.fits("Acce\u0301nt passwort", kept)
    assert not passwords.fits("Accent passwort", kept)
    assert kept.startswith("$scrypt$ln=15,r=8,p=3$")
    assert kept != passwords.stored("Ａccént passwort")
