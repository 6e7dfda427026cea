"""What is drawn for a transaction, and what is made from keys."""

from __future__ import annotations

import hmac

from hypothesis import given
from hypothesis import strategies as st

from audit.drawing import Draws
from audit.seal import keyed

MANY = 2_000


def test_ids_of_a_transaction_begin_alike_and_are_all_different() -> None:
    """Eight digits are shared by what is drawn together, and by nothing that is drawn after."""
    draws = Draws()
    ids = [draws.id() for _ in range(MANY)]
    draws.begin()
    later = [draws.id() for _ in range(MANY)]

    assert len({*ids, *later}) == 2 * MANY
    assert {len(each) for each in (*ids, *later)} == {32}
    assert len({each[:8] for each in ids}) == len({each[:8] for each in later}) == 1
    assert ids[0][:8] != later[0][:8]


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
