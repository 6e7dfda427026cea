"""Deciding again: until nothing comes between, in turns, and not for ever."""

from __future__ import annotations

import asyncio
from concurrent.futures import Future

import pytest

from api.accounts.account import Account, Status
from api.accounts.errors import LineBusy, LineMoved
from api.accounts.repeating import MOST_ATTEMPTS, settle, settled
from tests.api.accounts.test_steps import account

LINE = account(Status.ACTIVE)


class Line:
    """A line that moves `moves` times before it lets a change through; it counts attempts."""

    def __init__(self, moves: int, subject: str = "s") -> None:
        self.moves, self.subject, self.attempts = moves, subject, 0
        self.taken: list[Account | None] = []

    def begin(self, taken: Account | None) -> Future[str]:
        """Attempt a change."""
        self.attempts += 1
        self.taken.append(taken)
        future: Future[str] = Future()
        if self.attempts <= self.moves:
            future.set_exception(LineMoved(self.subject, LINE))
        else:
            future.set_result("done")
        return future


@pytest.mark.parametrize("moves", [0, 1, 2, 50])
def test_a_decision_is_taken_again_on_what_is_true(moves: int) -> None:
    """The first attempt knows of no account, the others rest on the one they were given."""
    waiting, blocking = Line(moves), Line(moves)

    assert asyncio.run(settled(waiting.begin)) == settle(blocking.begin) == "done"
    assert waiting.taken == blocking.taken == [None, *[LINE] * moves]


def test_an_attempt_under_way_is_not_begun_anew() -> None:
    """A caller that has begun already passes what it began."""
    line = Line(1)
    first = line.begin(None)

    assert settle(line.begin, first) == "done"
    assert line.attempts == 2


def test_a_line_that_moves_without_end_is_busy() -> None:
    """After so many attempts the caller is told to come back with the same key."""
    waiting, blocking = Line(10**6), Line(10**6)
    with pytest.raises(LineBusy, match="same Idempotency-Key"):
        asyncio.run(settled(waiting.begin))
    with pytest.raises(LineBusy, match="same Idempotency-Key"):
        settle(blocking.begin)

    assert (waiting.attempts, blocking.attempts) == (MOST_ATTEMPTS + 1, MOST_ATTEMPTS)


def test_callers_of_one_line_take_turns() -> None:
    """Of many at the same moment one decides again at a time; callers of another line do not wait for them."""
    under_way: dict[str, int] = {"s": 0, "t": 0}
    most: dict[str, int] = {"s": 0, "t": 0}

    async def change(subject: str) -> str:
        loop = asyncio.get_running_loop()

        def begin(taken: Account | None) -> asyncio.Future[str]:
            future: asyncio.Future[str] = loop.create_future()
            if taken is None:
                future.set_exception(LineMoved(subject, LINE))
                return future
            under_way[subject] += 1
            most[subject] = max(most[subject], under_way[subject])
            loop.call_later(0.001, end, future)
            return future

        def end(future: asyncio.Future[str]) -> None:
            under_way[subject] -= 1
            future.set_result(subject)

        return await settled(begin)

    async def all_of_them() -> list[str]:
        return await asyncio.gather(*(change(subject) for subject in "st" * 10))

    assert sorted(asyncio.run(all_of_them())) == ["s"] * 10 + ["t"] * 10
    assert most == {"s": 1, "t": 1}
