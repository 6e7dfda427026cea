"""API keys from their making to their end: narrowed, rotated, expired, revoked, listed; over HTTP and by command."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Callable, Iterator

import pytest
import sqlalchemy as sa
from httpx import Client
from litestar import Litestar

from api import events
from api.admission import Because, Keyring, Uses, narrowed
from api.admission.doorkeeper import Doorkeeper
from api.cli import run
from api.errors import InvalidParameter, Unauthenticated
from api.ledger import Ledger
from api.reconcile import differences
from api.roles import ALLOWED, WITHIN_POLICIES, Permission, Principal, Role, Scope
from api.settings import Settings
from tests.api.conftest import START, Clock, NewKey, application, as_role, ask, service_of

DAY = dt.timedelta(days=1)


@pytest.fixture
def ledger(settings: Settings, clock: Clock) -> Iterator[Ledger]:
    """Open a log of its own on the folder, as a command does."""
    made = Ledger.open(settings, clock)
    yield made
    made.close()


@pytest.fixture
def keyring(ledger: Ledger) -> Keyring:
    """Hold the keys of that log."""
    return Keyring(ledger)


def door_of(ledger: Ledger, keyring: Keyring, clock: Callable[[], float] = lambda: 0.0) -> Doorkeeper:
    """Build a doorkeeper that remembers for two seconds."""
    return Doorkeeper(keyring, Uses(ledger), None, 2.0, (clock, ledger.now))


def admitted(door: Doorkeeper, key: str) -> Principal:
    """Admit whoever shows a key, from memory if the doorkeeper remembers."""
    header = f"Bearer {key}"
    return door.remembered(header) or door.check(header, door.shown(header))


def id_of(key: str) -> str:
    """Give the id in a key."""
    return key.split("_")[1]


def test_a_rotated_key_has_two_secrets_until_the_overlap_is_over(
    ledger: Ledger, keyring: Keyring, clock: Clock
) -> None:
    """Both open it as the same caller, the old one marked; then only the new one, remembered or not."""
    old, door = keyring.create(Role.INTEGRATOR, "cli", Scope()), door_of(ledger, keyring)
    new = keyring.rotate(id_of(old), "cli", DAY)
    assert (id_of(old), old != new) == (id_of(new), True)
    assert admitted(door, old).actor == admitted(door, new).actor
    assert (admitted(door, old).superseded, admitted(door, new).superseded) == (True, False)
    clock.now = START + DAY
    assert admitted(door, new).key_id == id_of(new)
    with pytest.raises(Unauthenticated):
        admitted(door, old)


def test_a_later_rotation_never_gives_an_old_secret_more_time(ledger: Ledger, keyring: Keyring, clock: Clock) -> None:
    """A secret ends with the earliest overlap of all rotations after it; an overlap of nothing ends all at once."""
    first = keyring.create(Role.INTEGRATOR, "cli", Scope())
    second = keyring.rotate(id_of(first), "cli", DAY)
    third = keyring.rotate(id_of(first), "cli", 20 * DAY)
    clock.now = START + DAY
    door = door_of(ledger, keyring)
    with pytest.raises(Unauthenticated):
        admitted(door, first)
    assert admitted(door, second).superseded
    fourth = keyring.rotate(id_of(first), "cli", dt.timedelta())
    for ended in (second, third):
        with pytest.raises(Unauthenticated):
            admitted(door, ended)
    assert admitted(door, fourth).key_id == id_of(fourth)


def test_an_overlap_has_bounds(keyring: Keyring) -> None:
    """Thirty days at most, and never a negative one; nothing is changed by asking."""
    key = keyring.create(Role.INTEGRATOR, "cli", Scope())
    for overlap in (31 * DAY, -DAY):
        with pytest.raises(InvalidParameter, match="at most 30 days"):
            keyring.rotate(id_of(key), "cli", overlap)
    known = keyring.find(id_of(key))
    assert known is not None
    assert known.rotated_at == ""


def test_a_revoked_key_is_refused_here_at_once_and_elsewhere_within_its_memory(
    ledger: Ledger, keyring: Keyring
) -> None:
    """The keyring that revoked tells its doorkeeper; another process asks again when its memory is over."""
    key, now = keyring.create(Role.ADMIN, "cli", Scope()), [0.0]
    here, elsewhere = (door_of(ledger, each, lambda: now[0]) for each in (keyring, Keyring(ledger)))
    assert admitted(here, key) == admitted(elsewhere, key)
    keyring.revoke(id_of(key), "cli", Because.STOLEN)
    with pytest.raises(Unauthenticated):
        admitted(here, key)
    now[0] = 1.9
    assert admitted(elsewhere, key).key_id == id_of(key)
    now[0] = 2.0
    with pytest.raises(Unauthenticated):
        admitted(elsewhere, key)


def test_a_revoked_key_has_no_way_back(keyring: Keyring, ledger: Ledger) -> None:
    """It cannot be rotated, has no holder, and revoking it again is no second entry."""
    key = keyring.create(Role.ADMIN, "cli", Scope())
    keyring.revoke(id_of(key), "cli", Because.LEFT)
    size = ledger.log.size()
    keyring.revoke(id_of(key), "cli", Because.LOST)
    assert (ledger.log.size(), keyring.holder(id_of(key))) == (size, None)
    with pytest.raises(InvalidParameter, match="is revoked"):
        keyring.rotate(id_of(key), "cli", DAY)


def test_an_expired_key_is_refused_even_if_it_is_remembered(ledger: Ledger, keyring: Keyring, clock: Clock) -> None:
    """The moment it was made to end at, it ends; one that would be over already is not made."""
    key, door = keyring.create(Role.ADMIN, "cli", Scope(), START + DAY), door_of(ledger, keyring)
    assert admitted(door, key).key_id == id_of(key)
    clock.now = START + DAY
    with pytest.raises(Unauthenticated):
        admitted(door, key)
    assert keyring.holder(id_of(key)) is None
    with pytest.raises(InvalidParameter, match="is over"):
        keyring.create(Role.ADMIN, "cli", Scope(), START)


def test_a_key_can_be_narrowed_and_never_widened() -> None:
    """A permission outside the role's row is refused; with policies, so is one that reaches beyond them."""
    assert narrowed(Role.ADMIN, [Permission.READ_METRICS]) == Scope(frozenset({Permission.READ_METRICS}))
    assert narrowed(Role.ADMIN) == Scope()
    with pytest.raises(InvalidParameter, match="may not decide"):
        narrowed(Role.ADMIN, [Permission.DECIDE])
    with pytest.raises(InvalidParameter, match="does not stop at a policy"):
        narrowed(Role.REVIEWER, [Permission.READ_ALL], ["tiny"])
    for role in Role:
        within = narrowed(role, (), ["tiny"]).permissions
        assert within is not None
        assert within <= WITHIN_POLICIES & ALLOWED[role]


