"""Reads of what is sealed: no route and no command opens anything without an entry that says who, what and why."""

from __future__ import annotations

import ast
import hashlib
import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import typer
from httpx import Client
from litestar import Litestar
from litestar.routes import HTTPRoute

from api import cli, events, personal
from api.intake import convert
from api.ledger import Ledger
from api.personal import Purpose
from api.reads import Reading, Reads
from api.roles import UNNARROWED, Role
from api.schemas import DecisionRequest
from api.service import opened
from api.settings import Settings
from api.users.directory import Users
from audit import Erased, WriterClosed, unseal
from tests.api.conftest import TINY, NewKey, application, as_role, ask, service_of
from tests.repository import ROOT

READS = {personal.SEALED_READ, events.EXPORT_MADE}


class Count:
    """How many sealed parts were opened by the vault since the last look."""

    def __init__(self) -> None:
        self.opened = 0

    def taken(self) -> int:
        """Give the number and begin again."""
        opened, self.opened = self.opened, 0
        return opened


@pytest.fixture
def count(monkeypatch: pytest.MonkeyPatch) -> Count:
    """Count what is opened, by really opening it."""
    counted = Count()

    def open_part(*arguments: Any) -> bytes:
        counted.opened += 1
        return unseal.open_part(*arguments)

    monkeypatch.setattr("audit.vault.open_part", open_part)
    return counted


def recorded(entries: Iterator[dict[str, Any]]) -> int:
    """Add up what entries say was read."""
    return sum(entry["count"] for entry in entries if entry["kind"] in READS and "count" in entry)


def entries(ledger: Ledger, since: int = 0) -> Iterator[dict[str, Any]]:
    """Give the entries from an index on."""
    for index in range(since, ledger.log.size()):
        yield json.loads(ledger.log.entry(index))


def test_only_the_reads_open_the_vault() -> None:
    """In the syntax tree of the service, one file calls `vault.open`, and nobody `vault.reference`."""
    found = [
        (path.relative_to(ROOT).as_posix(), node.attr)
        for path in sorted((ROOT / "api").rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_bytes()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"open", "reference"}
        and ast.unparse(node.value).endswith("vault")
    ]

    assert found == [("api/reads.py", "open")]


BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/decisions"): application(),
    ("POST", "/subjects/{subject}/erase"): {"reason": "case 1"},
    ("POST", "/subjects/{subject}/hold"): {"reason": "case 1", "until": "2027-01-01"},
    ("DELETE", "/subjects/{subject}/hold"): {"reason": "case 1"},
}


