"""What a row of an export says: one table of columns, each taken from the leaf the row names, or from beside it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import msgspec

from api import answers
from audit.reading import Recorded

Row = tuple[Any, ...]  #: a value a column: int, str or list of str


class _Asked(msgspec.Struct, frozen=True):
    subject: str
    facts: msgspec.Raw


class _Answered(msgspec.Struct, frozen=True):
    offer: msgspec.Raw


class Opened(NamedTuple):
    """What is taken from beside a leaf, as it was written; nothing if it was not opened, or was removed."""

    reference: str = ""
    facts: str = ""
    offer: str = ""

    @classmethod
    def of(cls, sealed: bytes) -> Opened:
        """Read a sealed text."""
        text = answers.read(sealed)
        asked = msgspec.json.decode(text.request, type=_Asked)
        facts = msgspec.json.encode(text.asked.facts) if text.line else bytes(asked.facts)
        offer = bytes(msgspec.json.decode(text.answer, type=_Answered).offer)
        return cls(asked.subject, facts.decode(), "" if offer == b"null" else offer.decode())


class Decided(NamedTuple):
    """A decision as the log holds it."""

    leaf: Recorded
    entry: dict[str, Any]
    opened: Opened

    @classmethod
    def of(cls, leaf: Recorded, sealed: bytes | None = None) -> Decided:
        """Read a leaf, and what was opened beside it."""
        return cls(leaf, msgspec.json.decode(leaf.entry), Opened() if sealed is None else Opened.of(sealed))


class Column(NamedTuple):
    """A column: its name, its type, what it says, and where it stands."""

    name: str
    type: str  #: int, text, list (of text) or moment (RFC 3339 text)
    meaning: str
    of: Callable[[Decided], Any]


COLUMNS: tuple[Column, ...] = (
    Column("idx", "int", "where the decision stands in the log, from 0", lambda it: it.leaf.idx),
    Column("leaf_hash", "text", "its leaf, hex: what an inclusion proof is about", lambda it: it.leaf.leaf.hex()),
    Column("id", "text", "the decision's id, a UUIDv7", lambda it: it.entry["id"]),
    Column("decided_at", "moment", "when it was recorded, UTC", lambda it: it.entry["at"]),
    Column("as_of", "moment", "the moment it stands for, UTC", lambda it: it.entry["as_of"]),
    Column("actor", "text", "who asked", lambda it: it.entry["actor"]),
    Column("subject", "text", "whom it is about: a random id, no reference", lambda it: it.entry["subject"]),
    Column("policy", "text", "the policy decided by", lambda it: it.entry["policy"]["name"]),
    Column("version", "int", "its version", lambda it: it.entry["policy"]["version"]),
    Column("digest", "text", "its SHA-256, hex", lambda it: it.entry["policy"]["digest"]),
    Column("outcome", "text", "what it came to", lambda it: it.entry["outcome"]),
    Column("reasons", "list", "reason codes, the weightiest first", lambda it: it.entry["reasons"]),
    Column("rules", "list", "rules that fired, in order", lambda it: it.entry["rules"]),
)

#: What lies sealed beside the leaf; empty where it was removed. Whoever writes these columns has recorded the read.
PERSONAL: tuple[Column, ...] = (
    Column("reference", "text", "the integrator's reference", lambda it: it.opened.reference),
    Column("facts", "text", "the facts given, JSON", lambda it: it.opened.facts),
    Column("offer", "text", "what was offered, JSON", lambda it: it.opened.offer),
)


def row_of(decided: Decided, columns: Sequence[Column]) -> Row:
    """Write the row of a decision."""
    return tuple(column.of(decided) for column in columns)
