"""The mark between two pages: where the next one begins, how long the log was when the search began, and whose it is.

It carries a keyed hash (BLAKE2b, RFC 7693) over the search it belongs to, so that a mark which was altered, or comes
from another search or another caller, is refused and never gives a page that is quietly wrong.
"""

from __future__ import annotations

import hashlib
import hmac
import re

import msgspec

from api.errors import InvalidParameter, Mistake

_FORM = re.compile(r"(?P<size>\d{1,16})-(?P<index>\d{1,16})-(?P<tag>[0-9a-f]{24})", re.ASCII)
_TAG_BYTES = 12


class Cursor(msgspec.Struct, frozen=True):
    """A place in a search."""

    size: int  #: the search covers the entries below it, on every page
    index: int  #: the last entry of the page before


class Cursors:
    """Writes cursors and reads them back, under the log's lookup secret."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def write(self, search: object, cursor: Cursor) -> str:
        """Make the mark of a place in `search`, any value that says all there is to it."""
        return f"{cursor.size}-{cursor.index}-{self._tag(search, cursor)}"

    def read(self, search: object, text: str) -> Cursor:
        """Read a mark of `search`; raise InvalidParameter on anything else."""
        found = _FORM.fullmatch(text)
        if found is None:
            raise _refusal(f"`{text[:80]}` is not a cursor")
        cursor = Cursor(int(found["size"]), int(found["index"]))
        if not hmac.compare_digest(found["tag"], self._tag(search, cursor)):
            raise _refusal(f"`{text[:80]}` is of another search, or was altered")
        return cursor

    def _tag(self, search: object, cursor: Cursor) -> str:
        text = msgspec.json.encode((search, cursor.size, cursor.index), order="sorted")
        return hashlib.blake2b(text, digest_size=_TAG_BYTES, key=self._secret, person=b"cursor/v1").hexdigest()


def _refusal(problem: str) -> InvalidParameter:
    remedy = "repeat the filters of the page before with its `next`, or leave the cursor out to begin"
    return InvalidParameter(mistakes=[Mistake("cursor", problem, remedy)])
