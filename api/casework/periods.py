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


class Periods:
    """The periods of cases under one jurisdiction's pack."""

    def __init__(self, rulebook: Rulebook, clocks: Clocks) -> None:
        self._rulebook, self._clocks = rulebook, clocks

    def of_case(self, kind: CaseKind, began_at: dt.datetime) -> Deadline:
        """Give the last day for the conclusion of a case that began at an aware instant."""
        due = self._clocks.due(_CLOCK[kind], began_at)
        return self._rulebook.deadline(kind, began_at) if due is None else Deadline(due.day, due.at)

    def of_answer(self, asked_at: dt.datetime) -> Deadline:
        """Give the last day for the applicant's answer to a question."""
        return days_after(asked_at, self._rulebook.answer_days)

    def put_off(self, kind: CaseKind, began_at: dt.datetime, extended: int) -> Deadline | None:
        """Give the deadline after one more extension, as the jurisdiction grants it; None if it grants none."""
        if self._clocks.extension(_CLOCK[kind], began_at, extended) is None:
            return None
        due = self._clocks.due(_CLOCK[kind], began_at, extended + 1)
        return None if due is None else Deadline(due.day, due.at)
