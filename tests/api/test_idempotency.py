"""One request, one decision: repeated, raced, reused, and after the world has changed."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Mapping

import pytest
import sqlalchemy as sa
from httpx import ASGITransport, AsyncClient, Client, Response
from litestar import Litestar

from api.idempotency import Fingerprints
from api.roles import Role
from audit import QueueFull
from tests.api.conftest import NewKey, application, as_role, ask, service_of


def test_a_repetition_gives_the_first_answer_and_says_so(http: Client) -> None:
    """Same key and same body: the same bytes and status, marked as replayed; the log does not grow."""
    first, again = ask(http, key="k"), ask(http, key="k")
    assert (again.status_code, again.content) == (201, first.content)
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    assert again.headers["location"] == first.headers["location"]
    assert len(http.get("/decisions").json()["items"]) == 1


def test_a_fingerprint_stands_for_ever() -> None:
    """Leaves hold fingerprints: actor, key and secret give today what they gave when the log began."""
    found = Fingerprints(b"s" * 32).of("key:0123456789ab", "4711-é")

    assert found == "a54db00832b82b8d5bf3c7cb4d81f046f60f26ba57541d941cd416a8c50b3997"
    assert Fingerprints(b"s" * 32).of("key:0123456789ab", "4711-é") == found


def test_spacing_and_order_make_no_other_body(http: Client) -> None:
    """The same JSON value written otherwise is the same request."""
    headers = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    texts = (
        '{"policy":"tiny","subject":"s","facts":{"score":700,"income":2000000}}',
        '{ "facts": {"income":2000000,"score":700},\n "subject":"s", "policy":"tiny", "dry_run": false }',
    )
    first, again = (http.post("/decisions", content=text, headers=headers) for text in texts)
    assert again.content == first.content


@pytest.mark.parametrize(
    "changes",
    [{"subject": "other"}, {"facts": {"score": 701}}, {"as_of": "2026-01-01T00:00:00Z"}],
    ids=["subject", "facts", "as_of"],
)
def test_a_key_is_for_one_application(http: Client, changes: dict[str, object]) -> None:
    """Same key and another body: 422 with the remedy, and nothing is decided."""
    ask(http, key="k")
    answer = ask(http, application(**changes), key="k")
    assert (answer.status_code, answer.json()["errors"][0]["path"]) == (422, "Idempotency-Key")
    assert len(http.get("/decisions").json()["items"]) == 1


def test_keys_of_different_callers_never_meet(http: Client, new_key: NewKey) -> None:
    """Two integrators may use the same idempotency key; each gets a decision of its own."""
    other = as_role(http, new_key(Role.INTEGRATOR))
    mine = ask(http, key="k").json()
    theirs = http.post("/decisions", json=application(), headers={**other, "Idempotency-Key": "k"}).json()
    assert mine["id"] != theirs["id"]


def test_two_keys_are_none(http: Client, app: Litestar) -> None:
    """A request under two keys is refused wherever one is taken, and nothing is decided."""

    async def twice(path: str, body: Mapping[str, object]) -> Response:
        transport = ASGITransport(app)  # type: ignore[arg-type]  # httpx names fewer messages
        headers = [("Authorization", http.headers["Authorization"]), ("Idempotency-Key", "a"), ("Idempotency-Key", "b")]
        async with AsyncClient(transport=transport, base_url="http://testserver") as client:
            return await client.post(path, json=body, headers=headers)

    for path, body in (("/decisions", application()), ("/appeals", {"decision": "x", "statement": "I paid."})):
        answer = asyncio.run(twice(path, body))
        assert (answer.status_code, answer.json()["errors"][0]["path"]) == (400, "Idempotency-Key"), path
    assert http.get("/decisions").json()["items"] == []


def test_a_refused_request_leaves_its_key_free(http: Client) -> None:
    """A request that was refused decided nothing, so its key can carry the corrected one."""
    assert ask(http, application(facts={"scor": 1}), key="k").status_code == 422
    assert ask(http, key="k").status_code == 201


def test_a_repetition_is_answered_even_if_it_would_be_refused_today(
    http: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer stands although the policy has gone meanwhile."""
    first = ask(http, key="k")
    monkeypatch.setattr("engine.deciding.Engine.decide", _unknown_policy)
    assert ask(http, key="k").content == first.content
    assert ask(http, key="fresh").status_code == 422


def _unknown_policy(*_: object) -> None:
    from engine import UnknownPolicy

    raise UnknownPolicy("tiny", ("other",))


async def _at_once(app: Litestar, key: str, requests: int) -> list[Response]:
    transport = ASGITransport(app, raise_app_exceptions=False)  # type: ignore[arg-type]  # httpx names fewer messages
    headers = {"Authorization": f"Bearer {key}", "Idempotency-Key": "race"}
    async with AsyncClient(transport=transport, base_url="http://here", headers=headers) as client:
        return await asyncio.gather(*(client.post("/decisions", json=application()) for _ in range(requests)))


def test_64_at_once_make_one_decision(app: Litestar, key: str) -> None:
    """64 identical requests in flight together: one is decided, 63 get its bytes."""
    answers = asyncio.run(_at_once(app, key, 64))
    assert Counter(answer.status_code for answer in answers) == {201: 64}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotent-replayed" in answer.headers for answer in answers) == 63


def test_a_full_queue_is_said_so(http: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the writer cannot keep up the caller is told to come back, and coming back works."""

    def full(*_: object) -> None:
        raise QueueFull(4096)

    with monkeypatch.context() as patch:
        patch.setattr("audit.writer.Writer.ask", full)
        answer = ask(http, key="k")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    assert answer.json()["type"] == "urn:problem-type:grounds:busy"
    assert ask(http, key="k").status_code == 201


def test_an_erased_decision_is_gone_but_not_denied(http: Client, app: Litestar) -> None:
    """Once the subject is erased, the decision and its repetition answer 410; its receipt still proves the leaf."""
    answer = ask(http, key="k").json()
    _erase(app, "customer-1")
    assert http.get(f"/decisions/{answer['id']}").status_code == 410
    assert ask(http, key="k").status_code == 410
    assert http.get(f"/decisions/{answer['id']}/receipt").status_code == 200


def _erase(app: Litestar, reference: str) -> None:
    ledger = service_of(app).ledger

    def work(connection: sa.Connection) -> None:
        subject = ledger.log.vault.find_subject(connection, reference)
        assert subject is not None
        entry = {**ledger.origin("tests").head("subject_erased"), "subject": subject}
        ledger.log.vault.erase(connection, subject, ledger.record(connection, entry))

    ledger.writer.submit(work).result()
