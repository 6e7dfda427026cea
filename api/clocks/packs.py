"""Jurisdiction packs: the periods the law gives, or we give ourselves, as dated data (`packs/*.toml`)."""

from __future__ import annotations

import datetime as dt
import itertools
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from api.clocks.calendars import CalendarName
from api.clocks.lengths import Written
from api.errors import ApiError
from api.retention import Title
from engine.policy import Outcome


class PackRefused(ApiError):
    """the jurisdiction pack cannot be used"""


class ClockKind(StrEnum):
    """What is due when a clock ends."""

    ADVERSE_ACTION_NOTICE = "adverse_action_notice"
    INCOMPLETE_NOTICE = "incomplete_notice"
    EXPLANATION = "explanation"
    REVIEW_ANSWER = "review_answer"  #: a person's decision on what was referred
    COUNTER_OFFER = "counter_offer"  #: the notice when an offer of less was not taken up
    APPEAL_ACKNOWLEDGE = "appeal_acknowledge"
    APPEAL_ANSWER = "appeal_answer"
    CORRECTION = "correction"  #: the written answer to a dispute of what a bureau reported
    COMPLAINT_ACKNOWLEDGE = "complaint_acknowledge"
    COMPLAINT_ANSWER = "complaint_answer"
    ACCESS_ANSWER = "access_answer"
    REPORT_REQUEST = "report_request"  #: the applicant's own time to ask for what the bureau reported


Event = Literal["decision", "counter_offer", "appeal", "dispute", "complaint", "access_request"]
MetBy = Literal["notice", "conclusion", "acknowledgement", "answer", "nothing"]
DayOff = Literal["stays", "next business day"]
When = Literal["always", "adverse", "automated"]  #: of a decision: any, an adverse one, one that no person took part in
_ANY = "*"


class Extension(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """By how much a clock may be put off, counted from the end it had."""

    by: Written
    needs_approver: bool
    when: str  #: what has to be the case


class Clock(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One period: what is due, how long after which event, since when, and what that rests on."""

    kind: ClockKind
    title: Title
    begins_with: Event
    met_by: MetBy
    length: Written
    effective_from: dt.date  #: the first day on which an event begins this clock
    statutory: bool  #: False: nobody asks for it but us
    source: str
    verified: bool  #: whether the text, or a reliable summary of it, was read for this pack
    outcomes: tuple[Outcome, ...] = ()  #: of a decision: which of them begin it
    policies: tuple[str, ...] = (_ANY,)  #: of a decision: by which policies
    effective_until: dt.date | None = None  #: the first day on which an event begins it no more
    region: str = ""  #: where less than the whole jurisdiction, ISO 3166-2
    extensions: tuple[Extension, ...] = ()

    def in_force(self, day: dt.date) -> bool:
        """Whether an event on `day` begins it."""
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)

    def begun_by(self, outcome: str, policy: str) -> bool:
        """Whether a decision with this outcome begins it."""
        return self.begins_with == "decision" and outcome in self.outcomes and self._covers(policy)

    def _covers(self, policy: str) -> bool:
        return policy in self.policies or _ANY in self.policies


class Counting(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Whether a period that ends on a day off ends there."""

    day_off: DayOff
    source: str
    verified: bool


class Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What letters tell about somebody's rights, or where they may turn next, in force like a clock."""

    zh: str
    en: str
    effective_from: dt.date
    source: str
    verified: bool
    when: When = "always"
    effective_until: dt.date | None = None

    def in_force(self, day: dt.date) -> bool:
        """Whether a letter about a decision of `day` tells it."""
        return self.effective_from <= day and (self.effective_until is None or day < self.effective_until)


class Pack(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All periods of one jurisdiction."""

    jurisdiction: str
    title: Title
    zone: str  #: whose days are counted, IANA time zone
    calendar: CalendarName
    counting: Counting
    rights: tuple[Told, ...] = msgspec.field(name="right")
    remedies: tuple[Told, ...] = msgspec.field(name="remedy")  #: who comes next if our answer does not satisfy
    clocks: tuple[Clock, ...] = msgspec.field(name="clock")

    @classmethod
    def read(cls, folder: Path, jurisdiction: str) -> Self:
        """Read a jurisdiction's file in a folder; raise PackRefused naming the file, the key and what is wrong."""
        path = folder / f"{jurisdiction.lower()}.toml"
        try:
            pack = msgspec.convert(tomllib.loads(path.read_text("utf-8")), cls)
        except OSError as error:
            known = ", ".join(sorted(each.stem.upper() for each in folder.glob("*.toml"))) or "none"
            detail = f"`{path}` cannot be read: {(error.strerror or '').lower()} (jurisdictions there: {known})"
            raise PackRefused(detail) from None
        except (ValueError, msgspec.ValidationError) as error:
            raise PackRefused(f"{path}: {str(error)[:1].lower()}{str(error)[1:]}") from None
        if findings := list(_findings(pack, jurisdiction)):
            raise PackRefused("\n".join(f"{path}: {finding}" for finding in findings))
        return pack


def _findings(pack: Pack, jurisdiction: str) -> Iterator[str]:
    if pack.jurisdiction != jurisdiction:
        yield f"`jurisdiction` is `{pack.jurisdiction}`, but the file is read for `{jurisdiction}`"
    try:
        ZoneInfo(pack.zone)
    except (ZoneInfoNotFoundError, ValueError):
        yield f"`zone`: `{pack.zone}` is not known here (an IANA name; a bare system wants the package tzdata)"
    for number, clock in enumerate(pack.clocks):
        yield from (f"clock[{number}] `{clock.kind}`: {finding}" for finding in _of_clock(clock))
    for (one, first), (other, second) in itertools.combinations(enumerate(pack.clocks), 2):
        if _ambiguous(first, second):
            yield f"clock[{one}] and clock[{other}] `{first.kind}` are begun by the same event on the same day"


def _of_clock(clock: Clock) -> Iterator[str]:
    if clock.effective_until is not None and clock.effective_until <= clock.effective_from:
        yield "`effective_until` is not after `effective_from`"
    if (clock.begins_with == "decision") != bool(clock.outcomes):
        yield "`outcomes` stand exactly where `begins_with` is `decision`"
    if not clock.policies:
        yield '`policies` is empty (leave it out, or write ["*"])'
    if not clock.source.strip():
        yield "`source` is empty (say what the period rests on, if only our choice)"


def _ambiguous(one: Clock, other: Clock) -> bool:
    if (one.kind, one.begins_with, one.region) != (other.kind, other.begins_with, other.region):
        return False
    together = _before(one.effective_from, other.effective_until) and _before(other.effective_from, one.effective_until)
    outcomes = one.begins_with != "decision" or {*one.outcomes} & {*other.outcomes}
    policies = _ANY in one.policies + other.policies or {*one.policies} & {*other.policies}
    return together and bool(outcomes) and bool(policies)


def _before(day: dt.date, end: dt.date | None) -> bool:
    return end is None or day < end
