"""Read models follow from the log alone: rebuilt they are the same, and where they differ from it, it is found."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

import pytest
import sqlalchemy as sa
from httpx import Client
from litestar import Litestar

from api import readmodels
from api.reconcile import differences
from api.service import Service
from api.settings import Settings
from tests.api.conftest import application, ask, service_of


@pytest.fixture(autouse=True)
def _short_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a handful of entries fill a block, so that there are listings of them."""
    monkeypatch.setattr(readmodels, "BLOCK", 4)


def some_decisions(client: Client) -> None:
    """Record decisions of every kind the tiny policy knows."""
    kinds: list[dict[str, int]] = [{"score": 700, "income": 2_000_000}, {"score": 400}, {"score": 700, "income": 1}, {}]
    for number, facts in enumerate(kinds):
        assert ask(client, application(subject=f"s{number}", facts=facts)).status_code == 201


def test_nothing_differs_after_ordinary_work(http: Client, settings: Settings) -> None:
    """The tables a service wrote agree with its log, while it runs and after."""
    some_decisions(http)
    assert list(differences(settings.database)) == []


BLOCK = "table decision_listing, block that ends with entry"
ALTERATIONS = {
    "an outcome": ("UPDATE decision SET outcome = 'approve' WHERE outcome = 'reject'", "table decision, entry"),
    "a deleted decision": ("DELETE FROM decision WHERE outcome = 'reject'", "table decision, entry"),
    "a deleted reason": ("DELETE FROM decision_listing WHERE field = 'reasons'", BLOCK),
    "an invented rule": ("INSERT INTO decision_listing VALUES ('rules', 'made-up', 3, x'01')", f"{BLOCK} 3"),
    "another reason in a listing": ("UPDATE decision_listing SET code = code || 'x' WHERE field = 'reasons'", BLOCK),
    "another block in a listing": ("UPDATE decision_listing SET log_index = log_index + 400", BLOCK),
    "another decision in a listing": ("UPDATE decision_listing SET bits = x'08' WHERE bits = x'01'", BLOCK),
    "none in a listing": ("UPDATE decision_listing SET bits = x''", BLOCK),
    "a listing written otherwise": ("UPDATE decision_listing SET bits = CAST(x'00' || bits AS BLOB)", BLOCK),
    "no bits in a listing": ("UPDATE decision_listing SET bits = 'a'", BLOCK),
    "a listing of something else": ("INSERT INTO decision_listing VALUES ('digest', 'd', 3, x'01')", f"{BLOCK} 3"),
    "no reason": ("UPDATE decision SET reasons = ''", "table decision, entry"),
    "one more rule": ("UPDATE decision SET rules = rules || ' x'", "table decision, entry"),
    "another owner": ("UPDATE decision SET owner = 'key:x'", "table decision, entry"),
    "a key with more power": ("UPDATE api_key SET role = 'admin'", "table api_key, entry"),
    "another secret": ("UPDATE api_key SET secret_sha256 = 'x'", "table api_key, entry"),
    "a key nobody made": (
        "INSERT INTO api_key SELECT 'x', role, '', '', 'y', created_at, '', 9999 FROM api_key LIMIT 1",
        "table api_key",
    ),
    "a forgotten request": ("DELETE FROM idempotency", "table idempotency, entry"),
    "an entry of another kind": ("UPDATE other_entry SET kind = 'x' WHERE kind = 'key_created'", "table other_entry"),
    "an entry long ago": ("UPDATE decision SET decided_at = '1999' WHERE outcome = 'reject'", "table decision, entry"),
    "a span from nowhere": ("INSERT INTO log_span VALUES (255, 'a', 'b')", "table log_span, entry 255"),
    "a row before the first": ("INSERT INTO decision_listing VALUES ('rules', 'x', -1, x'01')", f"{BLOCK} -1"),
    "a missing table": ("DROP TABLE decision_listing", "table decision_listing"),
    "tables of another version": ("UPDATE derived_schema SET shape = 'x'", "read models"),
    "a lost bundle": ("DELETE FROM policy_bundle", "policy of entry"),
    "an altered bundle": ("UPDATE policy_bundle SET bundle = x'00'", "policy of entry"),
}


