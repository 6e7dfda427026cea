"""A quick yes to entries of the common shape, with the same meaning as `Leaf.read(decode(entry))`.

What is not seen to be right at once is not wrong: it is looked at again by the plain functions, which say why.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

from audit.entry import LARGEST_INTEGER, MOST_BYTES, decode
from audit.leaf import Leaf

_LEVELS: Final = 4


def _profile(levels: int) -> Any:
    """Make the type of objects within the profile that are nested no deeper; `dict[...]` of a value, at run time."""
    plain: Any = str | bool | None | Annotated[int, Meta(ge=-LARGEST_INTEGER, le=LARGEST_INTEGER)]
    value = plain
    for _ in range(levels):
        value = plain | list.__class_getitem__(value) | dict.__class_getitem__((str, value))
    return dict.__class_getitem__((str, value))


_decode = msgspec.json.Decoder(_profile(_LEVELS)).decode
_decode_all = msgspec.json.Decoder(list.__class_getitem__(_profile(_LEVELS))).decode
_encode = msgspec.json.Encoder(order="sorted").encode
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_plain = re.compile(_UUID, re.ASCII).fullmatch
_sealed = re.compile(f"{_UUID} [0-9a-f]{{64}} [0-9a-f]{{64}}", re.ASCII).fullmatch
_ID_LENGTH: Final = 36
_DASHES: Final = (8, 13, 18, 23)
_HASH_LENGTH: Final = 64
_HEX: Final = b"0123456789abcdef"


def read_all(entries: list[bytes]) -> list[Leaf] | None:
    """Return what `read` does of each of many entries, or None when one of them takes a closer look."""
    joined = b",".join(entries)
    if not _is_plain(joined) or max(map(len, entries), default=0) > MOST_BYTES:
        return None
    try:
        found = _decode_all(b"[%b]" % joined)
        # Each for itself, so that what is in one entry cannot make up for what is not in another.
        return _leaves(found) if list(map(_encode, found)) == entries else None
    except (msgspec.MsgspecError, KeyError, TypeError, RecursionError):
        return None


def _leaves(found: Sequence[dict[str, Any]]) -> list[Leaf] | None:
    # What is not text cannot be joined, and texts of one length each cannot lend each other a character.
    ids, kinds = [each["id"] for each in found], [each["kind"] for each in found]
    subjects, sealed = [each.get("subject") for each in found], [each.get("sealed") for each in found]
    given = [each for each in sealed if each is not None]
    hashes = [each["sha256"] for each in given] + [each["key_commit"] for each in given]
    named = [subject for subject in subjects if subject is not None]
    fine = (
        _are_ids(ids)
        and {*map(type, kinds)} <= {str}
        and {*map(type, named)} <= {str}
        and "" not in kinds
        and "" not in named
        and {*map(len, given)} <= {2}
        and {*map(len, hashes)} <= {_HASH_LENGTH}
        and not "".join(hashes).encode().translate(None, _HEX)
        and (len(named) == len(found) or all(map(_has_subject, subjects, sealed)))
    )
    return list(map(Leaf, ids, kinds, subjects, sealed)) if fine else None


def _are_ids(ids: list[str]) -> bool:
    joined = "".join(ids)
    dashes = "-" * len(ids)
    return (
        {*map(len, ids)} <= {_ID_LENGTH}
        and all(joined[at::_ID_LENGTH] == dashes for at in _DASHES)
        and joined.count("-") == len(_DASHES) * len(ids)
        and not joined.encode().translate(None, _HEX + b"-")
    )


def _has_subject(subject: object, sealed: object) -> bool:
    return subject is not None or sealed is None


def _is_plain(text: bytes) -> bool:
    # Without escapes and beyond-ASCII bytes, keys are printable ASCII, and only an empty one is written so.
    return text.isascii() and b"\\" not in text and b"\x7f" not in text and b'"":' not in text


def read(entry: bytes) -> Leaf:
    """Return what the log reads in the bytes of an entry; raises EntryRefused unless they are within the profile."""
    return _at_once(entry) or Leaf.read(decode(entry))


def _at_once(entry: bytes) -> Leaf | None:
    if not _is_plain(entry) or len(entry) > MOST_BYTES:
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
