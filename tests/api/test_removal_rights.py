"""PostgreSQL: who may serve may not yet remove; the error says which role it takes, and nothing is half done."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from pydantic import SecretStr

from api.service import Service, opened
from api.settings import Settings
from audit import Keys
from audit.errors import RemovalForbidden
from audit.postgres import owning, schema
from audit.postgres.names import APP
from audit.verify import verify_database
from tests.api.conftest import TINY
from tests.api.test_reads import request_of
from tests.postgres import SUPERUSER, Server

SERVES_ONLY = "serves_only"


@pytest.fixture
def settings(empty_database: str, postgres: Server, tmp_path: Path) -> Settings:
    """Serve with a login that is a member of `grounds_app` alone."""
    name = sa.make_url(empty_database).database or ""
    postgres.run(
        name, f"DO $$ BEGIN CREATE ROLE {SERVES_ONLY} LOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$"
    )
    engine = owning(sa.make_url(postgres.url(name, SUPERUSER)))
    with engine.begin() as connection:
        schema.admit(connection, SERVES_ONLY, APP)
    engine.dispose()
    url = SecretStr(postgres.url(name, SERVES_ONLY))
    return Settings(data=tmp_path / "data", policies=TINY, url=url, jurisdiction="EU")


@pytest.fixture
def service(settings: Settings) -> Iterator[Service]:
    """Give that service, with one decision in its log."""
    with opened(settings) as made:
        made.workflow.decide(request_of(), "cli", "1").result(30)
        yield made


def test_without_the_role_nothing_is_removed(service: Service, settings: Settings) -> None:
    """An erasure is refused whole, its entry too; with the role the same erasure is done."""
    size = service.log.size()
    with pytest.raises(RemovalForbidden, match="grounds_retention"):
        service.subjects.erase("customer-1", "case 1", "cli")

    assert service.log.size() == size
    assert service.access.document("customer-1", "cli")["decisions"]
    assert verify_database(settings.database, Keys.load(settings.data)).findings == ()


def test_with_the_role_it_is_done(empty_database: str, tmp_path: Path) -> None:
    """A login of both roles erases; the log verifies, and says that one part is gone."""
    settings = Settings(data=tmp_path / "data", policies=TINY, url=SecretStr(empty_database), jurisdiction="EU")
    with opened(settings) as service:
        service.workflow.decide(request_of(), "cli", "1").result(30)
        done = service.subjects.erase("customer-1", "case 1", "cli")
    report = verify_database(settings.database, Keys.load(settings.data))

    assert (done.state, done.parts) == ("erased", 1)
    assert (report.findings, report.erased) == ((), 1)
