"""What a letter holds, in one language: frozen values, ready to be set. Nothing here knows HTML or the log."""

from __future__ import annotations

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """A name and what belongs to it."""

    name: str
    value: str


class Looked(msgspec.Struct, frozen=True):
    """One piece of information a reason rests on."""

    label: str
    value: str
    source: str


class Ground(msgspec.Struct, frozen=True):
    """One reason, and what can be done about it."""

    statement: str
    remedy: str = ""


class Sender(msgspec.Struct, frozen=True):
    """Who writes."""

    name: str
    address: str
    contact: str


class Section(msgspec.Struct, frozen=True):
    """A heading with paragraphs and, if any, points below them."""

    id: str
    heading: str
    paragraphs: tuple[str, ...] = ()
    points: tuple[str, ...] = ()
    note: str = ""


class Letter(msgspec.Struct, frozen=True):
    """A letter to an applicant."""

    language: str  #: BCP 47
    written_at: str  #: RFC 3339, of the decision: the same decision is always the same letter
    sender: Sender
    particulars: tuple[Pair, ...]  #: date and numbers, above the title
    title: str
    salutation: str
    lead: tuple[str, ...]
    offer_caption: str = ""
    offer: tuple[Pair, ...] = ()
    grounds_heading: str = ""
    grounds: tuple[Ground, ...] = ()
    looked_caption: str = ""
    looked_columns: tuple[str, str, str] = ("", "", "")
    looked: tuple[Looked, ...] = ()
    sections: tuple[Section, ...] = ()
    closing: str = ""
    record_heading: str = ""
    record: tuple[Pair, ...] = ()
    record_note: str = ""
