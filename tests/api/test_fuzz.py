"""Anything at all over HTTP: whatever is sent, the answer is one that was meant, and never a 500."""

from __future__ import annotations

import json
from urllib.parse import quote

import pytest
from httpx import Client
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.api.conftest import GOOD

pytestmark = pytest.mark.hypothesis

ANY_TEXT = st.text(max_size=30)
FACT_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.sampled_from([599, 600, 100_000]) | ANY_TEXT,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["overdue_days", "balance", "x"]), inner)
    ),
    max_leaves=6,
)
FACT_NAMES = st.sampled_from(["score", "income", "burden", "job", "verified", "since", "loans", "scor"])
MOMENTS = st.sampled_from(["2026-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z"])
SEGMENTS = st.sampled_from(["decisions", "log", "entries", "policies", "facts", "schema", "static", "health", ".."])


def meant(status: int) -> bool:
    """Whether a status is one that the service answers on purpose."""
    return status in {200, 201, 400, 401, 404, 405, 413, 415, 422}


@given(st.dictionaries(FACT_NAMES, FACT_VALUES), MOMENTS, ANY_TEXT, st.booleans())
def test_any_facts_are_decided_or_refused(
    shared: Client, facts: dict[str, object], as_of: str, subject: str, dry_run: bool
) -> None:
    """Facts of any shape, at the ends of the calendar, about anybody: decided, or refused with errors."""
    body = {"policy": "tiny", "subject": subject, "facts": facts, "as_of": as_of, "dry_run": dry_run}
    headers = {"Idempotency-Key": json.dumps(body)[:200].encode("ascii", "replace").decode()}
    answer = shared.post("/decisions", json=body, headers=headers)
    assert meant(answer.status_code), answer.text
    if answer.status_code >= 400:
        assert answer.json()["errors"]


@given(st.lists(SEGMENTS | ANY_TEXT, max_size=5), st.dictionaries(ANY_TEXT, ANY_TEXT, max_size=3))
@settings(max_examples=200)
def test_any_path_is_answered(shared: Client, segments: list[str], query: dict[str, str]) -> None:
    """Paths and queries of any characters are served or not there."""
    path = "/" + "/".join(quote(segment.encode("utf-8", "surrogatepass"), safe="") for segment in segments)
    answer = shared.get(path, params={name: value for name, value in query.items() if name.isprintable()})
    assert meant(answer.status_code), (path, answer.text)


@given(
    st.sampled_from(["subject", "outcome", "policy", "cursor", "limit"]),
    st.binary(max_size=20).map(lambda raw: quote(raw, safe="")),
)
def test_any_search_is_answered(shared: Client, name: str, value: str) -> None:
    """Query parameters of any bytes, UTF-8 or not, give a page or a refusal."""
    answer = shared.get(f"/decisions?{name}={value}")
    assert meant(answer.status_code), (name, value, answer.text)


@given(st.binary(max_size=80))
def test_any_key_is_refused(shared: Client, key: bytes) -> None:
    """Authorization headers of any bytes are refused, in the end unread because they are too many; nothing breaks."""
    sent = key.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"").strip()
    answer = shared.get("/decisions", headers=[(b"authorization", b"Bearer " + sent)])
    assert answer.status_code in {401, 429}


@given(st.binary(max_size=40))
def test_any_idempotency_key_is_taken_or_refused(shared: Client, key: bytes) -> None:
    """Idempotency keys of any bytes are keys, unless they are empty."""
    sent = key.replace(b"\r", b"").replace(b"\n", b"").replace(b"\0", b"")
    body = json.dumps({"policy": "tiny", "subject": "s", "facts": GOOD}).encode()
    headers = [(b"idempotency-key", sent), (b"content-type", b"application/json")]
    assert shared.post("/decisions", content=body, headers=headers).status_code in (201, 400)