@pytest.mark.parametrize("case", ALTERATIONS)
def test_whatever_is_altered_is_found(http: Client, settings: Settings, tmp_path: Path, case: str) -> None:
    """A change to a table beside the log is named with the table and the entry it belongs to."""
    some_decisions(http)
    copy = tmp_path / "copy.db"
    with sqlite3.connect(settings.data / "grounds.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    statement, where = ALTERATIONS[case]
    with sqlite3.connect(copy) as connection:
        connection.execute(statement)
    connection.close()
    found = list(differences(copy))
    assert any(difference.where.startswith(where) for difference in found), found


def test_a_listing_that_differs_is_told_in_words(http: Client, settings: Settings) -> None:
    """Which decisions a row lacks and which it should not name; ten of them, and how many more there are."""
    some_decisions(http)
    with sqlite3.connect(settings.data / "grounds.db") as connection:
        connection.execute("UPDATE decision_listing SET bits = x'0FFF' WHERE field = 'rules' AND bits = x'01'")
        connection.execute("INSERT INTO decision_listing VALUES ('rules', 'made-up', 7, x'05')")
        connection.execute("UPDATE decision_listing SET bits = CAST(x'00' || bits AS BLOB) WHERE field = 'owner'")
    connection.close()
    found = [f"{each.where}: {each.what}" for each in differences(settings.database)]
    assert f"{BLOCK} 7: row rules/made-up: should not name entries 5, 7" in found
    assert any(": should not name entries -8, " in each and each.endswith(" and 1 more") for each in found), found
    assert any("row owner/" in each and each.endswith(": is not written as rows are") for each in found)


@pytest.mark.parametrize("statement", ["UPDATE derived_schema SET shape = 'x'", "DROP TABLE derived_schema"])
def test_tables_of_another_version_are_left_alone(app: Litestar, statement: str) -> None:
    """An entry recorded by a command is no row of theirs: at the end of a block they could not even be read."""
    entry = {"kind": "schema", "id": "x", "actor": "cli", "at": "2026"}
    with service_of(app).log.write_engine.begin() as connection:
        readmodels.follow(connection, 1_002, entry)
        connection.execute(sa.text("ALTER TABLE decision DROP COLUMN rules"))
        connection.execute(sa.text(statement))
        readmodels.follow(connection, 1_003, entry)
        found = connection.execute(sa.text("SELECT log_index FROM other_entry WHERE id = 'x'")).scalars().all()
    assert found == [1_002]


def test_a_policy_is_published_once(http: Client, app: Litestar, settings: Settings) -> None:
    """Starting again on the same log publishes nothing that is there; the bundle is kept beside its entry."""
    size = service_of(app).log.size()
    again = Service.open(settings)
    assert again.log.size() == size
    with again.log.engine.connect() as connection:
        names = connection.execute(sa.text("select name from policy_bundle")).scalars().all()
    again.close()
    assert names == ["tiny"]


def test_a_changed_policy_is_published_again(settings: Settings, tmp_path: Path) -> None:
    """A new version is a new entry; the old bundle stays."""
    folder = tmp_path / "policies"
    shutil.copytree(settings.policies, folder)
    changed = settings.model_copy(update={"policies": folder})
    Service.open(changed).close()
    text = (folder / "tiny.yaml").read_text(encoding="utf-8").replace("version: 1", "version: 2")
    (folder / "tiny.yaml").write_text(text, encoding="utf-8")
    service = Service.open(changed)
    with service.log.engine.connect() as connection:
        versions = connection.execute(sa.text("select version from policy_bundle order by version")).scalars().all()
    service.close()
    assert versions == [1, 2]
    assert list(differences(settings.database)) == []
