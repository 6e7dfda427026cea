"""The bytes a decision is answered with: composed once, sealed, and served from there for ever after.

The sealed text is ``{"request":...,"answer":...}``, with ``"line":...`` if the line's account filled facts in,
and ``"recommendation":...`` if the subject refuses automation. The answer in it ends before `log`, because a leaf's
index and the checkpoint that covers it are known only after the commit; `finished` adds them, and adds the same ones
every time.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import msgspec

from api.errors import InvalidBody, Mistake
from api.schemas import DecisionRequest, ReviewRef
from engine import Decision

_json = msgspec.json.encode  # of a decision it writes what `Decision.document` holds, ten times faster


_ID_LENGTH = 36  #: a UUID as text


class Sealed(msgspec.Struct, frozen=True):
    """What lies sealed beside a leaf."""

    request: msgspec.Raw
    answer: msgspec.Raw
    line: dict[str, Any] = {}  #: facts the caller left out and the line's account knew
    recommendation: msgspec.Raw = msgspec.Raw()  #: what the rules came to, where a person is to decide; empty otherwise

    @property
    def ruled(self) -> bytes:
        """What the rules came to, written as an answer: the answer itself, unless it is kept for a person."""
        return bytes(self.recommendation) or bytes(self.answer)

    def left_to_a_person(self, answer: bytes) -> bytes:
        """Give the text in place of this one where a person is to decide, who is shown what the rules came to."""
        return seal_text(bytes(self.request), answer, self.line, recommendation=bytes(self.answer))

    @property
    def asked(self) -> DecisionRequest:
        """The request with all the facts the decision was made on."""
        request = msgspec.json.decode(self.request, type=DecisionRequest)
        return msgspec.structs.replace(request, facts={**request.facts, **self.line}) if self.line else request


def request_bytes(request: DecisionRequest) -> bytes:
    """Write a request so that two are equal exactly if they ask the same: key order and spacing do not count."""
    asked: dict[str, Any] = {"policy": request.policy, "subject": request.subject, "facts": request.facts}
    if isinstance(request.as_of, dt.datetime):
        asked["as_of"] = request.as_of
    return msgspec.json.encode(asked, order="sorted")


def answer_bytes(decision_id: str, subject: str, decision: Decision) -> bytes:
    """Write the answer as far as it is known before the commit: id and subject, then the decision's document."""
    return b'{"id":%b,"subject":%b,%b' % (_json(decision_id), _json(subject), _json(decision)[1:])


def reviewed_bytes(answer: bytes, review: ReviewRef) -> bytes:
    """Add to an answer that a person gave it, in which case, and which decision it takes the place of."""
    return b'%b,"review":%b}' % (answer[:-1], _json(review))


def preview_bytes(subject: str, decision: Decision) -> bytes:
    """Write the answer of a dry run."""
    return b'{"subject":%b,%b' % (_json(subject), _json(decision)[1:])


def seal_text(
    request: bytes, answer: bytes, line: Mapping[str, Any] | None = None, recommendation: bytes | None = None
) -> bytes:
    """Join request, answer and whatever else there is to the text that is sealed."""
    text = b'{"request":%b,"answer":%b' % (request, answer)
    if line:
        text += b',"line":%b' % msgspec.json.encode(line)
    if recommendation is not None:
        text += b',"recommendation":%b' % recommendation
    return text + b"}"


def read(plaintext: bytes) -> Sealed:
    """Take a sealed text apart without touching its bytes."""
    return msgspec.json.decode(plaintext, type=Sealed)


def id_of(answer: bytes) -> str:
    """Give the id an answer begins with."""
    return answer[len(b'{"id":"') :][:_ID_LENGTH].decode()


def finished(answer: bytes, index: int, size: int) -> bytes:
    """Add where the decision stands in the log."""
    return b'%b,"log":{"index":%d,"size":%d}}' % (answer[:-1], index, size)


def moment(request: DecisionRequest, now: dt.datetime) -> dt.datetime:
    """Give the moment a decision stands for, in UTC: the one asked for, else `now`."""
    if not isinstance(request.as_of, dt.datetime):
        return now
    try:
        return request.as_of.astimezone(dt.UTC)
    except OverflowError:
        message = f"`{request.as_of.isoformat()}` lies outside the years 1 to 9999 in UTC"
        raise InvalidBody(mistakes=[Mistake("as_of", message, "give a moment people live in")]) from None
