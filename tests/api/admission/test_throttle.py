"""Who guesses is slowed down, whoever they guess at is not; and nobody's memory grows by it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from api.admission.buckets import Buckets
from api.admission.limits import Limits
from api.admission.throttle import Attempt, Throttle
from api.errors import Throttled

HERE, THERE = "192.0.2.1", "198.51.100.7"


class Hand:
    """A monotonic clock that tests turn."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.at


@pytest.fixture
def hand() -> Hand:
    """Stand at zero."""
    return Hand()


@pytest.fixture
def throttle(hand: Hand) -> Throttle:
    """Let three be refused, and one more every ten seconds."""
    return Throttle(3, 10.0, hand, capacity=50)


def guess(throttle: Throttle, attempt: Attempt) -> None:
    """Show a credential that is refused."""
    throttle.begin(attempt)


def refused(attempt: Callable[[], object]) -> int:
    """Expect to be sent away, and give for how many seconds."""
    with pytest.raises(Throttled) as thrown:
        attempt()
    return int(thrown.value.headers["Retry-After"])


def test_after_so_many_failures_an_address_waits(throttle: Throttle, hand: Hand) -> None:
    """Whatever it sends next is not even looked at, until the time it was told is over; then one more is."""
    for number in range(3):
        guess(throttle, Attempt(HERE, f"key{number}"))
    assert refused(lambda: guess(throttle, Attempt(HERE, "another"))) == 10
    guess(throttle, Attempt(THERE, "another"))
    hand.at = 9.9
    assert refused(lambda: throttle.check(Attempt(HERE))) == 1
    hand.at = 10.0
    guess(throttle, Attempt(HERE))
    assert refused(lambda: throttle.check(Attempt(HERE))) == 10


def test_a_key_that_is_guessed_at_from_everywhere_waits_too(throttle: Throttle) -> None:
    """Three failures from three addresses: nobody new may try this key, any other they may."""
    for number in range(3):
        guess(throttle, Attempt(f"203.0.113.{number}", "victim"))
    assert refused(lambda: guess(throttle, Attempt(THERE, "victim"))) == 10
    guess(throttle, Attempt(THERE, "another"))


def test_strangers_cannot_shut_out_a_key(throttle: Throttle) -> None:
    """Where a key was good before it goes on being checked, though its id and even its address are used up."""
    holder = Attempt(HERE, "victim")
    throttle.begin(holder)
    throttle.forgive(holder)
    throttle.welcome(holder)
    for number in range(3):
        guess(throttle, Attempt(f"203.0.113.{number}", "victim"))
        guess(throttle, Attempt(HERE, f"guess{number}"))
    throttle.begin(holder)
    throttle.forgive(holder)
    assert refused(lambda: throttle.check(Attempt(THERE, "victim")))
    for _ in range(3):
        guess(throttle, holder)
    assert refused(lambda: throttle.check(holder)), "guesses from where it is known count as well, for themselves"


def test_what_is_forgiven_does_not_count(throttle: Throttle) -> None:
    """A thousand good credentials in a row use nothing up."""
    for _ in range(1_000):
        throttle.begin(Attempt(HERE, "good"))
        throttle.forgive(Attempt(HERE, "good"))
    throttle.check(Attempt(HERE, "good"))


def test_memory_is_bounded(throttle: Throttle) -> None:
    """Ten thousand made-up keys, addresses and holders leave as much behind as fits."""
    for number in range(10_000):
        throttle.welcome(Attempt(f"h{number}", "k"))
        try:
            guess(throttle, Attempt(HERE, f"made-up-{number}"))
        except Throttled:
            guess(throttle, Attempt(f"2001:db8:{number:x}::/64"))
    assert len(throttle._buckets) <= 50
    assert len(throttle._familiar) <= 50


def test_a_bucket_fills_evenly_and_never_beyond(hand: Hand) -> None:
    """Spent tokens come back one by one; however long one waits, there are no more than its size."""
    buckets = Buckets(4, 2.0, hand)
    assert [buckets.spend("a") for _ in range(4)] == [3, 2, 1, 0]
    hand.at = 3.0
    assert buckets.level("a") == 1.5
    hand.at = 1_000.0
    assert buckets.level("a") == 4
    assert buckets.spend("a", -1) == 4


def test_a_quota_is_told_and_kept(hand: Hand) -> None:
    """So many requests, then 429 with the time to wait; what was refused is not counted, so waiting helps."""
    limits = Limits(3, 60, hand)
    assert limits.policy == (b"ratelimit-policy", b'"default";q=3;w=60')
    told = [limits.take("key:a").headers(limits.policy)[1][1] for _ in range(3)]
    assert told == [b'"default";r=2;t=20', b'"default";r=1;t=40', b'"default";r=0;t=60']
    for _ in range(5):
        over = limits.take("key:a")
        assert over.left < 0
    assert over.headers(limits.policy)[1][1] == b'"default";r=0;t=60'
    assert limits.refusal(over).headers == {"Retry-After": "20"}
    assert limits.take("key:b").left == 2
    hand.at = 20.0
    assert limits.take("key:a").left == 0


def test_no_quota_limits_nobody(hand: Hand) -> None:
    """A quota of 0 is said to be none."""
    assert Limits(0, 60, hand).unlimited
    assert not Limits(1, 60, hand).unlimited
