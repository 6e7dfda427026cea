"""The typed client: made from the document and nothing else, tries again safely, and tells refusals apart."""

from __future__ import annotations

import ast
import datetime as dt
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from httpx import Client

from api.client import Grounds, Pauses, Refused, Unreachable, models
from api.client.errors import Conflict, Forbidden, Gone, Invalid, NotFound, Stale, TooMany, Unauthenticated, Unavailable
from api.roles import Role
from tests.api.conftest import GOOD, NewKey
from tests.client.__main__ import FOLDER, described, written

KNOWN = {"api", "httpx", "msgspec"}


class Breaking(httpx.BaseTransport):
    """Passes requests on and loses answers: the service did what it was asked, and nobody heard."""

    def __init__(self, beneath: httpx.BaseTransport, losing: int = 0, answering: int = 0) -> None:
        self._beneath, self._losing, self._status = beneath, losing, answering
        self.keys: list[str | None] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Serve one request."""
        self.keys.append(request.headers.get("idempotency-key"))
        answer = self._beneath.handle_request(request)
        if self._losing:
            self._losing -= 1
            if self._status:
                return httpx.Response(self._status, headers={"Retry-After": "7"}, request=request)
            raise httpx.ReadError("the connection was reset", request=request)
        return answer


@pytest.fixture
def pauses() -> list[float]:
    """Collect how long the client waited."""
    return []


def grounds(
    http: Client, key: str, pauses: list[float], losing: int = 0, answering: int = 0
) -> tuple[Grounds, Breaking]:
    """Speak to the application under test through a line that breaks so often."""
    line = Breaking(http._transport, losing, answering)
    client = httpx.Client(transport=line, base_url="http://testserver")
    return Grounds("", key, client=client, pauses=Pauses(attempts=4, sleep=pauses.append, draw=lambda: 0.5)), line


def asked(subject: str = "customer-1", **facts: Any) -> models.DecisionRequest:
    """Write a request."""
    return models.DecisionRequest(policy="tiny", subject=subject, facts={**GOOD, **facts})


def test_made_again_it_is_the_same() -> None:
    """What is committed is what the document of this service leads to, byte for byte: `make client` if it is not."""
    for name, text in written(described()).items():
        assert (FOLDER / name).read_text(encoding="utf-8") == text, name


def test_it_needs_nothing_of_the_server() -> None:
    """Importing it brings in neither the web framework nor the database nor the engine."""
    program = "import sys, api.client; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    told = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert not {"litestar", "sqlalchemy", "sqlmodel", "engine", "audit", "pydantic"} & set(told.stdout.split())


def test_it_imports_itself_and_two_libraries() -> None:
    """Its files name the standard library, httpx, msgspec and each other."""
    found = set(_imports())

    assert {name.partition(".")[0] for name in found} - sys.stdlib_module_names == KNOWN
    assert all(name.startswith("api.client") for name in found if name.startswith("api"))


def _imports() -> Iterator[str]:
    for path in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                yield from (each.name for each in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield str(node.module)


def test_a_decision_is_asked_for_found_fetched_and_explained(http: Client, key: str, pauses: list[float]) -> None:
    """What comes back is typed: outcomes are words of an enum, moments aware, amounts whole numbers."""
    client, _ = grounds(http, key, pauses)
    made = client.decisions.ask(asked())
    decision = made.value

    assert isinstance(decision, models.DecisionAnswer)
    assert (made.status, made.repeated, decision.outcome) == (201, False, models.Outcome.APPROVE)
    assert decision.offer is not None
    assert decision.offer.limit_fen == 5_000_000
    assert decision.as_of.tzinfo is dt.UTC
    assert client.decisions.fetch(decision.id).raw == made.raw
    assert [each.id for each in client.decisions.find(outcome=models.Outcome.APPROVE).value.items] == [decision.id]
    assert client.decisions.explanation(decision.id).value.graph.nodes
    assert client.decisions.receipt(decision.id).value.startswith("c2sp.org/tlog-proof@v1")


def test_a_dry_run_is_a_preview(http: Client, key: str, pauses: list[float]) -> None:
    """The same operation answers with what it is: 200 and no record."""
    client, _ = grounds(http, key, pauses)
    body = models.DecisionRequest(policy="tiny", subject="s", facts=GOOD, dry_run=True)

    told = client.decisions.ask(body)
    assert (told.status, type(told.value)) == (200, models.DecisionPreview)
    assert client.decisions.find().value.items == ()


def test_a_lost_answer_is_asked_for_again_under_the_same_key(http: Client, key: str, pauses: list[float]) -> None:
    """The connection breaks three times after the service decided: one decision, and the caller has it."""
    client, line = grounds(http, key, pauses, losing=3)
    made = client.decisions.ask(asked())

    assert made.repeated
    assert len(line.keys) == 4
    assert len(set(line.keys)) == 1
    assert len(client.decisions.find().value.items) == 1
    assert pauses == [0.2, 0.4, 0.8]


def test_what_cannot_be_repeated_is_not(http: Client, key: str, pauses: list[float]) -> None:
    """Without a key for retries a request that may have been carried out is not sent again."""
    client, line = grounds(http, key, pauses, losing=1)

    with pytest.raises(Unreachable, match="reset"):
        client.webhooks.replay("0", models.ReplayFrom(index=0))
    assert (len(line.keys), pauses) == (1, [])


def test_it_waits_as_long_as_it_is_asked_to(http: Client, key: str, pauses: list[float]) -> None:
    """A service that is busy says when to come back."""
    client, line = grounds(http, key, pauses, losing=2, answering=503)

    assert client.decisions.ask(asked()).status == 201
    assert (pauses, len(set(line.keys))) == ([7.0, 7.0], 1)


def test_it_gives_up(http: Client, key: str, pauses: list[float]) -> None:
    """After so many attempts the last refusal is what is raised."""
    client, _ = grounds(http, key, pauses, losing=99, answering=503)

    with pytest.raises(Unavailable):
        client.decisions.ask(asked())
    assert len(pauses) == 3


def test_refusals_are_told_apart(http: Client, key: str, new_key: NewKey, pauses: list[float]) -> None:
    """Each kind of refusal is an exception of its own, with the problem and its remedies inside."""
    client, _ = grounds(http, key, pauses)
    reviewer, _ = grounds(http, new_key(Role.REVIEWER), pauses)
    nobody, _ = grounds(http, "gk_0123456789ab_nobody", pauses)
    client.decisions.ask(asked(), idempotency_key="k")

    with pytest.raises(Invalid, match="did you mean `score`") as wrong:
        client.decisions.ask(asked(scor=1))
    with pytest.raises(Invalid, match="another body") as reused:
        client.decisions.ask(asked("other"), idempotency_key="k")
    with pytest.raises(NotFound):
        client.decisions.fetch("0")
    with pytest.raises(Forbidden, match="integrator"):
        reviewer.decisions.ask(asked())
    with pytest.raises(Unauthenticated):
        nobody.policies.policies()
    assert (wrong.value.slug, wrong.value.problem.errors[0].path) == ("invalid-facts", "facts.scor")
    assert reused.value.slug == "idempotency-key-reused"
    assert wrong.value.problem.request_id


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        *((400, Invalid), (409, Conflict), (410, Gone), (412, Stale), (428, Stale)),
        *((429, TooMany), (500, Unavailable), (302, Refused)),
    ],
)
def test_what_is_no_problem_document_is_refused_all_the_same(
    http: Client, key: str, pauses: list[float], status: int, kind: type[Refused]
) -> None:
    """A proxy in between may answer with anything; the status still tells what to do."""
    client, _ = grounds(http, key, pauses, losing=99, answering=status)

    with pytest.raises(Refused) as refused:
        client.decisions.ask(asked())
    assert type(refused.value) is kind


def test_versions_go_there_and_back(http: Client, key: str, pauses: list[float]) -> None:
    """The entity tag of what was read is what a change is made to."""
    client, _ = grounds(http, key, pauses)
    read = client.webhooks.subscriptions().value
    with pytest.raises(NotFound):
        client.webhooks.change("0", models.SubscriptionChange(active=False), if_match='"1"')

    assert read.items == ()


def test_bytes_stay_bytes(http: Client, key: str, new_key: NewKey, pauses: list[float]) -> None:
    """A tile is hashes, and no text: it comes back byte for byte."""
    asking, _ = grounds(http, key, pauses)
    asking.decisions.ask(asked())
    reading, _ = grounds(http, new_key(Role.SUPERVISOR), pauses)
    size = int(reading.log.checkpoint().value.splitlines()[1])
    raw = http.get(f"/log/tile/0/000.p/{size}", headers={"Authorization": f"Bearer {new_key(Role.SUPERVISOR)}"})

    assert reading.log.tile(f"0/000.p/{size}").value == raw.content
    assert len(raw.content) == 32 * size


def test_many_at_once(http: Client, key: str, pauses: list[float]) -> None:
    """A bulk answers each item by itself, typed."""
    client, _ = grounds(http, key, pauses)
    good = models.BulkItem(key="a", request={"policy": "tiny", "subject": "s", "facts": GOOD})
    bad = models.BulkItem(key="b", request={"policy": "other", "subject": "s", "facts": {}})
    one, other = client.decisions.decide_all(models.BulkRequest(items=(good, bad))).value.items

    assert isinstance(one.decision, models.DecisionAnswer)
    assert not isinstance(other.problem, type(other.decision))
    assert (one.status, other.status) == (201, 422)


def test_very_many_are_streamed(http: Client, key: str, pauses: list[float]) -> None:
    """Items go out as lines and their answers come back typed, in order; a refusal of the whole is raised."""
    client, _ = grounds(http, key, pauses)
    facts = {"policy": "tiny", "subject": "customer-1", "facts": GOOD}
    items = [models.BulkItem(key=f"k{number}", request=facts) for number in range(3)]
    told = list(client.stream([*items, models.BulkItem(key="bad", request={})]))
    again = next(client.stream(items))

    assert [(each.line, each.key, each.status) for each in told] == [
        (1, "k0", 201),
        (2, "k1", 201),
        (3, "k2", 201),
        (4, "bad", 422),
    ]
    assert (again.replayed, again.decision) == (True, told[0].decision)
    with pytest.raises(Unauthenticated):
        list(grounds(http, "none", pauses)[0].stream(items))


def test_a_stream_that_breaks_says_so(http: Client, key: str, pauses: list[float]) -> None:
    """It is not tried again behind the caller's back."""
    client, line = grounds(http, key, pauses, losing=1)
    with pytest.raises(Unreachable):
        list(client.stream([models.BulkItem(key="k", request={"policy": "tiny", "subject": "s", "facts": GOOD})]))

    assert len(line.keys) == 1