def requests(app: Litestar, known: dict[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Give a request for every route there is, with parameters that hit something; what erases comes last."""
    for method in ("GET", "POST", "DELETE"):
        for route in app.routes:
            if not isinstance(route, HTTPRoute) or method not in route.route_handler_map:
                continue
            template = route.path_format
            path = template
            for name, value in known.items():
                path = path.replace(f"{{{name}}}", value)
            yield method, path, BODIES.get((method, template))


@pytest.mark.parametrize("role", Role)
def test_no_route_reads_without_an_entry(
    app: Litestar, http: Client, new_key: NewKey, count: Count, role: Role
) -> None:
    """Whatever is asked for by whomever, as many parts as were opened are recorded as read."""
    mine = ask(http, key="one").json()
    headers = {**as_role(http, new_key(role)), "Idempotency-Key": "one", "If-Match": '"1"'}
    ledger = service_of(app).ledger
    appeal = http.post(
        "/appeals", json={"decision": mine["id"], "statement": "why?"}, headers={"Idempotency-Key": "one"}
    ).json()
    known = {
        "case_id": appeal["id"],
        "decision_id": mine["id"],
        "index": "0",
        "name": "tiny",
        "subject": "customer-1",
        "path": "x",
    }
    opened = 0
    for method, path, body in requests(app, known):
        since = ledger.log.size()
        count.taken()
        for sent in ({}, headers):
            http.request(method, path, json=body, headers={"Idempotency-Key": "one", **sent})
        assert count.opened == recorded(entries(ledger, since)), (role, method, path)
        opened += count.opened

    assert opened >= 2


COMMANDS: dict[str, tuple[str, ...] | None] = {
    "serve": None,  # the routes above
    "demo": None,  # serves, asks and verifies in processes of their own
    "decide": ("tiny", "facts.json"),
    "decisions find": ("--subject", "customer-1"),
    "decisions export": ("--out", "out.csv"),
    "decisions check": ("out.csv",),
    "key new": ("--role", "reviewer"),
    "key list": (),
    "key rotate": ("{key}",),
    "key revoke": ("{key}", "--because", "unused"),
    "notice": ("{id}", "--output", "notice.html"),
    "clocks": (),
    "cases list": (),
    "cases sweep": (),
    "line show": ("customer-1",),
    "stats overturns": (),
    "stats backlog": (),
    "stats conclusions": (),
    "stats reasons": (),
    "audit verify": (),
    "audit search": (),
    "audit export": ("out",),
    "audit import": ("out",),
    "audit prove": ("--decision", "{id}"),
    "audit rebuild": (),
    "replay": ("{id}",),
    "audit key status": (),
    "audit key announce": ("--reason", "yearly"),
    "audit key switch": ("--reason", "yearly"),
    "audit key rewrap": ("--reason", "monthly"),
    "audit key restore": ("--reason", "not lost"),
    "user new": ("li.wang", "--name", "王丽", "--role", "reviewer"),
    "user list": (),
    "user password": ("{user}",),
    "user role": ("{user}", "--to", "supervisor"),
    "user confirm": ("{user}",),
    "user disable": ("{user}", "--because", "left"),
    "user forget": ("{user}",),
    "subject export": ("customer-1",),
    "subject retention": ("customer-1",),
    "subject hold": ("customer-1", "--reason", "case 1", "--until", "2999-01-01"),
    "subject release": ("customer-1", "--reason", "case 1"),
    "subject sweep": (),
    "subject erase": ("customer-1", "--reason", "case 1"),
}
READING = {"notice", "replay", "subject export"}


def leaves(command: Any, path: tuple[str, ...] = ()) -> Iterator[str]:
    """Give every command that can be pointed at the entries of a log, by its words; `db` makes tables and roles."""
    commands = getattr(command, "commands", None)
    if commands is None:
        if path[0] != "db" and any(parameter.name == "data" for parameter in command.params):
            yield " ".join(path)
        return
    for name, each in commands.items():
        yield from leaves(each, (*path, name))


def test_no_command_reads_without_an_entry(
    settings: Settings,
    count: Count,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """Each command of the command line, run on a log with a decision in it, opens as much as it records."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"DATA": str(settings.data), "POLICIES": str(TINY), "JURISDICTION": "EU"}.items():
        monkeypatch.setenv(f"GROUNDS_{name}", value)
    (tmp_path / "facts.json").write_text(json.dumps(application()["facts"]))
    with opened(settings) as service:
        index = service.workflow.decide(request_of(), "cli", str(uuid.uuid4())).result(30).index
        made = json.loads(service.log.entry(index))["id"]
        key = service.keyring.create(Role.REVIEWER, "cli", UNNARROWED).split("_")[1]
        names = {
            "{id}": made,
            "{key}": key,
            "{user}": Users(service.ledger).create("zhao", "赵", Role.ADMIN, "key:x").id,
        }
    unknown = set(leaves(typer.main.get_command(cli.app))) - set(COMMANDS)
    reading = set()
    for command, words in COMMANDS.items():
        if words is None:
            continue
        since = _size(settings)
        count.taken()
        cli.run([*command.split(), *(names.get(word, word) for word in words)])
        with _ledger(settings) as ledger:
            assert count.opened == recorded(entries(ledger, since)), command
        if count.opened:
            reading.add(command)

    assert reading == READING
    assert not unknown, "a new command: add it to the table, with words that make it do its work"


def test_a_read_says_who_what_and_why(app: Litestar, http: Client, new_key: NewKey) -> None:
    """The entry names actor, purpose, entry and subject, and a fingerprint of the request's id instead of the id."""
    mine = ask(http).json()
    ledger = service_of(app).ledger
    http.get(f"/decisions/{mine['id']}")
    reviewer = {**as_role(http, new_key(Role.REVIEWER)), "X-Request-Id": "zhang-san"}
    http.get(f"/decisions/{mine['id']}", headers=reviewer, params={"purpose": "complaint"})
    first, second = [entry for entry in entries(ledger) if entry["kind"] == personal.SEALED_READ]

    assert (first["purpose"], second["purpose"]) == ("fetch", "complaint")
    assert first["actor"] != second["actor"]
    assert first["entries"] == second["entries"] == [mine["log"]["index"]]
    assert first["subject"] == second["subject"] == json.loads(ledger.log.entry(mine["log"]["index"]))["subject"]
    assert second["request"] == ledger.fingerprints.of(second["actor"], "request\nzhang-san")
    assert "zhang-san" not in json.dumps(second)


def test_a_purpose_nobody_knows_is_refused(http: Client) -> None:
    """Purposes are a closed list; another word is a 400 and no read."""
    mine = ask(http).json()
    answer = http.get(f"/decisions/{mine['id']}", params={"purpose": "curiosity"})

    assert answer.status_code == 400
    assert answer.headers["content-type"] == "application/problem+json"


def test_the_first_answer_is_no_read_and_a_repetition_is(app: Litestar, http: Client, count: Count) -> None:
    """Who just asked is answered from what was decided; the same request again opens the seal, and is recorded."""
    ledger = service_of(app).ledger
    first = ask(http, key="same")
    assert count.taken() == 0
    size = ledger.log.size()
    again = ask(http, key="same")

    assert (again.content, count.taken()) == (first.content, 1)
    assert [entry["purpose"] for entry in entries(ledger, size)] == ["repeat"]


def test_a_read_of_many_is_one_entry_with_a_commitment(settings: Settings) -> None:
    """Up to 64 entries are named; of more the entry holds their number and the hash of the list."""
    with opened(settings) as service:
        workflow, ledger = service.workflow, service.ledger
        made = [workflow.decide(request_of(f"person-{n}"), "cli", str(n)).result(30).index for n in range(65)]
        reads = Reads(ledger)
        for wanted in (made[:64], made):
            assert len(reads.open_all(wanted, Reading("cli", Purpose.AUDIT))) == len(wanted)
        few, many = list(entries(ledger, made[-1] + 1))

    assert (few["count"], few["entries"]) == (64, made[:64])
    text = "".join(f"{index}\n" for index in made).encode()
    assert (many["count"], many["entries_sha256"]) == (65, hashlib.sha256(text).hexdigest())
    assert "entries" not in many
    assert "subject" not in few


def test_what_cannot_be_recorded_is_not_read(settings: Settings) -> None:
    """With the writer closed there is no read, and a part that is erased leaves no entry of a read that failed."""
    with opened(settings.model_copy(update={"jurisdiction": "EU"})) as service:
        index = service.workflow.decide(request_of(), "cli", "1").result(30).index
        reads, reading = Reads(service.ledger), Reading("cli", Purpose.AUDIT)
        service.subjects.erase("customer-1", "case 1", "cli")
        size = service.log.size()
        with pytest.raises(Erased):
            reads.open(index, reading)
        assert service.log.size() == size
        other = service.workflow.decide(request_of("customer-2"), "cli", "2").result(30).index
        service.ledger.writer.close()
        with pytest.raises(WriterClosed):
            reads.open(other, reading)


def request_of(subject: str = "customer-1") -> DecisionRequest:
    """Give the request of an application that is approved."""
    request: DecisionRequest = convert(application(subject=subject), DecisionRequest)
    return request


def _size(settings: Settings) -> int:
    with _ledger(settings) as ledger:
        return ledger.log.size()


@contextmanager
def _ledger(settings: Settings) -> Iterator[Ledger]:
    ledger = Ledger.open(settings)
    try:
        yield ledger
    finally:
        ledger.close()
