"""The service on PostgreSQL: the same answers, the same log, several processes on one database."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from httpx import Client
from litestar.testing import TestClient
from pydantic import SecretStr

from api.app import create_app
from api.cli import run
from api.ledger import Ledger
from api.reconcile import differences
from api.roles import Role
from api.settings import Settings
from audit import Keys
from audit.database import writing
from audit.verify import verify_database
from tests.api.conftest import TINY, application, ask, service_of
from tests.postgres import AUDITOR, SERVICE, SUPERUSER, Server


@pytest.fixture
def settings(empty_database: str, tmp_path: Path) -> Settings:
    """Keep the log in PostgreSQL and the keys in the test's own folder."""
    return Settings(data=tmp_path / "data", policies=TINY, key_memory_seconds=0, url=SecretStr(empty_database))


@pytest.fixture
def http(settings: Settings) -> Iterator[Client]:
    """Speak to a service on PostgreSQL."""
    ledger = Ledger.open(settings)
    key = ledger.create_key(Role.INTEGRATOR, "tests")
    ledger.close()
    with TestClient(create_app(settings), raise_server_exceptions=False) as client:
        client.headers["Authorization"] = f"Bearer {key}"
        yield client


def test_decisions_are_recorded_found_and_verified(http: Client, settings: Settings) -> None:
    """What is decided over HTTP is found again, keeps its receipt, and the whole log verifies."""
    made = [ask(http, application(subject=f"s{number % 3}")) for number in range(12)]
    found = http.get("/decisions", params={"limit": 5}).json()
    receipt = http.get(f"/decisions/{made[0].json()['id']}/receipt")
    report = verify_database(settings.database, Keys.load(settings.data))

    assert [each.status_code for each in made] == [201] * 12
    assert [item["id"] for item in found["items"]] == [each.json()["id"] for each in made[:6:-1]]
    assert receipt.status_code == 200
    assert report.findings == ()
    assert report.sealed == 12
    assert list(differences(settings.database)) == []


@pytest.mark.parametrize(
    "place", ["/decisions?policy=%00", "/decisions?subject=a%00b", "/decisions/%00", "/cases?x%00=1"]
)
def test_a_nul_in_an_address_is_a_mistake(http: Client, place: str) -> None:
    """What PostgreSQL can hold in no text is refused like any wrong parameter, never a fault of ours."""
    answer = http.get(place)

    assert answer.status_code == 400
    assert "NUL" in answer.json()["errors"][0]["message"]
    assert answer.json()["errors"][0]["remedy"]


def test_a_nul_in_a_body_is_a_mistake(http: Client) -> None:
    """A NUL in a fact or a reference is refused with its path."""
    answers = [ask(http, application(subject="a\0b")), ask(http, application(facts={"score": "\0"}))]

    assert [each.status_code for each in answers] == [400, 400]
    assert [each.json()["errors"][0]["path"] for each in answers] == ["subject", "facts.score"]


def test_a_repeated_request_gives_the_same_bytes(http: Client, settings: Settings) -> None:
    """A retry with the same key gives the first answer, also from another process on the same database."""
    key = str(uuid.uuid4())
    first = ask(http, key=key)
    again = ask(http, key=key)
    with TestClient(create_app(settings)) as other:
        other.headers["Authorization"] = http.headers["Authorization"]
        elsewhere = ask(other, key=key)
        conflict = ask(other, application(subject="somebody else"), key=key)

    assert first.status_code == 201
    assert first.content == again.content == elsewhere.content
    assert conflict.status_code == 422


def test_the_service_is_ready(http: Client) -> None:
    """Readiness looks at the database and passes."""
    ready = http.get("/health/ready")

    assert (ready.status_code, ready.json()["status"]) == (200, "pass")


def test_the_command_line_names_the_database(
    settings: Settings, empty_database: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--database` leads `key` and `audit verify` to PostgreSQL, `db check` is content, and no password is printed."""
    places = ["--data", str(settings.data), "--database", empty_database]

    assert run(["key", "new", "--role", "integrator", *places]) == 0
    assert run(["audit", "verify", *places]) == 0
    assert run(["db", "check", "--database", empty_database]) == 0
    assert "1 entries" in capsys.readouterr().out


def test_an_auditor_may_read_and_no_more(http: Client, settings: Settings, postgres: Server) -> None:
    """A login of the reading role verifies everything; it cannot serve."""
    ask(http)
    url = plain(settings).replace(f"{SERVICE}@", f"{AUDITOR}@")

    assert verify_database(url, Keys.load(settings.data)).findings == ()
    assert list(differences(Settings(url=SecretStr(url)).database)) == []
    assert run(["key", "new", "--role", "integrator", "--data", str(settings.data), "--database", url]) == 1


def test_init_makes_a_database_ready(postgres: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`db init` makes everything once, and a second time only lets logins in; without it the remedy names it."""
    postgres.run("postgres", "CREATE DATABASE made_by_init")
    owner, service = (postgres.url("made_by_init", user) for user in (SUPERUSER, "another"))
    postgres.run("postgres", "CREATE ROLE another LOGIN")
    assert run(["key", "new", "--role", "integrator", "--data", str(tmp_path), "--database", service]) == 1
    before = capsys.readouterr().err

    assert "grounds db init" in before
    assert run(["db", "init", "--database", owner, "--login", "another"]) == 0
    assert run(["db", "init", "--database", owner]) == 0
    assert run(["db", "check", "--database", service]) == 0
    assert run(["key", "new", "--role", "integrator", "--data", str(tmp_path), "--database", service]) == 0
    assert run(["db", "check", "--database", owner]) == 1  # a superuser could take the guards away


def test_a_rebuild_gives_the_same_tables(http: Client, settings: Settings, capsys: pytest.CaptureFixture[str]) -> None:
    """`audit rebuild` replaces the tables in PostgreSQL too, puts right what was altered, and others still may read."""
    ask(http)
    service_of_shut_down(http)
    engine = writing(settings.database)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE decision SET outcome = 'approve!'")
    engine.dispose()
    places = ["--data", str(settings.data)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("GROUNDS_DATABASE", plain(settings))

        assert run(["audit", "rebuild", "--check", *places]) == 1
        assert run(["audit", "rebuild", *places]) == 0
        assert run(["audit", "rebuild", "--check", *places]) == 0
        assert run(["db", "upgrade", *places]) == 1  # not as a login that serves
    assert "outcome is `approve!`" in capsys.readouterr().err


def test_the_owner_upgrades(
    http: Client, settings: Settings, postgres: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """`db upgrade` as a superuser finds a database of this version as it should be."""
    service_of_shut_down(http)
    owner = plain(settings).replace(f"{SERVICE}@", f"{SUPERUSER}@")

    assert run(["db", "upgrade", "--data", str(settings.data), "--database", owner]) == 0
    assert "already" in capsys.readouterr().out


def plain(settings: Settings) -> str:
    """Give the URL as it was given."""
    assert settings.url is not None
    return settings.url.get_secret_value()


def service_of_shut_down(client: Client) -> None:
    """Stop the service a client speaks to."""
    assert isinstance(client, TestClient)
    service_of(client.app).close()
