"""Strict JSON against the standard library: the same values where both take a text, else a refusal that says why."""

from __future__ import annotations

import contextlib
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.errors import MalformedJson
from api.strictjson import DEPTH, LARGEST, decode

pytestmark = pytest.mark.hypothesis

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-LARGEST, LARGEST) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=20,
)


def levels(value: object) -> int:
    """Count how deep a value is nested."""
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else None
    return 0 if inner is None else 1 + max(map(levels, inner), default=0)


@given(PLAIN.filter(lambda value: levels(value) <= DEPTH), st.booleans())
def test_what_json_writes_is_read_back(value: object, ascii_only: bool) -> None:
    """Any value without floats and big numbers comes through unchanged, escaped or not."""
    assert decode(json.dumps(value, ensure_ascii=ascii_only).encode()) == value


@given(st.binary(max_size=60) | st.text(alphabet='{}[]":,0123456789.eE-+ntrufalsNI\\u ', max_size=40).map(str.encode))
def test_any_bytes_are_taken_or_refused_with_a_reason(body: bytes) -> None:
    """Whatever is sent, the outcome is a value that JSON knows too, or a refusal with message and remedy."""
    with contextlib.suppress(MalformedJson):
        assert decode(body) == json.loads(body)
        return
    with pytest.raises(MalformedJson) as refused:
        decode(body)
    assert refused.value.mistakes
    assert all(mistake.message and mistake.remedy for mistake in refused.value.mistakes)


@given(st.floats(), st.integers(0, 3))
def test_a_float_is_refused_where_it_stands(number: float, position: int) -> None:
    """However a float is written, and wherever it stands, its path is named."""
    items: list[object] = [0, 1, 2, 3]
    items[position] = number
    with pytest.raises(MalformedJson) as refused:
        decode(json.dumps({"facts": {"loans": items}}).encode())
    assert [mistake.path for mistake in refused.value.mistakes] == [f"facts.loans[{position}]"]


@given(st.integers(min_value=LARGEST + 1) | st.integers(max_value=-LARGEST - 1))
def test_a_number_others_cannot_hold_exactly_is_refused(number: int) -> None:
    """Beyond 2^53 - 1 in either direction a whole number is refused, whatever its length."""
    with pytest.raises(MalformedJson, match=r"2\^53"):
        decode(str(number).encode())


def test_the_largest_numbers_are_taken() -> None:
    """Both ends of the range belong to it."""
    assert decode(f"[{LARGEST}, -{LARGEST}, -0]".encode()) == [LARGEST, -LARGEST, 0]


def test_the_depth_is_counted_exactly() -> None:
    """The deepest level allowed is taken, one more is refused at its path."""
    assert decode(b"[" * DEPTH + b"]" * DEPTH) is not None
    with pytest.raises(MalformedJson, match="levels") as refused:
        decode(b"[" * (DEPTH + 1) + b"]" * (DEPTH + 1), root="facts")
    assert refused.value.mistakes[0].path == "facts" + "[0]" * DEPTH


def test_every_refusal_comes_at_once() -> None:
    """Three different faults in one text are three mistakes."""
    with pytest.raises(MalformedJson) as refused:
        decode(b'{"a": 1.5, "b": {"c": 1, "c": 2}, "d": [NaN]}', root="facts")
    assert [mistake.path for mistake in refused.value.mistakes] == ["facts.a", "facts.b.c", "facts.d[0]"]


def test_nul_is_refused_where_it_stands() -> None:
    """A NUL in a text or a key, however it is escaped, is refused with its path: no text of PostgreSQL holds it."""
    with pytest.raises(MalformedJson) as refused:
        decode(b'{"facts": {"city": "x\\u0000", "a\\u0000": 1}}')

    assert [mistake.path for mistake in refused.value.mistakes] == ["facts.city", "facts"]
    assert all("NUL" in mistake.message for mistake in refused.value.mistakes)
