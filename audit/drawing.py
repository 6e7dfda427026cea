"""Random bytes for one transaction, asked of the kernel many at a time: each time is a system call.

Ids drawn together begin alike, so the rows of a transaction stand side by side in every index they are in, and its
commit writes a few pages of each and not one for each row. The rest of an id is its own, 96 bits.
"""

from __future__ import annotations

import secrets
from typing import Final

_AHEAD: Final = 4096
_ALIKE_BYTES, _OWN_BYTES = 4, 12


class Draws:
    """What is drawn for the transaction that is open; for the writer's thread alone."""

    def __init__(self) -> None:
        self.begin()

    def begin(self) -> None:
        """Begin a transaction. What was drawn for the one before and not used is used by nobody."""
        self._drawn, self._at, self._alike = b"", 0, ""

    def bytes(self, count: int) -> bytes:
        """Draw so many bytes, at most 4,096."""
        start, end = self._at, self._at + count
        if end > len(self._drawn):
            self._drawn, start, end = secrets.token_bytes(_AHEAD), 0, count
        self._at = end
        return self._drawn[start:end]

    def id(self) -> str:
        """Draw an id of 32 hex digits."""
        if not self._alike:
            self._alike = self.bytes(_ALIKE_BYTES).hex()
        return self._alike + self.bytes(_OWN_BYTES).hex()
