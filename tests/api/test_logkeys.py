"""``grounds audit key``: the procedures of docs/keys.md, step by step, on a log that is served in between."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from api.cli import run
from api.ledger import Ledger
from api.reconcile import differences
from api.roles import Role
from api.service import opened
from api.settings import Settings
from audit import Keys
from audit.errors import KeyLost
from audit.verify import verify_database
from tests.api.test_reads import request_of

Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def key(settings: Settings, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `grounds audit key` on a log with one decision in it."""
    with opened(settings) as service:
        service.workflow.decide(request_of(), "cli", "1").result(30)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["audit", "key", *words, "--data", str(settings.data)])
        return code, *capsys.readouterr()

    return call


def kinds(settings: Settings) -> list[str]:
    """Give the kinds of all entries."""
    ledger = Ledger.open(settings)
    try:
        return [json.loads(ledger.log.entry(index))["kind"] for index in range(ledger.log.size())]
    finally:
        ledger.close()


def whole(settings: Settings) -> bool:
    """Whether the log verifies with its keys, and the tables beside it say the same."""
    report = verify_database(settings.database, Keys.load(settings.data))
    return report.ok and not list(differences(settings.database))


def test_the_signing_key_is_exchanged(key: Command, settings: Settings) -> None:
    """Announce, go on serving, switch: two entries, one origin, and the whole log verifies before and after."""
    assert key("status")[1].count("\n") == 2
    code, said, _ = key("announce", "--reason", "yearly")
    assert (code, "entry 2 announces grounds.local/" in said) == (0, True)
    assert "announced in entry 2, both sign" in key("status")[1]
    with opened(settings) as service:
        service.workflow.decide(request_of("customer-2"), "cli", "2").result(30)
    assert whole(settings)
    code, said, _ = key("switch", "--reason", "yearly")
    assert (code, said.startswith("since entry 4 the log is signed by grounds.local/")) == (0, True)

    assert kinds(settings)[2:] == ["key", "decision_made", "key"]
    assert whole(settings)
    assert "since entry 4, announced" in key("status")[1]


def test_a_switch_without_an_announcement_says_what_to_do(key: Command) -> None:
    """The error names the step that is missing; nothing changes."""
    code, _, said = key("switch", "--reason", "too soon")

    assert (code, "announce a new key first" in said) == (1, True)


def test_the_vault_key_is_exchanged(key: Command, settings: Settings) -> None:
    """Every living person's key is wrapped anew, and what is sealed still opens."""
    former = Keys.load(settings.data)
    code, said, _ = key("rewrap", "--reason", "monthly")

    assert (code, said.startswith("1 keys wrapped anew, entry 2")) == (0, True)
    assert Keys.load(settings.data).vault != former.vault
    assert Keys.load(settings.data).signing == former.signing
    assert whole(settings)
    with opened(settings) as service:
        assert service.access.document("customer-1", "cli")["decisions"][0]["facts"]


def test_a_lost_signing_key_is_replaced(key: Command, settings: Settings) -> None:
    """The command makes a new one, says who has to be told, and the service runs again."""
    (settings.data / "keys" / "log.key").unlink()
    code, said, _ = key("restore", "--reason", "disk died")

    assert (code, "only witnesses, receipts" in said) == (0, True)
    assert "RESTORED" in key("status")[1]
    with opened(settings) as service:
        assert service.ledger.create_key(Role.REVIEWER, "cli")
    assert whole(settings)
    assert kinds(settings)[2] == "restore"


def test_a_lost_vault_key_closes_what_it_sealed(key: Command, settings: Settings) -> None:
    """What was sealed cannot be read and says why; proofs hold, and the same person can be decided about again."""
    (settings.data / "keys" / "vault.key").unlink()
    code, said, _ = key("restore", "--vault", "--reason", "no copy")

    assert (code, "about 1 people stays closed" in said) == (0, True)
    assert "LOST" in key("status")[1]
    with opened(settings) as service:
        with pytest.raises(KeyLost):
            service.access.document("customer-1", "cli")
        assert service.log.receipt(1)
        again = service.workflow.decide(request_of(), "cli", "3").result(30)
        assert service.subjects.standing("customer-1").kept[-1].index == again.index
    assert whole(settings)


def test_keys_are_not_changed_under_a_running_service(key: Command, settings: Settings) -> None:
    """While somebody has the log open every change of keys is refused, and says what to stop."""
    with opened(settings):
        for words in (("announce",), ("switch",), ("rewrap",), ("restore",)):
            code, _, said = key(*words, "--reason", "now")
            assert (code != 0, "in use" in said) == (True, True)


def test_no_key_is_shown(key: Command, settings: Settings) -> None:
    """What the commands print holds no secret."""
    said = "".join(key(*words, "--reason", "x")[1] for words in (("announce",), ("switch",), ("rewrap",)))
    said += key("status")[1]
    secrets = [Path(path).read_text().splitlines()[-1] for path in (settings.data / "keys").iterdir()]

    assert not [secret for secret in secrets if secret in said]
