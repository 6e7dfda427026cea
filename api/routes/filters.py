"""The query parameters of searches: what they narrow to, and how pages are turned; each is spelt once, here."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Annotated, Any, Literal

import msgspec
from litestar import Request
from litestar.params import QueryParameter

from api import events
from api.errors import InvalidParameter, Mistake
from api.pages import Pages, Paging
from api.roles import Permission, Principal
from api.search import Where, WhereEntry
from api.service import Service
from engine import Outcome

Caller = Request[Principal, Any, Any]
_INSTANT = "write an instant with its offset, e.g. 2026-11-22T00:00:00Z (a + in a query is written %2B)"


def _text(description: str, longest: int = 100) -> Any:
    return QueryParameter(description=description, max_length=longest)


def _instant(description: str) -> Any:
    # Taken as text: Litestar would read a bare number as seconds, too.
    return QueryParameter(description=description, schema_extra={"format": "date-time"})


Since = Annotated[str | None, _instant("Recorded at this instant or later, RFC 3339")]
Until = Annotated[str | None, _instant("Recorded before this instant, RFC 3339")]
Actor = Annotated[str | None, _text("Who acted, e.g. `key:0123456789ab`, `cli` or `service`")]
Order = Annotated[Literal["newest", "oldest"], QueryParameter(description="Which come first")]
NextPage = Annotated[str | None, _text("`next` of the page before")]
Limit = Annotated[int | None, QueryParameter(ge=1, le=1_000, description="Most items on the page")]
Count = Annotated[bool, QueryParameter(description="Say how many there are on all pages together")]


@dataclass(frozen=True)
class Turning:
    """Which page, in which order."""

    order: Order = "newest"
    cursor: NextPage = None
    limit: Limit = None
    count: Count = False

    def paging(self, service: Service) -> Paging:
        """Give what was asked for, within the service's limit."""
        limit = min(self.limit or service.settings.page_limit, service.settings.page_limit)
        return Paging(limit, self.cursor, self.order == "oldest", self.count)


@dataclass(frozen=True)
class DecisionFilter:
    """What decisions are narrowed to; several filters narrow together."""

    subject: Annotated[str | None, _text("Your reference for the subject", 200)] = None
    outcome: Annotated[Outcome | None, QueryParameter(description="What it came to")] = None
    reason: Annotated[str | None, _text("A reason code that was given")] = None
    rule: Annotated[str | None, _text("A rule that fired")] = None
    policy: Annotated[str | None, _text("The policy decided by")] = None
    version: Annotated[int | None, QueryParameter(ge=1, le=1_000_000, description="The version of the policy")] = None
    actor: Actor = None
    since: Since = None
    until: Until = None

    def where(self, service: Service, caller: Principal) -> Where:
        """Give what a caller's search is narrowed to; without the right to read all it is to its own decisions."""
        return Where(
            subject=_subject(service, self.subject),
            rule=self.rule,
            reason=self.reason,
            outcome=None if self.outcome is None else str(self.outcome),
            policy=self.policy,
            version=self.version,
            actor=self.actor if caller.may(Permission.READ_ALL) else _own(caller, self.actor),
            since=moment("since", self.since),
            until=moment("until", self.until),
        )


@dataclass(frozen=True)
class EntryFilter:
    """What entries are narrowed to; several filters narrow together."""

    kind: Annotated[str | None, _text("What was recorded, e.g. `key_created`", 40)] = None
    actor: Actor = None
    since: Since = None
    until: Until = None

    def where(self) -> WhereEntry:
        """Give what the search is narrowed to."""
        return WhereEntry(self.kind, self.actor, moment("since", self.since), moment("until", self.until))


def refuse_unknown(request: Caller, *taken: type) -> None:
    """Raise InvalidParameter on a parameter that is not taken, or is given twice: it would quietly change nothing."""
    known = [field.metadata.get("name", field.name) for each in taken for field in fields(each)]
    given = [name for name, _ in request.query_params.multi_items()]
    remedy = f"each once at most: {', '.join(known)}"
    mistakes = [Mistake(name[:80], _problem(name, known, given), remedy) for name in dict.fromkeys(given)]
    if wrong := [mistake for mistake in mistakes if mistake.message]:
        raise InvalidParameter(mistakes=wrong)


def pages(service: Service, connection: Any) -> Pages:
    """Open the pages of the log as it is signed now."""
    return Pages(connection, service.ledger.cursors, service.log.checkpoint().size)


def moment(name: str, given: str | None) -> str | None:
    """Write an instant as entries do; raise InvalidParameter on text that is not RFC 3339 or lies outside all years."""
    try:
        return None if given is None else events.instant(msgspec.convert(given, dt.datetime))
    except (ValueError, OverflowError):  # msgspec's own error is a ValueError
        raise InvalidParameter(
            mistakes=[Mistake(name, f"`{(given or '')[:80]}` is not an instant", _INSTANT)]
        ) from None


def _problem(name: str, known: Sequence[str], given: Sequence[str]) -> str:
    if name not in known:
        return f"`{name[:80]}` is not a parameter here"
    return f"`{name}` is given {given.count(name)} times" if given.count(name) > 1 else ""


_NOBODY = ""  #: stands in no row, so a search for it finds nothing


def _subject(service: Service, reference: str | None) -> str | None:
    if reference is None:
        return None
    with service.log.engine.connect() as connection:
        return service.log.vault.find_subject(connection, reference) or _NOBODY


def _own(caller: Principal, actor: str | None) -> str:
    return caller.actor if actor in (None, caller.actor) else _NOBODY
