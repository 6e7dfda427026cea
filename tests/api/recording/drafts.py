"""Drafts as the service makes them, and what a ledger tells of itself once they are recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import Any

import msgspec
import sqlalchemy as sa

from api import answers
from api.accounts.account import Account
from api.accounts.decided import drawn
from api.accounts.keeping import Lines
from api.casework.periods import Periods
from api.casework.rulebook import Rulebook
from api.clocks import Clocks
from api.derived import DERIVED
from api.events import Origin, Verdict
from api.ledger import Ledger, new_id
from api.reconcile import differences
from api.recording import Draft, Made, Recorder
from api.recording.frames import Answered, Asked, unpacked
from api.recording.process import Batches
from api.schemas import DecisionRequest
from api.settings import Settings
from api.tables import LISTING, SPAN
from audit import Keys
from audit.database import driver_of
from audit.rows import key_of
from audit.seal import bound_to, decrypt
from audit.unseal import unwrap
from audit.verify import verify_database
from engine import Engine, load_policies
from tests.api.accounts.conftest import POLICIES
from tests.api.conftest import START, TINY

ACTOR = "key:one"
OPENING: dict[str, Any] = {"policy": "opening", "income": 2_000_000}
ACTIVATION: dict[str, Any] = {
    "policy": "activation",
    "line_activated": False,
    "approved_limit": OPENING["income"],
    "line_apr": 1_200,
}
_PLACES = ("log_index", "opened_index")  #: columns that name an entry by its index


@cache
def engine(policy: str) -> Engine:
    """Give an engine that knows a policy."""
    return Engine(load_policies(TINY if policy == "tiny" else POLICIES), executor="index")


def drafted(
    subject: str,
    policy: str = "tiny",
    key: str = "",
    at: dt.datetime = START,
    line: Account | None = None,
    **facts: Any,
) -> Draft:
    """Decide and make the draft of it, a new event each time; without a `key` the request is a new one, too."""
    request, decision = DecisionRequest(policy, subject, facts), engine(policy).decide(policy, facts, at)
    origin = Origin(new_id(), at, ACTOR)
    asked, answer = answers.request_bytes(request), answers.answer_bytes(origin.id, subject, decision)
    fingerprint = hashlib.sha256((key or origin.id).encode()).hexdigest()
    made = Made(
        *(origin, subject, Verdict.of(decision), fingerprint, asked, answer),
        *(line, {}, decision.offer, drawn(facts)),
    )
    return made.draft()


def ids(drafts: Sequence[Draft]) -> list[str]:
    """Give the events drafts are of."""
    return [draft.origin.id for draft in drafts]


def recorder(settings: Settings, ledger: Ledger) -> Recorder:
    """Give what records drafts one by one, as the writer's thread does."""
    periods = Periods(Rulebook.read(settings.casework), Clocks.read(settings.packs, settings.jurisdiction))
    return Recorder(ledger, periods, Lines(ledger))


def answered(batches: Batches, drafts: Iterable[Draft]) -> list[Answered]:
    """Have drafts recorded as one batch; give the answers in the order of the drafts."""
    asked = [Asked(number, draft) for number, draft in enumerate(drafts, 100)]
    answers = sorted(batches.record(asked), key=lambda answer: answer.number)
    assert [answer.number for answer in answers] == [each.number for each in asked]
    return answers


def error(answer: Answered) -> Any:
    """Give what a caller is told instead of a decision."""
    assert (answer.index, answer.size) == (-1, 0)
    return unpacked(answer.error)


def stands(ledger: Ledger, answers: Sequence[Answered], drafts: Sequence[Draft]) -> bool:
    """Whether answers name each the decision of its draft, and the checkpoint that was the first to cover it."""
    assert [answer.error for answer in answers] == [b""] * len(drafts)
    found = entries(ledger)
    assert [answer.size for answer in answers] == [ledger.log.checkpoint_covering(each.index).size for each in answers]
    return [(found[each.index]["id"], each.replayed) for each in answers] == [(each, False) for each in ids(drafts)]