def test_a_narrowed_key_may_only_that(http: Client, app: Litestar) -> None:
    """One permission of its role, one policy: everything else is 403, and says that it was narrowed."""
    keyring = service_of(app).keyring
    only_decide = keyring.create(Role.INTEGRATOR, "cli", narrowed(Role.INTEGRATOR, [Permission.DECIDE]))
    other_policy = keyring.create(Role.INTEGRATOR, "cli", narrowed(Role.INTEGRATOR, (), ["opening"]))
    http.headers = as_role(http, only_decide)
    assert ask(http).status_code == 201
    listing = http.get("/decisions")
    assert (listing.status_code, "narrowed" in listing.text) == (403, True)
    http.headers = as_role(http, other_policy)
    item = {"key": "one", "request": application()}
    for refused in (
        ask(http, application(dry_run=True)),
        ask(http, application()),
        http.post("/pre-checks", json=application()),
    ):
        assert (refused.status_code, refused.json()["errors"][0]["path"]) == (403, "policy")
    assert http.post("/decisions/bulk", json={"items": [item]}).json()["items"][0]["status"] == 403
    assert http.get("/decisions").status_code == 200


def test_a_key_rotates_itself_and_no_other(http: Client, key: str, new_key: NewKey) -> None:
    """The answer holds the new secret, never cached; what it decided stays its own; the old one rotates nothing."""
    mine = ask(http).json()
    answer = http.post(f"/keys/{id_of(key)}/rotate", json={"overlap_seconds": 60})
    fresh = as_role(http, answer.json()["key"])
    assert (answer.status_code, answer.headers["cache-control"]) == (200, "no-store")
    assert http.get(f"/decisions/{mine['id']}", headers=fresh).status_code == 200
    assert http.get(f"/decisions/{mine['id']}").status_code == 200
    again = http.post(f"/keys/{id_of(key)}/rotate", json={})
    assert (again.status_code, "exchanged" in again.text) == (403, True)
    admin = as_role(http, new_key(Role.ADMIN))
    assert http.post(f"/keys/{id_of(key)}/rotate", json={}, headers=admin).status_code == 404


