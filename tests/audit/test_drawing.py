"""What is drawn for a transaction, and what is made from keys."""

from __future__ import annotations

import hmac
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from audit.drawing import OWN_BYTES, Draws, id_of
from audit.seal import OpenKey, bound_to, commit, keyed

MANY = 2_000
#: Keys as ours are, and about as long as a block of the hash.
KEYS = st.sampled_from([0, 1, 32, 63, 64, 65, 150]).flatmap(lambda count: st.binary(min_size=count, max_size=count))


def test_ids_come_in_the_log_s_order_and_are_all_different() -> None:
    """Eight digits say where the log was, also far along, so the ids of later places come later; the rest is drawn."""
    draws = Draws()
    places = [0, 1, 255, 256, 70_000, 2**32 - 1]
    ids = [[draws.id(place) for _ in range(MANY)] for place in places]

    assert len({each for some in ids for each in some}) == MANY * len(places)
    assert {len(each) for some in ids for each in some} == {32}
    assert [{each[:8] for each in some} for some in ids] == [{f"{place:08x}"} for place in places]
    assert all(max(before) < min(after) for before, after in pairwise(ids))
    assert draws.id(2**32 + 5)[:8] == "00000005"  # begins anew, and is as good as before


def test_nothing_is_drawn_twice() -> None:
    """Bytes come once each, also over the end of what was drawn ahead and over the end of a transaction."""
    draws, drawn = Draws(), []
    for number in range(MANY):
        drawn.append(draws.bytes(12 + number % 37))
        if number % 700 == 0:
            draws.begin()

    assert [len(each) for each in drawn] == [12 + number % 37 for number in range(MANY)]
    assert len({each[:12] for each in drawn}) == MANY


@given(st.lists(st.integers(16, 9_000), min_size=1, max_size=6))
def test_more_than_is_drawn_ahead_is_drawn_all_the_same(counts: list[int]) -> None:
    """Any number of bytes comes whole, and what comes before and after has no part in common with it."""
    draws = Draws()
    drawn = [draws.bytes(count) for count in counts]
    pieces = [each[at : at + 16] for each in drawn for at in range(len(each) - 15)]

    assert [len(each) for each in drawn] == counts
    assert len(set(pieces)) == len(pieces)


@given(size=st.integers(0, 2**40), own=st.binary(min_size=OWN_BYTES, max_size=OWN_BYTES))
def test_an_id_is_where_the_log_is_and_what_was_drawn(size: int, own: bytes) -> None:
    """Eight digits of the log's size, which begin anew after 2^32, then every byte that was drawn."""
    written = id_of(size, own)

    assert len(written) == 32
    assert (int(written[:8], 16), bytes.fromhex(written[8:])) == (size % 2**32, own)
    assert id_of(0xABC, bytes(range(OWN_BYTES))) == "00000abc000102030405060708090a0b"


@given(key=KEYS, messages=st.lists(st.binary(max_size=300), max_size=4))
def test_a_keyed_hash_is_the_library_s(key: bytes, messages: list[bytes]) -> None:
    """Set up once or asked each time, with a key shorter or longer than a block: the same HMAC."""
    prepared = keyed(key)

    assert [prepared(each) for each in messages] == [hmac.digest(key, each, "sha256") for each in messages]


@given(key=KEYS, event_id=st.one_of(st.uuids().map(str), st.text(st.characters(codec="utf-8"))))
def test_a_key_commitment_is_the_library_s(key: bytes, event_id: str) -> None:
    """What the leaf holds of a key is the HMAC of the event id in its context, whichever way it is asked for."""
    expected = hmac.digest(key, bound_to("key-commit", event_id), "sha256").hex()

    assert commit(key, event_id) == OpenKey("key", key).commit(event_id) == expected
