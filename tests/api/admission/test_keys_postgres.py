"""API keys where the log lives in PostgreSQL: two services on one database, and what one revokes the other refuses."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from pydantic import SecretStr

from api.admission import Because, Keyring, Uses
from api.errors import Unauthenticated
from api.ledger import Ledger
from api.reconcile import differences
from api.roles import Role, Scope
from api.settings import Settings
from tests.api.admission.test_keys import DAY, admitted, door_of, id_of
from tests.api.conftest import TINY, Clock


def test_two_services_agree_about_keys(empty_database: str, tmp_path: Path, clock: Clock) -> None:
    """Rotated by one and revoked by the other; days are kept; the tables are those the log leads to."""
    settings = Settings(data=tmp_path / "data", policies=TINY, url=SecretStr(empty_database))
    one, other = Ledger.open(settings, clock), Ledger.open(settings, clock)
    try:
        old = Keyring(one).create(Role.INTEGRATOR, "cli", Scope(), clock.now + 30 * DAY)
        new = Keyring(other).rotate(id_of(old), "cli", DAY)
        door = door_of(one, Keyring(one))
        assert [admitted(door, key).superseded for key in (old, new)] == [True, False]
        uses = Uses(other)
        for _ in range(2):
            uses.see(id_of(old))
            other.writer.submit(lambda _: None).result()
            clock.now += dt.timedelta(hours=20)
        assert dict(Uses(one).days()) == {id_of(old): "2026-11-23"}
        Keyring(other).revoke(id_of(old), "cli", Because.STOLEN)
        with pytest.raises(Unauthenticated):
            admitted(door_of(one, Keyring(one)), new)
    finally:
        one.close()
        other.close()
    assert list(differences(settings.database)) == []
