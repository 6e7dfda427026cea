"""The shape of the files people write: which keys they have, in which order, and what each value is.

The readers take their keys from here, the bundle and `grounds policy fmt` their spelling and order, and the JSON
Schema for editors is made of it, so that none of them can know a key that another does not. Kinds and names are
beyond a shape; the readers check them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

#: What a single value is. `word`: a name or one of a few words; `phrase`: text for people; `remark`: text for
#: reviewers; `whole`: a number
#: without decimals; `value`: whatever a fact may be, as policies write it; `cell`: one condition of a table's row.
Role = Literal[
    "word",
    "phrase",
    "remark",
    "number",
    "whole",
    "boolean",
    "date",
    "instant",
    "expression",
    "aggregate",
    "cell",
    "value",
]
#: How a list or mapping is laid out: over lines, in brackets, or as its author chose as long as it fits on a line.
Layout = Literal["block", "flow", "either"]


class Scalar(msgspec.Struct, frozen=True):
    """A single value."""

    role: Role
    choices: tuple[str, ...] = ()  #: the only words it may be
    pattern: str = ""  #: what a word has to look like


class Part(msgspec.Struct, frozen=True):
    """What stands under one key."""

    shape: Shape
    doc: str
    required: bool = False
    of_types: tuple[str, ...] = ()  #: it goes with these words under `type` only (and is required there, if at all)
    apart: bool = False  #: a blank line stands before it


class Fields(msgspec.Struct, frozen=True):
    """A mapping of known keys, in the order in which they are written."""

    parts: Mapping[str, Part]
    layout: Layout = "either"
    one_of: tuple[str, ...] = ()  #: keys of which exactly one has to be there

    @property
    def required(self) -> tuple[str, ...]:
        """The keys that always have to be there."""
        return tuple(key for key, part in self.parts.items() if part.required and not part.of_types)

    @property
    def optional(self) -> tuple[str, ...]:
        """All the other keys."""
        return tuple(key for key in self.parts if key not in self.required)

    def required_with(self, word: str) -> tuple[str, ...]:
        """The keys that have to be there beside `type: word`."""
        parts = self.parts.items()
        return tuple(key for key, part in parts if part.required and word in (part.of_types or (word,)))

    def optional_with(self, word: str) -> tuple[str, ...]:
        """The keys that may be there beside `type: word`."""
        parts = self.parts.items()
        return tuple(key for key, part in parts if not part.required and word in (part.of_types or (word,)))


class Entries(msgspec.Struct, frozen=True):
    """A mapping whose keys are free."""

    of: Shape
    layout: Layout = "block"
    below: bool = False  #: a value in brackets stands on the lines below its key
    pattern: str = ""  #: what a key has to look like


class Items(msgspec.Struct, frozen=True):
    """A list."""

    of: Shape
    layout: Layout = "flow"
    apart: bool = False  #: a blank line stands before every item that takes more than one line
    aligned: bool = False  #: items are lists of cells, which stand in columns
    low: int = 0  #: the fewest items there may be


class OneOf(msgspec.Struct, frozen=True):
    """A single value, or a list or mapping instead."""

    scalar: Scalar
    other: Fields | Items


Shape = Scalar | Fields | Entries | Items | OneOf