def test_an_admin_lists_and_revokes_but_learns_no_secret(http: Client, key: str, new_key: NewKey, clock: Clock) -> None:
    """The list tells role, standing and the day of last use; a revoked key is out with the answer; entries say why."""
    admin_key = new_key(Role.ADMIN)
    admin = as_role(http, admin_key)
    http.get("/policies")
    revoked = http.post(f"/keys/{id_of(key)}/revoke", json={"because": "stolen"}, headers=admin)
    assert (revoked.status_code, revoked.json()["standing"]) == (200, "revoked")
    assert http.get("/policies").status_code == 401
    listed = http.get("/keys", headers=admin)
    items = {item["id"]: item for item in listed.json()["items"]}
    assert items[id_of(key)]["role"] == "integrator"
    assert items[id_of(key)]["last_used_on"] == clock.now.date().isoformat()
    assert items[id_of(admin_key)]["standing"] == "valid"
    assert "sha256" not in listed.text
    entry = http.get("/log/entries", params={"kind": "key_revoked"}, headers=admin).json()["items"][0]
    told = http.get(f"/log/entries/{entry['index']}", headers=admin).json()
    assert (told["because"], told["actor"]) == ("stolen", f"key:{id_of(admin_key)}")
    assert http.post("/keys/nobody/revoke", json={"because": "lost"}, headers=admin).status_code == 404


def test_a_busy_key_is_written_down_once_a_day(
    app: Litestar, http: Client, clock: Clock, key: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Reads leave no entry, and the day is kept beside the log, not in it."""
    service = service_of(app)
    size = service.log.size()
    written, real = [0], service.uses._write

    def counting(connection: sa.Connection) -> None:
        written[0] += 1
        real(connection)

    monkeypatch.setattr(service.uses, "_write", counting)
    for _ in range(20):
        http.get("/policies")
    assert (written, service.log.size()) == ([1], size)
    clock.now = START + DAY
    http.get("/policies")
    service.ledger.writer.submit(lambda _: None).result()
    assert written == [2]
    assert service.uses.days()[id_of(key)] == clock.now.date().isoformat()


def test_a_day_that_could_not_be_written_is_written_with_the_next_use(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed write costs nobody anything and is tried again."""
    uses = Uses(ledger)
    with monkeypatch.context() as broken:
        broken.setattr(uses, "_write", lambda _: 1 / 0)
        uses.see("aaaa")
        ledger.writer.submit(lambda _: None).result()
    uses.see("aaaa")
    ledger.writer.submit(lambda _: None).result()
    assert "aaaa" in uses.days()


def test_changes_of_keys_are_entries_without_secrets_and_rebuild(
    keyring: Keyring, ledger: Ledger, settings: Settings
) -> None:
    """Made, rotated, revoked: each is an entry; none holds a secret; the tables are those the log leads to."""
    key = keyring.create(Role.INTEGRATOR, "cli", narrowed(Role.INTEGRATOR, (), ["tiny"]), START + DAY)
    fresh = keyring.rotate(id_of(key), "cli", DAY)
    keyring.revoke(id_of(key), "cli", Because.REPLACED)
    entries = [json.loads(ledger.log.entry(index)) for index in range(ledger.log.size())]
    assert [entry["kind"] for entry in entries] == [events.KEY_CREATED, events.KEY_ROTATED, events.KEY_REVOKED]
    assert (entries[0]["policies"], entries[0]["expires_at"]) == (["tiny"], "2026-11-23T08:00:00.000Z")
    for secret in (key, fresh):
        assert secret.split("_", 2)[2] not in json.dumps(entries)
    assert list(differences(settings.database)) == []


def test_the_commands(settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """`grounds key new, list, rotate, revoke`: a secret is printed once, and mistakes say what to do."""
    data = ["--data", str(settings.data)]
    narrow = ["--role", "integrator", "--policy", "tiny", "--expires", "2999-01-01T00:00:00Z"]
    assert run(["key", "new", *narrow, *data]) == 0
    key = capsys.readouterr().out.strip()
    assert run(["key", "rotate", id_of(key), "--overlap-hours", "0", *data]) == 0
    fresh = capsys.readouterr().out.strip()
    assert run(["key", "list", *data]) == 0
    line = capsys.readouterr().out
    assert all(word in line for word in (id_of(key), "integrator", "valid", "never used", "2999", "policy:tiny"))
    assert not any(each.split("_", 2)[2] in line for each in (key, fresh))
    assert run(["key", "revoke", id_of(key), "--because", "lost", *data]) == 0
    assert run(["key", "rotate", id_of(key), *data]) == 2
    assert "is revoked (make a new key" in capsys.readouterr().err
    assert run(["key", "revoke", id_of(key), "--because", "boredom", *data]) == 2
    assert "stolen, lost, replaced, unused, left" in capsys.readouterr().err
    assert run(["key", "new", "--role", "admin", "--permission", "decide", *data]) == 2
    assert "role `admin` may not decide" in capsys.readouterr().err
