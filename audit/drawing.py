"""Random bytes for one transaction, asked of the kernel many at a time: each time is a system call.

Ids begin with the size of the log when they are drawn, so rows go to the end of every index they are in, and a commit
writes three pages of each and not one for each row. That tells nothing: the first entry about somebody stands at that
place for all to see. The rest of an id is its own, 96 bits.
"""

from __future__ import annotations

import secrets
from typing import Final

_AHEAD: Final = 4096
_PLACES, OWN_BYTES = 1 << 32, 12


class Draws:
    """What is drawn for the transaction that is open; for the writer's thread alone."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin a transaction. What was drawn for the one before and not used is used by nobody."""
        self._drawn, self._at = b"", 0

    def bytes(self, count: int) -> bytes:
        """Draw so many bytes."""
        start, end = self._at, self._at + count
        if end > len(self._drawn):
            self._drawn, start, end = secrets.token_bytes(max(count, _AHEAD)), 0, count
        self._at = end
        return self._drawn[start:end]

    def id(self, size: int) -> str:
        """Draw an id of 32 hex digits; `size` is that of the log."""
        return id_of(size, self.bytes(OWN_BYTES))


def id_of(size: int, own: bytes) -> str:
    """Write an id: where the log is, and what was drawn for it, OWN_BYTES."""
    return f"{size % _PLACES:08x}{own.hex()}"
