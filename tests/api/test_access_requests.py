"""The answer to an access request: complete, readable in both languages, provable without us, and itself recorded."""

from __future__ import annotations

import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from httpx import Client
from litestar import Litestar

from api.cli import run
from api.personal import Purpose
from api.reads import Reading, Reads
from api.roles import Role
from api.service import opened
from api.settings import Settings
from audit.note import VerifierKey
from audit.receipt import Receipt
from tests.api.conftest import GOOD, NewKey, application, as_role, ask, service_of
from tests.api.test_reads import request_of


def test_it_holds_everything_in_both_languages(app: Litestar, http: Client, new_key: NewKey) -> None:
    """Facts with labels, the decision with its statement, who read it, how long it stays; and the entry of itself."""
    mine, compliance = ask(http).json(), as_role(http, new_key(Role.COMPLIANCE))
    ask(http, application(subject="customer-2"))
    http.get(f"/decisions/{mine['id']}", params={"purpose": "complaint"})
    document = http.get("/subjects/customer-1", headers=compliance).json()

    (decision,) = document["decisions"]
    assert {each["name"]: each["value"] for each in decision["facts"]} == GOOD
    assert all(each["label"]["zh"] and each["label"]["en"] for each in decision["facts"])
    assert decision["decision"]["statement"] == mine["statement"]
    assert decision["decision"]["trace"] == mine["trace"]
    read, given = document["other_entries"]
    assert json.loads(read["entry"])["purpose"] == "complaint"
    assert json.loads(given["entry"])["kind"] == "export_made"
    assert all(each["meaning"]["zh"] and each["meaning"]["en"] for each in (read, given))
    (kept,) = document["retention"]["kept"]
    assert (kept["class"], kept["kept_at_least_until"], kept["removed_on"]) == (
        "cn-personal",
        "2029-11-22",
        "2031-11-22",
    )
    assert "customer-2" not in json.dumps(document)


def test_each_entry_can_be_checked_without_us(app: Litestar, http: Client, new_key: NewKey) -> None:
    """The text of every entry and its receipt verify under the log's key, by nothing but the document."""
    for _ in range(3):
        ask(http)
    document = http.get("/subjects/customer-1", headers=as_role(http, new_key(Role.COMPLIANCE))).json()
    key = VerifierKey.parse(document["log"]["vkey"])
    checked = [
        Receipt.parse(each["receipt"]).check(each["entry"].encode(), key)
        for part in ("decisions", "other_entries")
        for each in document[part]
    ]

    assert len(checked) == 4


def test_it_says_what_is_held_and_what_waits(app: Litestar, http: Client, new_key: NewKey) -> None:
    """A hold and an erasure that waits are told, with their reasons and days."""
    compliance = as_role(http, new_key(Role.COMPLIANCE))
    ask(http)
    hold = {"reason": "lawsuit 3", "until": "2030-01-01"}
    http.post("/subjects/customer-1/hold", json=hold, headers=compliance)
    http.post("/subjects/customer-1/erase", json={"reason": "request 17"}, headers=compliance)
    retention = http.get("/subjects/customer-1", headers=compliance).json()["retention"]

    assert [each["reason"] for each in retention["holds"]] == ["lawsuit 3"]
    assert retention["erasure_waiting"]["reason"] == "request 17"
    assert retention["erasure_waiting"]["not_before"] == "2030-01-01"


def test_reads_of_many_are_told_if_they_may_have_been_of_this_person(settings: Settings) -> None:
    """A batch that names other entries only is left out; one that names this one, or only a number, is there."""
    with opened(settings) as service:
        made = [
            service.workflow.decide(request_of(f"person-{n % 70}"), "cli", str(n)).result(30).index for n in range(70)
        ]
        reads, reading = Reads(service.ledger), Reading("cli", Purpose.AUDIT)
        for indexes in (made[:2], made[1:3], made[:65]):
            reads.open_all(indexes, reading)
        batches = service.access.document("person-0", "cli")["reads_of_many"]["entries"]

    assert [json.loads(each["entry"])["count"] for each in batches] == [2, 65]


def test_a_stranger_is_not_found_and_nothing_is_recorded(app: Litestar, http: Client, new_key: NewKey) -> None:
    """Who is not known is 404, and the log does not grow."""
    compliance = as_role(http, new_key(Role.COMPLIANCE))
    size = service_of(app).log.size()

    assert http.get("/subjects/nobody", headers=compliance).status_code == 404
    assert service_of(app).log.size() == size


Command = Callable[..., tuple[int, str, str]]


