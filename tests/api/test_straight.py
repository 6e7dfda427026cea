"""The straight way of `POST /decisions` means what the long one means."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from httpx import Client
from hypothesis import given
from hypothesis import strategies as st

from api import plainjson, strictjson
from api.errors import ApiError
from api.intake import convert
from api.roles import Role
from api.schemas import DecisionRequest
from tests.api.conftest import NewKey, application, as_role

_scalars = st.none() | st.booleans() | st.integers(-(2**54), 2**54) | st.floats(allow_nan=False) | st.text(max_size=5)
_records = st.lists(st.dictionaries(st.text(max_size=3), _scalars, max_size=3), max_size=2)
_facts = st.dictionaries(st.text(max_size=3), _scalars | _records, max_size=4)
_spaces = st.sampled_from(["", " ", "\n"])


def _written(value: object, space: str, twice: bool) -> str:
    """Write JSON as somebody might: with spaces before colons, and the members of objects twice."""
    if isinstance(value, dict):
        members = [f"{json.dumps(key)}{space}:{_written(each, space, twice)}" for key, each in value.items()]
        return "{" + ",".join(members * (2 if twice else 1)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(each, space, twice) for each in value) + "]"
    return json.dumps(value, ensure_ascii=False)


@given(_facts, st.text(max_size=4), _spaces, st.booleans())
def test_what_is_read_at_once_is_what_is_read_strictly(
    facts: dict[str, Any], subject: str, space: str, twice: bool
) -> None:
    """Whatever the body, the quick reader gives the same request as the strict one, or leaves it to that."""
    outer = {"policy": "tiny", "subject": subject, "facts": "FACTS"}
    body = _written(outer, space, False).replace('"FACTS"', _written(facts, space, twice)).encode(errors="replace")
    quick = plainjson.read(body)
    try:
        strict: object = convert(strictjson.decode(body), DecisionRequest)
    except ApiError:
        strict = None

    assert quick is None or quick == strict


def test_a_plain_application_is_read_at_once() -> None:
    """What callers mostly send takes no closer look: values, records, texts in Chinese, a moment."""
    loans = [{"overdue_days": 0, "balance": 5}, {"overdue_days": 1, "balance": 7}]
    asked = application(
        facts={"score": 700, "city": "上海", "verified": True, "loans": loans}, as_of="2026-11-22T00:00:00Z"
    )
    body = msgspec.json.encode(asked)

    assert plainjson.read(body) == convert(strictjson.decode(body), DecisionRequest)
    assert plainjson.read(body.replace(b'"score":700', b'"score":700,"score":700')) is None


@pytest.mark.parametrize("first", [True, False])
def test_both_ways_lead_to_one_decision(http: Client, first: bool) -> None:
    """A request on one way and its repetition on the other: one decision, the same bytes and headers."""
    plain, spaced = (json.dumps(application(), separators=(",", colon)).encode() for colon in (":", " : "))
    sent = {"Idempotency-Key": "k", "Content-Type": "application/json"}
    assert (plainjson.read(plain) is None, plainjson.read(spaced) is None) == (False, True)
    bodies = (plain, spaced) if first else (spaced, plain)
    one, two = (http.post("/decisions", content=body, headers=sent) for body in bodies)

    assert (one.status_code, two.status_code) == (201, 201)
    assert one.content == two.content
    assert two.headers["idempotent-replayed"] == "true"
    varying = {"x-request-id", "idempotent-replayed"}
    assert {name: value for name, value in one.headers.items() if name not in varying} == {
        name: value for name, value in two.headers.items() if name not in varying
    }


def test_a_body_in_pieces_is_taken(http: Client) -> None:
    """A body that is sent in chunks, without its length, takes the long way and is decided the same."""
    body = msgspec.json.encode(application())
    pieces = iter((body[:10], body[10:]))
    answer = http.post(
        "/decisions", content=pieces, headers={"Idempotency-Key": "k", "Content-Type": "application/json"}
    )

    assert answer.status_code == 201


def test_who_may_not_decide_is_refused_before_anything_is_read(http: Client, new_key: NewKey) -> None:
    """A key of another role meets the guard, whatever the body holds."""
    sent = {"Idempotency-Key": "k", "Content-Type": "application/json", **as_role(http, new_key(Role.CHANNEL))}
    answers = [
        http.post("/decisions", content=body, headers=sent) for body in (b"{", msgspec.json.encode(application()))
    ]

    assert [answer.status_code for answer in answers] == [403, 403]