def sound(ledger: Ledger, settings: Settings) -> bool:
    """Whether the log verifies, and the tables beside it say what it says."""
    report = verify_database(settings.database, Keys.load(settings.data))
    assert report.ok, str(report)
    assert list(differences(settings.database)) == []
    return report.entries == ledger.log.size()


def entries(ledger: Ledger) -> list[dict[str, Any]]:
    """Read all entries, in order."""
    size = ledger.log.size()
    with ledger.log.engine.connect() as connection:
        return [msgspec.json.decode(ledger.log.read(connection, index)) for index in range(size)]


def decided(ledger: Ledger) -> list[str]:
    """Give the ids of all decisions, in order."""
    return [entry["id"] for entry in entries(ledger) if entry["kind"] == "decision_made"]


def account(ledger: Ledger, reference: str) -> Account:
    """Give a line as it stands."""
    with ledger.log.engine.connect() as connection:
        subject = ledger.log.vault.find_subject(connection, reference)
        found = Lines(ledger).current(connection, subject or "")
    assert found is not None
    return found


def told(ledger: Ledger) -> dict[str, list[str]]:
    """Tell all entries, each with what lies sealed beside it, and all rows they lead to but those of whole blocks.

    What is drawn anew each time has a name in its place that says what it is of, and nothing is in an order of its own.
    """
    found = entries(ledger)
    with ledger.log.engine.connect() as connection:
        people = {subject: _person(ledger, connection, subject) for subject in _subjects(found)}
        names = people | {entry["id"]: _name(entry, people) for entry in found}
        places = [names[entry["id"]] for entry in found]
        whole = [_whole(ledger, connection, index, entry) for index, entry in enumerate(found)]
        tables = {
            table.name: [_placed(row, places) for row in connection.execute(sa.select(table)).mappings()]
            for table in DERIVED
            if table not in (SPAN, LISTING)
        }
    assert len({*places}) == len(places)
    return {
        name: sorted(repr(_named(each, names)) for each in all_) for name, all_ in ({"log": whole} | tables).items()
    }


def _subjects(found: Iterable[Mapping[str, Any]]) -> set[str]:
    return {entry["subject"] for entry in found if "subject" in entry}


def _person(ledger: Ledger, connection: sa.Connection, subject: str) -> str:
    """Open what is sealed of a subject: what it is called, and since when."""
    stored = connection.execute(sa.text("SELECT * FROM audit_subject WHERE subject = :subject"), {"subject": subject})
    row, key = stored.mappings().one(), key_of(driver_of(connection), subject)
    assert key is not None
    opened = unwrap(ledger.log.origin, ledger.log.vault._keys, key)
    context = bound_to("subject", ledger.log.origin, subject)
    return (decrypt(opened, bytes(row["nonce"]), bytes(row["ciphertext"]), context) or b"").decode()


def _name(entry: Mapping[str, Any], people: Mapping[str, str]) -> str:
    """Say what an entry is of: a decision of its own id, which came with its draft."""
    if entry["kind"] == "decision_made":
        return str(entry["id"])
    decision = entry.get("decision") or entry.get("case", {}).get("decision")
    return f"{entry['kind']} of {decision or people[entry['subject']]}"


def _whole(ledger: Ledger, connection: sa.Connection, index: int, entry: dict[str, Any]) -> dict[str, Any]:
    if "sealed" not in entry:
        return entry
    return entry | {"sealed": ledger.log.vault.open(connection, index)}


def _placed(row: Mapping[Any, Any], places: Sequence[str]) -> dict[str, Any]:
    return {name: places[value] if name in _PLACES else value for name, value in row.items()}


def _named(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        return {name: _named(each, names) for name, each in value.items()}
    if isinstance(value, list):
        return [_named(each, names) for each in value]
    return names.get(value, value) if isinstance(value, str) else value
