"""Canonical entry bytes: equal to RFC 8785 within the profile, refused with a path outside it."""

from __future__ import annotations

import enum
import json

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from audit.entry import LARGEST_INTEGER, MOST_BYTES, decode, encode
from audit.errors import EntryRefused
from audit.leaf import Leaf
from audit.seal import Sealed
from tests.audit.cases import entry, event

texts = st.text(st.characters(codec="utf-8"), max_size=20)
names = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=1, max_size=8)
scalars = st.none() | st.booleans() | st.integers(-LARGEST_INTEGER, LARGEST_INTEGER) | texts
documents = st.dictionaries(
    names, st.recursive(scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(names, inner, max_size=4))
)


class Colour(enum.StrEnum):
    """A kind of text that is more than text."""

    RED = "red"


@given(documents)
def test_the_bytes_are_those_of_rfc_8785(document: dict[str, object]) -> None:
    """Another implementation of RFC 8785 writes the same bytes, and they decode to the same document."""
    encoded = encode(document)

    assert encoded == rfc8785.dumps(document)  # type: ignore[arg-type]  # its alias of JSON is narrower
    assert decode(encoded) == json.loads(encoded)
    assert encode(decode(encoded)) == encoded


def test_every_character_is_written_as_rfc_8785_says() -> None:
    """Each code point of the Basic Multilingual Plane, surrogates aside, is escaped or not as RFC 8785 asks."""
    every = "".join(chr(point) for point in range(0x10000) if not 0xD800 <= point < 0xE000)
    for start in range(0, len(every), 8000):
        document = {"text": every[start : start + 8000]}
        assert encode(document) == rfc8785.dumps(document)


@pytest.mark.parametrize(
    ("document", "path"),
    [
        ({"a": 1.5}, "$.a"),
        ({"a": [0, {"b": -0.0}]}, "$.a[1].b"),
        ({"a": float("nan")}, "$.a"),
        ({"a": LARGEST_INTEGER + 1}, "$.a"),
        ({"a": -LARGEST_INTEGER - 1}, "$.a"),
        ({"a": b"bytes"}, "$.a"),
        ({"a": {1: 2}}, "$.a"),
        ({"schlüssel": 1}, "$"),
        ({"": 1}, "$"),
        ({"a": {"tab\t": 1}}, "$.a"),
        ({"a": Colour.RED}, "$.a"),
        ({"a": {1, 2}}, "$.a"),
        ({"a": "\ud800"}, "$"),
        ({"a": "x" * MOST_BYTES}, "$"),
    ],
)
def test_what_is_outside_the_profile_is_refused_with_its_path(document: dict[str, object], path: str) -> None:
    """A float, a large integer, an odd key, bad Unicode, an odd type or too much is refused where it stands."""
    with pytest.raises(EntryRefused) as caught:
        encode(document)

    assert caught.value.path == path
    assert str(caught.value).startswith(f"entry refused at `{path}`: ")


def test_the_largest_entry_is_accepted() -> None:
    """65,535 bytes are an entry, one more is not."""
    assert len(encode({"a": "x" * (MOST_BYTES - len('{"a":""}'))})) == MOST_BYTES


def test_deep_nesting_is_refused() -> None:
    """32 levels are accepted, a thousand are refused rather than recursed into."""
    deep: object = 1
    for _ in range(31):
        deep = [deep]
    encode({"a": deep})
    for _ in range(1000):
        deep = [deep]

    with pytest.raises(EntryRefused, match="nested deeper"):
        encode({"a": deep})


@pytest.mark.parametrize(
    "encoded",
    [
        b"",
        b"[]",
        b"null",
        b'{"a":1.0}',
        b'{"a":1e3}',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"a":"\\u0041"}',
        b'{"a":"\\/"}',
        b'{"a":"\xff"}',
        b'{"a":9007199254740992}',
        b"[" * 100_000,
    ],
)
def test_bytes_that_are_not_canonical_are_refused(encoded: bytes) -> None:
    """Bytes that `encode` would not have written are not an entry."""
    with pytest.raises(EntryRefused):
        decode(encoded)


SEALED = Sealed("person", event(1), "noted", "key", bytes(12), bytes(20), "a" * 64, "b" * 64)


@pytest.mark.parametrize(
    ("fields", "path"),
    [
        ({"id": None}, "$.id"),
        ({"id": "not-a-uuid"}, "$.id"),
        ({"id": event(2)}, "$.id"),
        ({"kind": ""}, "$.kind"),
        ({"kind": 5}, "$.kind"),
        ({"kind": "other"}, "$.kind"),
        ({"subject": None}, "$"),
        ({"subject": "another"}, "$.subject"),
        ({"sealed": None}, "$.sealed"),
        ({"sealed": {"sha256": "a" * 64}}, "$.sealed"),
        ({"sealed": {"sha256": "a" * 64, "key_commit": "B" * 64}}, "$.sealed.key_commit"),
        ({"sealed": {"sha256": "c" * 64, "key_commit": "b" * 64}}, "$.sealed"),
    ],
)
def test_an_entry_must_say_what_it_is_appended_as(fields: dict[str, object], path: str) -> None:
    """Event id, kind, subject and commitment in the entry must be those of the append and its sealed part."""
    good = entry(1, subject="person", sealed=SEALED.commitment)
    Leaf.read(good).matches(event(1), SEALED)

    with pytest.raises(EntryRefused) as caught:
        Leaf.read({**good, **fields}).matches(event(1), SEALED)
    assert caught.value.path == path
