"""Days as people type them: they begin and end in the reader's time zone."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from api.errors import InvalidParameter, Mistake


def midnight(name: str, text: str, zone: dt.tzinfo, later: int = 0) -> str:
    """Give the instant a day begins, or `later` days after; raise InvalidParameter naming the field."""
    try:
        day = dt.date.fromisoformat(text) + dt.timedelta(days=later)
        return dt.datetime.combine(day, dt.time(), zone).isoformat()
    except (ValueError, OverflowError):
        problem = f"`{text[:20]}` is not a day"
        raise InvalidParameter(mistakes=[Mistake(name, problem, "write it 2026-11-22")]) from None


def stretch(asked: Mapping[str, str], zone: dt.tzinfo) -> tuple[str | None, str | None]:
    """Give the instants that `since` and `until` stand for; the last day is within."""
    since = midnight("since", asked["since"], zone) if asked.get("since") else None
    until = midnight("until", asked["until"], zone, 1) if asked.get("until") else None
    return since, until


def taken(given: Mapping[str, str], known: tuple[str, ...]) -> dict[str, str]:
    """Give the parameters that say something; raise InvalidParameter on one that is not known."""
    if unknown := [name for name in given if name not in known]:
        problem = f"`{unknown[0][:80]}` is not a filter here"
        raise InvalidParameter(mistakes=[Mistake(unknown[0][:80], problem, f"each once: {', '.join(known)}")])
    return {name: str(value).strip() for name, value in given.items() if str(value).strip()}
