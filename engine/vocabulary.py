"""The fact dictionary and the reason codes: what may be known, and what may be said.

`facts.yaml` and `reasons.yaml` declare them once for all policies of a folder.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Literal

import msgspec

from engine.kinds import Kind


class Language(StrEnum):
    """The languages every text exists in."""

    ZH = "zh"
    EN = "en"


class Text(msgspec.Struct, frozen=True, gc=False):
    """A sentence in Chinese and English."""

    zh: str
    en: str


UNNAMED = Text("", "")
IfMissing = Literal["ask", "refer", "ignore"]
Actionable = Literal["up", "down", "either", "never"]
Disclose = Literal["full", "general"]
DISCLOSE: tuple[Disclose, ...] = ("full", "general")
IF_MISSING: tuple[IfMissing, ...] = ("ask", "refer", "ignore")
ACTIONABLE: tuple[Actionable, ...] = ("up", "down", "either", "never")
SOURCES = ("applicant", "bureau", "platform", "line", "environment")


class Range(msgspec.Struct, frozen=True):
    """Inclusive bounds in base units."""

    low: int
    high: int


class RecordField(msgspec.Struct, frozen=True):
    """One field of a record; every record has all of them."""

    name: str
    kind: Kind
    range: Range | None
    unit: str
    label: Text
    words: Mapping[str, Text] = {}  #: what people call the words of an enum


class Fact(msgspec.Struct, frozen=True):
    """A fact that may be given, as `facts.yaml` declares it."""

    name: str
    kind: Kind | None  #: None for record lists
    label: Text
    source: str
    if_missing: IfMissing
    range: Range | None = None
    unit: str = ""
    fresh_days: int | None = None
    actionable: Actionable = "never"
    protected: bool = False
    sensitive: bool = False
    fields: tuple[RecordField, ...] = ()
    max_records: int = 0
    words: Mapping[str, Text] = {}  #: what people call the words of an enum


class Reason(msgspec.Struct, frozen=True):
    """A reason code, as `reasons.yaml` declares it."""

    code: str
    statement: Text
    note: str
    remedy: Text | None
    disclose: Disclose


class Vocabulary(msgspec.Struct, frozen=True):
    """All facts and reasons of a folder."""

    facts: Mapping[str, Fact]
    reasons: Mapping[str, Reason]

    def label(self, name: str) -> Text:
        """What people call a given fact; one that is not declared is called by its name."""
        fact = self.facts.get(name)
        return fact.label if fact else Text(name, name)
