"""Retention classes: how long what is sealed must be kept and when it goes, as dated data (`retention.toml`)."""

from __future__ import annotations

import calendar
import datetime as dt
import tomllib
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from api.errors import ApiError

_Months = Annotated[int, Meta(ge=0, le=1_200)]
_EVERYTHING = "*"


class RetentionRefused(ApiError):
    """the retention classes cannot be used"""


class Title(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A name for people."""

    zh: str
    en: str


class Term(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What applies from a date on, until the next term begins."""

    begins: dt.date = msgspec.field(name="from")
    keep_months: _Months  #: a duty to keep: until then an erasure waits
    remove_months: _Months  #: from then on it goes unasked
    source: str


class RetentionClass(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One class of records and its terms, oldest first."""

    name: str
    jurisdiction: str
    policies: tuple[str, ...]
    title: Title
    terms: Annotated[tuple[Term, ...], Meta(min_length=1)] = msgspec.field(name="term")

    def term(self, today: dt.date) -> Term:
        """Give the term in force; the first one also counts before it began."""
        return next((term for term in reversed(self.terms) if term.begins <= today), self.terms[0])

    def keep_until(self, decided: dt.date, today: dt.date) -> dt.date:
        """Give the first day on which what was decided then may be erased, by the terms of `today`."""
        return months_after(decided, self.term(today).keep_months)

    def remove_on(self, decided: dt.date, today: dt.date) -> dt.date:
        """Give the first day on which it is removed unasked."""
        return months_after(decided, self.term(today).remove_months)


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    classes: tuple[RetentionClass, ...] = msgspec.field(name="class")


class Schedule:
    """The classes of one jurisdiction."""

    def __init__(self, jurisdiction: str, classes: tuple[RetentionClass, ...]) -> None:
        self.jurisdiction, self.classes = jurisdiction, classes
        self._by_policy = {policy: each for each in classes for policy in each.policies}

    @classmethod
    def read(cls, path: Path, jurisdiction: str) -> Self:
        """Read a file of classes; raise RetentionRefused naming the file and what is wrong in it."""
        try:
            classes = msgspec.convert(tomllib.loads(path.read_text("utf-8")), _File).classes
        except OSError as error:
            raise RetentionRefused(f"`{path}` cannot be read: {(error.strerror or '').lower()}") from None
        except (ValueError, msgspec.ValidationError) as error:
            raise RetentionRefused(f"{path}: {str(error)[:1].lower()}{str(error)[1:]}") from None
        if findings := _findings(classes, jurisdiction):
            raise RetentionRefused("\n".join(f"{path}: {finding}" for finding in findings))
        return cls(jurisdiction, tuple(each for each in classes if each.jurisdiction == jurisdiction))

    def of(self, policy: str) -> RetentionClass:
        """Give the class of what a policy decided; every other entry belongs to the class of `*`."""
        return self._by_policy.get(policy) or self._by_policy[_EVERYTHING]


def months_after(day: dt.date, months: int) -> dt.date:
    """Give the same day so many months later, or the month's last day where there is no such day."""
    years, month = divmod(day.month - 1 + months, 12)
    year = min(day.year + years, dt.MAXYEAR)
    return dt.date(year, month + 1, min(day.day, calendar.monthrange(year, month + 1)[1]))


def months_before(day: dt.date, months: int) -> dt.date:
    """Give the day so many months earlier, or up to a month later: whatever is due by then began before it."""
    years, month = divmod(day.month - 1 - months, 12)
    return dt.date(max(day.year + years, dt.MINYEAR), month + 1, 28) + dt.timedelta(days=3)


def _findings(classes: tuple[RetentionClass, ...], jurisdiction: str) -> list[str]:
    known = sorted({each.jurisdiction for each in classes})
    if jurisdiction not in known:
        return [f"no class for jurisdiction `{jurisdiction}` (there are {', '.join(known) or 'none'})"]
    found = [finding for each in classes for finding in _of_class(each)]
    for place in known:
        policies = [policy for each in classes if each.jurisdiction == place for policy in each.policies]
        found += [f"`{policy}` has two classes in {place}" for policy in {*policies} if policies.count(policy) > 1]
        found += [] if _EVERYTHING in policies else [f'{place} has no class for "*", which every other entry needs']
    names = [each.name for each in classes]
    return sorted(found + [f"class `{name}` is there twice" for name in {*names} if names.count(name) > 1])


def _of_class(found: RetentionClass) -> list[str]:
    began = [term.begins for term in found.terms]
    wrong = [term for term in found.terms if term.remove_months < term.keep_months]
    lines = [f"class `{found.name}`: from {term.begins} it is removed before it may be" for term in wrong]
    return (
        lines if began == sorted({*began}) else [*lines, f"class `{found.name}`: terms must follow each other by date"]
    )
