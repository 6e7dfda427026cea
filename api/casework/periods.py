"""Until when a case has to be answered: as the jurisdiction says, else as we chose ourselves."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from api.casework.rulebook import Rulebook, days_after
from api.casework.states import CaseKind, Deadline
from api.clocks import ClockKind, Clocks

_CLOCK: Mapping[CaseKind, ClockKind] = {
    CaseKind.REVIEW: ClockKind.REVIEW_ANSWER,
    CaseKind.APPEAL: ClockKind.APPEAL_ANSWER,
}
_REMEMBERED = 64  #: days


class Periods:
    """The periods of cases under one jurisdiction's pack."""

    def __init__(self, rulebook: Rulebook, clocks: Clocks) -> None:
        self._rulebook, self._clocks = rulebook, clocks
        self._known: dict[tuple[CaseKind, dt.date, dt.date], Deadline] = {}

    def of_case(self, kind: CaseKind, began_at: dt.datetime) -> Deadline:
        """Give the last day for the conclusion of a case that began at an aware instant.

        All that begins on one day, here and in UTC, ends on one day; the writer's thread asks, so it is remembered.
        """
        day = kind, self._clocks.day(began_at), began_at.astimezone(dt.UTC).date()
        if (known := self._known.get(day)) is not None:
            return known
        if len(self._known) >= _REMEMBERED:
            self._known.clear()
        self._known[day] = found = self._counted(kind, began_at)
        return found

    def _counted(self, kind: CaseKind, began_at: dt.datetime) -> Deadline:
        due = self._clocks.due(_CLOCK[kind], began_at)
        return self._rulebook.deadline(kind, began_at) if due is None else Deadline(due.day, due.at)

    def warm(self, now: dt.datetime) -> None:
        """Load the calendar before anybody waits for it: the library takes its time, once."""
        for kind in CaseKind:
            self.of_case(kind, now)

    def of_answer(self, asked_at: dt.datetime) -> Deadline:
        """Give the last day for the applicant's answer to a question."""
        return days_after(asked_at, self._rulebook.answer_days)

    def put_off(self, kind: CaseKind, began_at: dt.datetime, extended: int) -> Deadline | None:
        """Give the deadline after one more extension, as the jurisdiction grants it; None if it grants none."""
        if self._clocks.extension(_CLOCK[kind], began_at, extended) is None:
            return None
        due = self._clocks.due(_CLOCK[kind], began_at, extended + 1)
        return None if due is None else Deadline(due.day, due.at)
