"""The four fields the log itself reads in an entry; everything else in it is the caller's business.

`id` is the event id and `kind` says what happened. `sealed` commits to a sealed part, and then `subject` says whom it
concerns. They are required so that no column beside the entry can change without the tree telling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple

from audit.errors import EntryRefused
from audit.seal import Sealed

_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Leaf(NamedTuple):
    """What the log reads in an entry."""

    id: str
    kind: str
    subject: str | None
    sealed: Mapping[str, str] | None  #: `sha256` of nonce and ciphertext, `key_commit` of the subject's key

    @classmethod
    def read(cls, fields: Mapping[str, object]) -> Leaf:
        """Read the fields of an entry; raises EntryRefused when one is missing or of another form."""
        leaf = cls(_text(fields, "id"), _text(fields, "kind"), _subject(fields), _sealed(fields))
        if not _UUID.fullmatch(leaf.id):
            raise EntryRefused("$.id", leaf.id, "is not a lower-case UUID")
        if leaf.sealed is not None and leaf.subject is None:
            raise EntryRefused("$", "subject", "is missing; an entry with a sealed part names its subject")
        return leaf

    def matches(self, event_id: str, sealed: Sealed | None) -> None:
        """Accept if the entry says what it is appended as; raises EntryRefused."""
        if self.id != event_id:
            raise EntryRefused("$.id", self.id, f"is not the event id `{event_id}` the entry is appended under")
        if self.sealed != (None if sealed is None else sealed.commitment):
            raise EntryRefused("$.sealed", self.sealed, "is not the commitment of the sealed part appended with it")
        if sealed is None:
            return
        if self.id != sealed.event_id:
            raise EntryRefused("$.id", self.id, f"is not what the part was sealed for: `{sealed.event_id}`")
        if self.kind != sealed.kind:
            raise EntryRefused("$.kind", self.kind, f"is not what the part was sealed for: `{sealed.kind}`")
        if self.subject != sealed.subject:
            raise EntryRefused("$.subject", self.subject, f"is not whom the part was sealed for: `{sealed.subject}`")


def check(fields: Mapping[str, object], event_id: str, sealed: Sealed | None) -> None:
    """Accept if the fields of an entry say what it is appended as, with its sealed part; raises EntryRefused."""
    if sealed is not None and _UUID.fullmatch(event_id):
        # What was sealed for it is of the right form; in nearly every entry it stands there word for word.
        named = fields.get("id"), fields.get("kind"), fields.get("subject"), fields.get("sealed")
        if named == (event_id, sealed.kind, sealed.subject, sealed.commitment) and event_id == sealed.event_id:
            return
    Leaf.read(fields).matches(event_id, sealed)


def _text(fields: Mapping[str, object], name: str) -> str:
    value = fields.get(name)
    if not isinstance(value, str) or not value:
        raise EntryRefused(f"$.{name}", value, "must be text")
    return value


def _subject(fields: Mapping[str, object]) -> str | None:
    return _text(fields, "subject") if fields.get("subject") is not None else None


def _sealed(fields: Mapping[str, object]) -> Mapping[str, str] | None:
    sealed = fields.get("sealed")
    if sealed is None:
        return None
    if not isinstance(sealed, dict) or sealed.keys() != {"sha256", "key_commit"}:
        raise EntryRefused("$.sealed", sealed, "must be an object of `sha256` and `key_commit`")
    for name, value in sealed.items():
        if not isinstance(value, str) or not _HEX.fullmatch(value):
            raise EntryRefused(f"$.sealed.{name}", value, "must be 64 lower-case hex digits")
    return sealed
