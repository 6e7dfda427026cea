"""A quick yes to entries of the common shape, with the same meaning as `Leaf.read(decode(entry))`.

What is not seen to be right at once is not wrong: it is looked at again by the plain functions, which say why.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from audit.entry import LARGEST_INTEGER, MOST_BYTES, decode
from audit.leaf import Leaf

_Text = Annotated[str, Meta(min_length=1)]
_LEVELS: Final = 4


def _profile(levels: int) -> Any:
    """Make the type of objects within the profile that are nested no deeper; `dict[...]` of a value, at run time."""
    plain: Any = str | bool | None | Annotated[int, Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    value = plain
    for _ in range(levels):
        value = plain | list.__class_getitem__(value) | dict.__class_getitem__((_Text, value))
    return dict.__class_getitem__((_Text, value))


_decode = msgspec.json.Decoder(_profile(_LEVELS)).decode
_encode = msgspec.json.Encoder(order="sorted").encode
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_plain = re.compile(_UUID, re.ASCII).fullmatch
_sealed = re.compile(f"{_UUID} [0-9a-f]{{64}} [0-9a-f]{{64}}", re.ASCII).fullmatch


def read(entry: bytes) -> Leaf:
    """Return what the log reads in the bytes of an entry; raises EntryRefused unless they are within the profile."""
    return _at_once(entry) or Leaf.read(decode(entry))


def _at_once(entry: bytes) -> Leaf | None:
    # Without escapes and beyond-ASCII bytes, keys are printable ASCII; the types say the rest of the profile.
    if not entry.isascii() or b"\\" in entry or b"\x7f" in entry or len(entry) > MOST_BYTES:
        return None
    try:
        fields = _decode(entry)
        return _leaf(fields) if _encode(fields) == entry else None
    except (msgspec.MsgspecError, KeyError, TypeError, RecursionError):
        return None


def _leaf(fields: dict[str, Any]) -> Leaf | None:
    id_, kind, subject, sealed = fields["id"], fields["kind"], fields.get("subject"), fields.get("sealed")
    if type(id_) is not str or type(kind) is not str or not kind or subject == "":
        return None
    if sealed is None:
        plain = _plain(id_) and (subject is None or type(subject) is str)
        return Leaf(id_, kind, subject, None) if plain else None
    if type(subject) is not str or len(sealed) != 2:
        return None
    # The values are text if they match: an integer or a list is never spelled as 64 hex digits.
    matches = _sealed(f"{id_} {sealed['sha256']} {sealed['key_commit']}")
    return Leaf(id_, kind, subject, sealed) if matches else None
