"""When to try again: ever longer pauses, spread at random so that a receiver that comes back is not run over."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

FIRST_SECONDS = 5.0
FACTOR = 3.0
LONGEST_SECONDS = 12 * 3600.0


class Pace:
    """Pauses between attempts; `draw` gives a number from 0 up to 1, `tries` is how many attempts there are."""

    def __init__(self, tries: int, draw: Callable[[], float], first_seconds: float = FIRST_SECONDS) -> None:
        self._tries, self._draw, self._first = tries, draw, first_seconds

    def pause(self, attempts: int, asked_seconds: int = 0) -> dt.timedelta | None:
        """Give the pause after so many attempts, at least what the receiver asked for; None when it was the last."""
        if attempts >= self._tries:
            return None
        planned = min(LONGEST_SECONDS, self._first * FACTOR ** (attempts - 1))
        spread = planned * (0.5 + self._draw())
        return dt.timedelta(seconds=max(spread, min(asked_seconds, LONGEST_SECONDS)))
