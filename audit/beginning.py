"""Beginning with subjects: each gets a random id and a key of its own, and what it is called is sealed under that."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec
import sqlalchemy as sa

from audit import rows
from audit.database import driver_of
from audit.drawing import OWN_BYTES, id_of
from audit.keys import Keys
from audit.remembered import Remembered
from audit.rows import WrappedKey
from audit.seal import KEY_BYTES, NONCE_BYTES, OpenKey, head, reference_text
from audit.wrapping import Wrapping

_IDS: Final = 2 * OWN_BYTES
_KEY: Final = _IDS + KEY_BYTES
_DRAWN: Final = _KEY + 2 * NONCE_BYTES


class Newcomer(msgspec.Struct, frozen=True, gc=False):
    """Somebody nobody was called like before."""

    reference: str
    lookup: bytes  #: keyed hash of the reference
    at: datetime  #: since when it is known


class Beginning:
    """Makes subjects, for the writer's thread alone."""

    def __init__(self, origin: str, keys: Keys, remembered: Remembered) -> None:
        self._remembered, self._wrap = remembered, Wrapping(origin, keys).wrap
        self._context = head("subject", origin)

    def begin(self, connection: sa.Connection, size: int, newcomers: Sequence[Newcomer]) -> list[str]:
        """Make a subject of each, whose lookups differ; return their ids. `size` is that of the log."""
        draw, subjects, keys = self._remembered.draws.bytes, list[tuple[str, bytes, bytes, bytes]](), list[WrappedKey]()
        for each in newcomers:
            drawn = draw(_DRAWN)  # one slice for all it takes: a call for each costs more than the bytes
            subject, key_id = id_of(size, drawn[:OWN_BYTES]), id_of(size, drawn[OWN_BYTES:_IDS])
            dek, nonce = drawn[_IDS:_KEY], drawn[_KEY : _KEY + NONCE_BYTES]
            keys.append(self._wrap(key_id, subject, dek, drawn[_KEY + NONCE_BYTES :]))
            self._remembered.made(each.lookup, subject)
            key = self._remembered.keep_key(subject, OpenKey(key_id, dek))
            text = reference_text(each.reference, each.at)
            subjects.append((subject, each.lookup, nonce, key.encrypt(nonce, text, self._context + subject.encode())))
        driver = driver_of(connection)
        rows.insert_keys(driver, keys)
        rows.insert_subjects(driver, subjects)
        return [subject for subject, *_ in subjects]

    def key(self, connection: sa.Connection, size: int, subject: str) -> WrappedKey:
        """Make one more key of a subject and store it."""
        draws = self._remembered.draws
        made = self._wrap(draws.id(size), subject, draws.bytes(KEY_BYTES), draws.bytes(NONCE_BYTES))
        rows.insert_keys(driver_of(connection), [made])
        return made
