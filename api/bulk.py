"""Many decisions in one request: each decided, recorded and answered as if it had come alone.

Every item has its own idempotency key, so a bulk that was cut off is sent again as it is. An item that is refused keeps
nobody else from being decided, and no item is answered before it is durable.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from functools import partial
from http import HTTPStatus
from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api import strictjson
from api.accounts.repeating import settled
from api.auth import demand_policy
from api.errors import ApiError, InvalidBody, Mistake, TooLarge
from api.intake import convert
from api.logs import log_fault
from api.ndjson import Line
from api.problems import Problem, describe
from api.recording import Recorded
from api.roles import Principal
from api.schemas import DecisionAnswer, DecisionRequest
from api.workflow import Workflow

MOST = 500  #: items of one request


class BulkItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One application with its idempotency key."""

    key: Annotated[
        str,
        Meta(
            min_length=1,
            max_length=255,
            pattern=r"\S",
            description="As `Idempotency-Key` of POST /decisions, and of the same set: one per application",
        ),
    ]
    request: Annotated[
        dict[str, Any], Meta(description="What POST /decisions takes; a mistake in it refuses this item")
    ]


class BulkRequest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Applications, each by itself."""

    items: Annotated[list[BulkItem], Meta(min_length=1, max_length=MOST)]


class BulkAnswer(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What became of one item, as POST /decisions would have answered it."""

    key: str  #: empty if a line of NDJSON could not be read so far
    status: int
    line: int | UnsetType = UNSET  #: of NDJSON: which line, from 1, blank ones counted; 0: all that were too many
    replayed: bool = False  #: an earlier request with this key recorded it
    decision: DecisionAnswer | UnsetType = UNSET  #: if status is 201
    problem: Problem | UnsetType = UNSET  #: otherwise


class BulkAnswers(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer for each item, in their order."""

    items: list[BulkAnswer]


class Bulk:
    """Decides items for one caller."""

    def __init__(self, workflow: Workflow, caller: Principal, depth: int = strictjson.DEPTH) -> None:
        """`depth` is how deep the JSON of a line may go."""
        self._workflow, self._caller, self._depth = workflow, caller, depth

    async def decide(self, items: Sequence[BulkItem]) -> bytes:
        """Decide all and give the body of the answer, with the very bytes each decision was recorded with."""
        waiting = []
        for item in items:
            waiting.append(asyncio.ensure_future(self._answered(item)))
            await asyncio.sleep(0)  # the engine has one thread: let others be decided between two items
        return _joined(await asyncio.gather(*waiting))

    async def line(self, line: Line | TooLarge) -> bytes:
        """Decide one line of NDJSON and give the line that answers it; TooLarge is what is said of all lines beyond."""
        if isinstance(line, TooLarge):
            return _refused_line(0, line)
        try:
            item: BulkItem = convert(strictjson.decode(_fitting(line), depth=self._depth), BulkItem)
        except ApiError as error:
            return _refused_line(line.number, error)
        return b'{"line":%d,%b\n' % (line.number, (await self._answered(item))[1:])

    async def _answered(self, item: BulkItem) -> bytes:
        try:
            recorded = await self._recorded(item)
            if not recorded.replayed:
                return _decided(item.key, self._workflow.answer(recorded, self._caller.actor), replayed=False)
            answer = await asyncio.to_thread(self._workflow.answer, recorded, self._caller.actor)
            return _decided(item.key, answer, replayed=True)
        except Exception as error:  # noqa: BLE001  # whatever it was, it is this item's answer and nobody else's
            return _refused(item.key, error)

    async def _recorded(self, item: BulkItem) -> Recorded:
        request: DecisionRequest = convert(item.request, DecisionRequest)
        demand_policy(self._caller, request.policy)
        if request.dry_run:
            remedy = "leave it out, or send the application to POST /decisions"
            raise InvalidBody(mistakes=[Mistake("dry_run", "a bulk records what it decides", remedy)])
        return await settled(partial(self._workflow.ask, request, self._caller.actor, item.key))


def _decided(key: str, answer: bytes, *, replayed: bool) -> bytes:
    marked = b',"replayed":true' if replayed else b""
    return b'{"key":%b,"status":%d%b,"decision":%b}' % (msgspec.json.encode(key), HTTPStatus.CREATED, marked, answer)


def _refused(key: str, error: Exception) -> bytes:
    problem = describe(error)
    if problem.status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        log_fault(error)
    return msgspec.json.encode(BulkAnswer(key, problem.status, problem=problem))


def _fitting(line: Line) -> bytes:
    if line.text is None:
        raise TooLarge(mistakes=[Mistake("", "this line is longer than a request may be", "send less in one line")])
    return line.text


def _refused_line(number: int, error: ApiError) -> bytes:
    problem = describe(error)
    return msgspec.json.encode(BulkAnswer("", problem.status, number, problem=problem)) + b"\n"


def _joined(answered: Iterable[bytes]) -> bytes:
    return b'{"items":[%b]}' % b",".join(answered)
