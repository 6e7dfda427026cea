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
_decode_all = msgspec.json.Decoder(list.__class_getitem__(_profile(_LEVELS))).decode
_encode = msgspec.json.Encoder(order="sorted").encode
_UUID: Final = "[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
_plain = re.compile(_UUID, re.ASCII).fullmatch
_sealed = re.compile(f"{_UUID} [0-9a-f]{{64}} [0-9a-f]{{64}}", re.ASCII).fullmatch
_ids = re.compile(f"(?:{_UUID})*", re.ASCII).fullmatch
_hexes = re.compile("[0-9a-f]*", re.ASCII).fullmatch
_ID_LENGTH: Final = 36
_HASH_LENGTH: Final = 64
_SUBJECTS: Final = {str, type(None)}


def read_all(entries: list[bytes]) -> list[Leaf] | None:
    """Return what `read` does of each of many entries, or None when one of them takes a closer look."""
    joined = b",".join(entries)
    if not joined.isascii() or b"\\" in joined or b"\x7f" in joined or max(map(len, entries), default=0) > MOST_BYTES:
        return None
    try:
        found = _decode_all(b"[%b]" % joined)
        # Each for itself, so that what is in one entry cannot make up for what is not in another.
        return _leaves(found) if list(map(_encode, found)) == entries else None
    except (msgspec.MsgspecError, KeyError, TypeError, RecursionError):
        return None


def _leaves(found: Sequence[dict[str, Any]]) -> list[Leaf] | None:
    leaves = [Leaf(fields["id"], fields["kind"], fields.get("subject"), fields.get("sealed")) for fields in found]
    sealed: list[dict[str, Any]] = [leaf.sealed for leaf in leaves if leaf.sealed is not None]  # type: ignore[misc]
    hexes = [each[name] for each in sealed for name in ("sha256", "key_commit")]
    # What is not text cannot be joined, and texts of one length each cannot lend each other a character.
    fine = (
        all(len(leaf.id) == _ID_LENGTH and leaf.kind and leaf.subject != "" for leaf in leaves)
        and all(len(each) == 2 for each in sealed)
        and all(len(each) == _HASH_LENGTH for each in hexes)
        and _ids("".join([leaf.id for leaf in leaves]))
        and _hexes("".join(hexes))
        and {type(leaf.kind) for leaf in leaves} <= {str}
        and {type(leaf.subject) for leaf in leaves} <= _SUBJECTS
        and not any(leaf.subject is None for leaf in leaves if leaf.sealed is not None)
    )
    return leaves if fine else None


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
