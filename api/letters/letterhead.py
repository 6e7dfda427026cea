"""Who writes: the lender's name, address and ways to be reached, in both languages (`letterhead.toml`)."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Annotated, Self

import msgspec
from msgspec import Meta

from api.errors import ApiError

_Line = Annotated[str, Meta(min_length=1, max_length=500)]


class LetterheadRefused(ApiError):
    """the letterhead cannot be used"""


class Wording(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A line in both languages."""

    zh: _Line
    en: _Line


class Letterhead(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The lender."""

    name: Wording
    address: Wording
    contact: Wording
    appeal: Wording  #: how an appeal reaches them
    oversight: Wording | None = None  #: who oversees them

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read the file; raise LetterheadRefused naming it, the key and what is wrong."""
        try:
            return msgspec.convert(tomllib.loads(path.read_text("utf-8")), cls)
        except OSError as error:
            raise LetterheadRefused(f"`{path}` cannot be read: {(error.strerror or '').lower()}") from None
        except (ValueError, msgspec.ValidationError) as error:
            raise LetterheadRefused(f"{path}: {str(error)[:1].lower()}{str(error)[1:]}") from None
