"""What is drawn for a transaction, and what is made from keys."""

from __future__ import annotations

import hmac
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from audit.drawing import Draws
from audit.seal import keyed

MANY = 2_000


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


@given(key=st.binary(max_size=150), messages=st.lists(st.binary(max_size=300), max_size=4))
def test_a_keyed_hash_is_the_library_s(key: bytes, messages: list[bytes]) -> None:
    """Set up once or asked each time, with a key shorter or longer than a block: the same HMAC."""
    prepared = keyed(key)

    assert [prepared(each) for each in messages] == [hmac.digest(key, each, "sha256") for each in messages]