@pytest.fixture
def subject(settings: Settings, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Command:
    """Run `grounds subject` on a log with one decision in it, where nothing has to be kept."""
    monkeypatch.setenv("GROUNDS_POLICIES", str(settings.policies))
    monkeypatch.setenv("GROUNDS_JURISDICTION", "EU")
    with opened(settings) as service:
        service.workflow.decide(request_of(), "cli", "1").result(30)

    def call(*words: str) -> tuple[int, str, str]:
        code = run(["subject", *words, "--data", str(settings.data)])
        return code, *capsys.readouterr()

    return call


def test_it_is_written_as_files_of_ones_own(subject: Command, tmp_path: Path) -> None:
    """A folder only its owner can read: the document, the key, and each entry beside its receipt, which verify."""
    folder = tmp_path / "answer"
    code, said, _ = subject("export", "customer-1", "--out", str(folder))
    names = {path.name for path in folder.iterdir()}

    assert (code, said) == (0, f"6 files in {folder}\n")
    assert names == {"subject.json", "vkey", "1.json", "1.tlog-proof", "2.json", "2.tlog-proof"}
    assert {stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()} == {0o600}
    key = VerifierKey.parse((folder / "vkey").read_text())
    for index in (1, 2):
        Receipt.parse((folder / f"{index}.tlog-proof").read_text()).check((folder / f"{index}.json").read_bytes(), key)
    assert subject("export", "customer-1", "--out", str(folder))[0] == 2


def test_it_is_printed_as_json(subject: Command) -> None:
    """Without a folder it is one JSON document on standard output."""
    code, said, _ = subject("export", "customer-1")
    document: dict[str, Any] = json.loads(said)

    assert code == 0
    assert document["subject"] == "customer-1"


def test_the_commands_say_what_they_did(subject: Command) -> None:
    """Hold, ask, release, erase, erase again: each one line with the entry, exit 0."""
    lines = [
        subject(*words)[1]
        for words in (
            ("retention", "customer-1"),
            ("hold", "customer-1", "--reason", "lawsuit 3", "--until", "2999-01-01"),
            ("erase", "customer-1", "--reason", "request 17"),
            ("retention", "customer-1"),
            ("release", "customer-1", "--reason", "settled"),
            ("release", "customer-1", "--reason", "settled"),
            ("sweep", "--as-of", "2999-01-01", "--dry-run"),
            ("erase", "customer-1", "--reason", "request 17"),
            ("erase", "customer-1", "--reason", "request 17"),
            ("sweep",),
        )
    ]

    assert "class eu-consumer" in lines[0]
    assert "may be erased now" in lines[0]
    assert lines[1] == "held until 2999-01-01: entry 2\n"
    assert lines[2] == "waits until 2999-01-01 for hold 2: entry 3\n"
    assert "hold 2 until 2999-01-01: lawsuit 3" in lines[3]
    assert "may be erased from 2999-01-01 on" in lines[3]
    assert lines[4:6] == ["released holds 2: entry 4\n", "there is no hold\n"]
    assert "1 sealed parts would go" in lines[6]
    assert lines[7] == "erased: 1 sealed parts and their key are gone, entry 5\n"
    assert lines[8] == "nobody is known by this reference: never seen, or erased before\n"
    assert "0 sealed parts gone" in lines[9]


MISTAKES = {
    "a day that is none": (
        ("hold", "customer-1", "--reason", "x", "--until", "soon"),
        2,
        "--until `soon` is not a day",
    ),
    "a day gone by": (("hold", "customer-1", "--reason", "x", "--until", "2020-01-01"), 2, "is not to come"),
    "a stranger": (("retention", "nobody"), 2, "nobody is known by this reference"),
    "the person's name": (("erase", "customer-1", "--reason", "for customer-1"), 2, "holds the reference"),
    "tomorrow": (("sweep", "--as-of", "2999-01-01"), 2, "is not here yet"),
    "no reason": (("erase", "customer-1"), 2, "--reason"),
}


@pytest.mark.parametrize("case", MISTAKES)
def test_a_mistake_is_one_line_with_its_remedy(subject: Command, case: str) -> None:
    """What was wrong, exit 2, and nothing recorded."""
    words, code, said = MISTAKES[case]
    ended = subject(*words)

    assert (ended[0], ended[1]) == (code, "")
    assert said in ended[2]


def test_a_bad_retention_file_stops_the_service(
    subject: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Classes that cannot be read are an error at start, with the file's name: nothing is kept or removed by guess."""
    (tmp_path / "mine.toml").write_text("class = []")
    monkeypatch.setenv("GROUNDS_RETENTION", str(tmp_path / "mine.toml"))
    code, _, said = subject("sweep")

    assert (code, "mine.toml: no class for jurisdiction `EU`" in said) == (2, True)
