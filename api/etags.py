"""Versions as strong entity tags, and If-Match as RFC 9110 section 13.1.1 writes it: a list, or `*`.

Read with tolerance for spaces and empty members, as section 5.6.1.2 asks; everything else that is not a tag is refused.
"""

from __future__ import annotations

import re

from api.errors import InvalidParameter, Mistake, PreconditionMissing, Stale

_TAG = re.compile(r'(?P<weak>W/)?"(?P<text>[\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
_BETWEEN = re.compile(r"[ \t]*(?:,[ \t]*)*")
_REMEDY = 'send the ETag of what you read last, e.g. If-Match: "3"'
_LONGEST = 2_000


def etag(version: int) -> str:
    """Write a version as a strong entity tag."""
    return f'"{version}"'


def expected(header: str | None) -> frozenset[int]:
    """Give the versions an If-Match names; what is asked for may be done if the current one is among them.

    Raise PreconditionMissing without one, and on `*`, which names none; InvalidParameter on what is no list of tags;
    Stale if all tags are weak (they never match strongly) or none can be a version.
    """
    if header is None or header.strip() in {"", "*"}:
        raise PreconditionMissing(mistakes=[Mistake("If-Match", "it names no version", _REMEDY)])
    tags = _tags(header)
    versions = frozenset(int(text) for weak, text in tags if not weak and _VERSION.fullmatch(text))
    if not versions:
        raise Stale(mistakes=[Mistake("If-Match", f"`{header[:80]}` is no version there was", _REMEDY)])
    return versions


def _tags(header: str) -> list[tuple[bool, str]]:
    found: list[tuple[bool, str]] = []
    place = 0
    while place < len(header):
        gap = _BETWEEN.match(header, place)
        assert gap is not None  # it matches nothing, too
        if found and place < len(header) and "," not in gap[0] and gap.end() < len(header):
            raise _malformed(header)
        place = gap.end()
        if place == len(header):
            break
        tag = _TAG.match(header, place)
        if tag is None or len(header) > _LONGEST:
            raise _malformed(header)
        found.append((tag["weak"] is not None, tag["text"]))
        place = tag.end()
    return found


def _malformed(header: str) -> InvalidParameter:
    return InvalidParameter(mistakes=[Mistake("If-Match", f"`{header[:80]}` is no list of entity tags", _REMEDY)])
