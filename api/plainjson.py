"""A quick yes to applications of the common shape, with the same meaning as `convert(strictjson.decode(body), ...)`.

What is not seen to be right at once is not wrong: it is read again by the plain functions, which say why.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
from msgspec import Meta

from api.schemas import DecisionRequest
from api.strictjson import LARGEST

_Whole = Annotated[int, Meta(ge=-LARGEST, le=LARGEST)]
_Scalar = str | bool | _Whole | None
_Fact = _Scalar | list[dict[str, _Scalar]]

_key_then_space = re.compile(rb'"[ \t\r\n]+:').search


class _Application(DecisionRequest, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An application whose facts are values and lists of records."""

    facts: Annotated[dict[str, _Fact], Meta(max_length=500)]


_decode = msgspec.json.Decoder(_Application).decode


def read(body: bytes) -> DecisionRequest | None:
    """Give the application in a body, or None when it takes a closer look."""
    # Without escapes, a quotation mark before a colon ends a key, or begins a text that begins with a colon.
    if b"\\" in body or _key_then_space(body):
        return None
    try:
        found = _decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None
    if body.count(b'":') != _keys(found):  # a key that was given twice was read once
        return None
    return DecisionRequest(found.policy, found.subject, found.facts, found.as_of, found.dry_run)


def _keys(found: _Application) -> int:
    """Count the keys that were read; one for each member that has no default, and those that were given."""
    count = 3 + (found.as_of is not msgspec.UNSET) + len(found.facts)
    for value in found.facts.values():
        if type(value) is list:
            count += sum(map(len, value))
    return count
