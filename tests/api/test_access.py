"""Who may do what: every route against every role, keys that are wrong in every way, and whose decisions one sees."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from httpx import Client

from api.admission import Keyring, Uses
from api.admission.doorkeeper import Doorkeeper
from api.errors import Unauthenticated
from api.ledger import Ledger
from api.roles import Principal, Role
from api.settings import Settings
from tests.api.conftest import NewKey, application, as_role, ask

MATRIX = {
    ("POST", "/decisions"): {Role.INTEGRATOR},
    ("POST", "/decisions dry"): {Role.INTEGRATOR, Role.REVIEWER, Role.SUPERVISOR, Role.AUTHOR, Role.APPROVER},
    ("GET", "/decisions"): {Role.INTEGRATOR, Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN},
    ("GET", "/log/checkpoint"): set(Role),
    ("GET", "/log/entries/0"): {Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN},
    ("GET", "/log/tile/entries/000.p/1"): {Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE, Role.ADMIN},
    ("GET", "/subjects/customer-1/retention"): {Role.COMPLIANCE},
    ("GET", "/subjects/customer-1"): {Role.COMPLIANCE},
    ("GET", "/subjects/customer-1/automation-refusal"): {Role.INTEGRATOR, Role.CHANNEL, Role.COMPLIANCE},
    ("POST", "/subjects/customer-2/automation-refusal"): {Role.INTEGRATOR, Role.CHANNEL, Role.COMPLIANCE},
    ("GET", "/cases"): {Role.INTEGRATOR, Role.CHANNEL, Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE},
    ("GET", "/appeals"): {Role.INTEGRATOR, Role.CHANNEL, Role.REVIEWER, Role.SUPERVISOR, Role.COMPLIANCE},
    ("GET", "/policies"): set(Role),
    ("GET", "/policies/tiny"): set(Role),
    ("GET", "/facts"): set(Role),
    ("POST", "/policies/reload"): {Role.ADMIN},
}


@pytest.mark.parametrize("role", Role)
def test_the_matrix_cell_by_cell(http: Client, new_key: NewKey, role: Role) -> None:
    """Each role is let in exactly where the matrix says; elsewhere it is 403 with the roles that may, or not there."""
    headers = as_role(http, new_key(role))
    ask(http)
    for (method, path), allowed in MATRIX.items():
        body = application(dry_run="dry" in path) if method == "POST" else None
        answer = http.request(
            method, path.removesuffix(" dry"), json=body, headers={**headers, "Idempotency-Key": str(role)}
        )
        assert (answer.status_code < 300) == (role in allowed), (role, method, path, answer.text)
        if role not in allowed:
            assert answer.status_code in (403, 404)
            assert answer.headers["content-type"] == "application/problem+json"
        if answer.status_code == 403:
            assert "role" in answer.json()["errors"][0]["remedy"]


WRONG = {
    "nothing": "",
    "no scheme": "gk_0123456789ab_secret",
    "other scheme": "Basic gk_0123456789ab_secret",
    "not a key": "Bearer hello",
    "empty": "Bearer ",
    "unknown id": "Bearer gk_0123456789ab_" + "A" * 43,
    "huge": "Bearer gk_0123456789ab_" + "A" * 10_000,
    "odd characters": "Bearer gk_0123'--_x",
}


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_key_is_refused_without_particulars(http: Client, case: str) -> None:
    """401 with the scheme to use; whether the id exists is not told."""
    answer = http.get("/decisions", headers={"Authorization": WRONG[case]})
    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith("Bearer")
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_wrong_secret_reads_like_an_unknown_key(http: Client, key: str) -> None:
    """A known id with another secret gets the very answer an unknown id gets."""
    known = key.rsplit("_", 1)[0] if key.count("_") == 2 else "_".join(key.split("_")[:2])
    wrong = http.get("/decisions", headers={"Authorization": f"Bearer {known}_{'A' * 43}"})
    unknown = http.get("/decisions", headers={"Authorization": f"Bearer gk_0123456789ab_{'A' * 43}"})
    assert wrong.json()["errors"] == unknown.json()["errors"]


def test_an_integrator_sees_its_own_decisions_only(http: Client, new_key: NewKey) -> None:
    """Another integrator's decision is not in the list and not there when asked for; a reviewer sees both."""
    mine = ask(http).json()
    other = as_role(http, new_key(Role.INTEGRATOR))
    for path in (
        f"/decisions/{mine['id']}",
        f"/decisions/{mine['id']}/receipt",
        f"/log/entries/{mine['log']['index']}",
    ):
        assert http.get(path).status_code == 200
        assert http.get(path, headers=other).status_code == 404
    assert http.get("/decisions", headers=other).json()["items"] == []
    assert http.get("/decisions", headers=other, params={"subject": "customer-1"}).json()["items"] == []
    reviewer = as_role(http, new_key(Role.REVIEWER))
    assert http.get(f"/decisions/{mine['id']}", headers=reviewer).status_code == 200
    assert len(http.get("/decisions", headers=reviewer).json()["items"]) == 1


def test_a_key_stands_in_the_log_without_its_secret(http: Client, key: str, new_key: NewKey) -> None:
    """The entry of a key names its id and role; the secret is nowhere in it."""
    admin = as_role(http, new_key(Role.ADMIN))
    _, key_id, secret = key.split("_", 2)
    entries = [http.get(f"/log/entries/{index}", headers=admin).json() for index in range(3)]
    found = next(entry for entry in entries if entry.get("key") == key_id)
    assert (found["kind"], found["role"]) == ("key_created", "integrator")
    assert secret not in str(entries)


def door_of(ledger: Ledger, clock: Callable[[], float], remember_seconds: float = 2.0) -> Doorkeeper:
    """Build a doorkeeper on a log of its own, as another process would."""
    return Doorkeeper(Keyring(ledger), Uses(ledger), None, remember_seconds, (clock, ledger.now))


def admitted(door: Doorkeeper, header: str) -> Principal:
    """Admit whoever shows a header, from memory if the doorkeeper remembers."""
    return door.remembered(header) or door.check(header, door.shown(header))


def test_a_checked_key_is_remembered_for_a_moment(settings: Settings, key: str) -> None:
    """Within the moment no read is needed; after it the read model is asked again; a wrong key is never remembered."""
    ledger, now = Ledger.open(settings), [0.0]
    door = door_of(ledger, lambda: now[0])
    assert admitted(door, f"Bearer {key}").role is Role.INTEGRATOR
    ledger.close()
    ledger.log.engine.dispose()
    (settings.data / "grounds.db").rename(settings.data / "grounds.away")
    assert admitted(door, f"Bearer {key}").role is Role.INTEGRATOR
    now[0] = 2.5
    with pytest.raises(Exception, match="unable to open"):
        admitted(door, f"Bearer {key}")
    with pytest.raises(Unauthenticated):
        admitted(door, "Bearer nonsense")
