"""What casework is held to, as data (`casework.toml`): leases, second persons, reasons, periods of our own choice."""

from __future__ import annotations

import datetime as dt
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from api.casework.states import CaseKind, Deadline, Result
from api.errors import ApiError, InvalidBody, Mistake
from engine.vocabulary import Text

_EVERY = "*"
_DAY = dt.timedelta(days=1)
_Days = Annotated[int, Meta(ge=1, le=3_650)]


class RulebookRefused(ApiError):
    """the rules of casework cannot be used"""


class SecondPerson(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """When a conclusion takes two."""

    policy: str
    why: str
    above_fen: Annotated[int, Meta(ge=0)] | None = None
    results: tuple[Result, ...] = ()

    def asks(self, policy: str, result: Result, limit_fen: int | None) -> bool:
        """Whether this row asks for one."""
        if self.policy not in {policy, _EVERY}:
            return False
        if self.results and result not in self.results:
            return False
        return self.above_fen is None or (limit_fen is not None and limit_fen > self.above_fen)


class ReasonCode(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why a case ended so."""

    code: Annotated[str, Meta(pattern=r"^[a-z][a-z0-9_]{0,63}$")]
    title: Text


class Rulebook(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All of it."""

    lease_minutes: Annotated[int, Meta(ge=1, le=1_440)]
    answer_days: _Days
    review_days: _Days
    appeal_days: _Days
    reasons: Annotated[tuple[ReasonCode, ...], Meta(min_length=1)] = msgspec.field(name="reason")
    second_person: tuple[SecondPerson, ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a file; raise RulebookRefused naming it and what is wrong in it."""
        try:
            found = msgspec.convert(tomllib.loads(path.read_text("utf-8")), cls)
        except OSError as error:
            raise RulebookRefused(f"`{path}` cannot be read: {(error.strerror or '').lower()}") from None
        except (ValueError, msgspec.ValidationError) as error:
            raise RulebookRefused(f"{path}: {str(error)[:1].lower()}{str(error)[1:]}") from None
        if findings := list(_findings(found)):
            raise RulebookRefused("\n".join(f"{path}: {finding}" for finding in findings))
        return found

    @property
    def lease(self) -> dt.timedelta:
        """How long a claim lasts."""
        return dt.timedelta(minutes=self.lease_minutes)

    def needs_second(self, policy: str, result: Result, limit_fen: int | None) -> bool:
        """Whether a conclusion takes a second person; `limit_fen` is what the new decision offers."""
        return any(row.asks(policy, result, limit_fen) for row in self.second_person)

    def checked(self, codes: tuple[str, ...]) -> tuple[str, ...]:
        """Give reason codes as they were sent; raise InvalidBody on one that is not in the list."""
        known = [each.code for each in self.reasons]
        wrong = [code for code in codes if code not in known]
        if wrong:
            remedy = f"choose of: {', '.join(known)}"
            raise InvalidBody(
                mistakes=[Mistake("because", f"`{code[:80]}` is no reason here", remedy) for code in wrong]
            )
        return codes

    def deadline(self, kind: CaseKind, began_at: dt.datetime) -> Deadline:
        """Give the period of our own choice, where no law gives one."""
        return days_after(began_at, self.review_days if kind is CaseKind.REVIEW else self.appeal_days)


def days_after(moment: dt.datetime, days: int) -> Deadline:
    """Give the end of the day so many days later, UTC."""
    day = moment.astimezone(dt.UTC).date() + days * _DAY
    return Deadline(day, dt.datetime.combine(day + _DAY, dt.time.min, dt.UTC))


def _findings(found: Rulebook) -> Iterator[str]:
    codes = [each.code for each in found.reasons]
    yield from (f"reason `{code}` is there twice" for code in sorted({*codes}) if codes.count(code) > 1)
    for number, row in enumerate(found.second_person):
        if row.above_fen is not None and row.results and not {*row.results} & _OFFERING:
            yield f"second_person[{number}]: results that bring no decision never offer more than `above_fen`"


_OFFERING = frozenset({Result.DECIDE, Result.OVERTURN, Result.POLICY_DEFECT})
