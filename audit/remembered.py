"""What the writer remembers of subjects, so that a caller who comes again costs no reads and no unwrapping.

A key goes only when its subject is erased, and whoever does that appends in the same transaction an entry which names
the subject and has nothing sealed beside it (`removal.erase` sees to both). So when another process has appended, those
whom such entries name are dropped and the others stand; when nobody can say what happened, everything is dropped.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from audit.drawing import Draws
from audit.seal import OpenKey

MOST: Final = 4096
"""Subjects that are remembered, and keys; an old one costs two reads again."""


class _Named(msgspec.Struct):
    """What an entry says that may record an erasure."""

    subject: str | None = None
    sealed: Any = None


_named = msgspec.json.Decoder(_Named)


class Remembered:
    """Subjects by the keyed hash of their reference, and the key that seals for each; for the writer's thread alone."""

    def __init__(self) -> None:
        self._subjects: OrderedDict[bytes, str] = OrderedDict()
        self._lookups: OrderedDict[str, bytes] = OrderedDict()  # the same the other way round, in the same order
        self._keys: OrderedDict[str, OpenKey] = OrderedDict()
        self._made: list[str] = []  # subjects that the open transaction put into the database
        self.hashed: dict[str, bytes] = {}  #: keyed hashes of references that the open transaction looked up
        self.absent: set[bytes] = set()  #: those of them that it did not find
        self.draws = Draws()
        self.subject, self.key = self._subjects.get, self._keys.get

    def begin(self) -> None:
        """Begin a transaction."""
        self._made.clear()
        self.hashed.clear()
        self.absent.clear()
        self.draws.begin()

    def keep(self, lookup: bytes, subject: str) -> None:
        """Remember a subject that the open transaction found."""
        if (former := self._subjects.get(lookup, subject)) != subject:
            self.drop([former])
        self._subjects[lookup], self._lookups[subject] = subject, lookup
        if len(self._subjects) > MOST:
            self._subjects.popitem(last=False)
            self._lookups.popitem(last=False)

    def keep_key(self, subject: str, key: OpenKey) -> OpenKey:
        """Remember a key that the open transaction found or made."""
        self._keys[subject] = key
        if len(self._keys) > MOST:
            self._keys.popitem(last=False)
        return key

    def made(self, lookup: bytes, subject: str) -> None:
        """Remember a subject that the open transaction made."""
        self._made.append(subject)
        self.absent.discard(lookup)
        self.keep(lookup, subject)

    def take_back(self) -> None:
        """Drop what the open transaction made: a part of it was taken back, or all."""
        self.drop(self._made)
        self._made = []

    def outrun(self, entries: Iterable[bytes]) -> None:
        """Drop those whom entries of another process may have erased."""
        try:
            named = [_named.decode(each) for each in entries]
        except msgspec.MsgspecError:
            self.forget()
        else:
            self.drop(each.subject for each in named if each.subject is not None and each.sealed is None)

    def drop(self, subjects: Iterable[str]) -> None:
        """Drop what is remembered of some subjects."""
        for subject in subjects:
            self._keys.pop(subject, None)
            if (lookup := self._lookups.pop(subject, None)) is not None:
                del self._subjects[lookup]

    def forget(self) -> None:
        """Drop everything."""
        self._subjects.clear()
        self._lookups.clear()
        self._keys.clear()
        self.absent.clear()
