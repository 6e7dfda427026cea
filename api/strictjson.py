"""JSON without surprises: what RFC 8259 leaves open is refused, each refusal with its path and remedy.

Refused: a key given twice, NaN and Infinity, floats (amounts are whole fen, rates whole basis points), whole numbers
beyond 2^53 - 1 (not exact in every reader, RFC 8259 section 6), half characters (lone surrogates), NUL (no text of
PostgreSQL holds it) and deep nesting.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from api.errors import MalformedJson, Mistake

LARGEST = 2**53 - 1
DEPTH = 16  #: levels of lists and objects; a record list inside the facts of a request needs five
_MOST = 50  #: mistakes that are told; a body of a million floats need not come back
_SHOWN = 80  #: characters of an offending value that are repeated to the caller


class _Refusal:
    """Stands in the decoded value where something was refused, so that its path is known once all is read."""

    __slots__ = ("message", "remedy")

    def __init__(self, message: str, remedy: str) -> None:
        self.message, self.remedy = message, remedy


def decode(body: bytes, *, root: str = "", depth: int = DEPTH) -> object:
    """Decode UTF-8 JSON into dict, list, str, int, bool and None; `root` names the whole in paths.

    Raise MalformedJson with its refusals at once, or with line and column if it is not JSON at all.
    """
    text = _text(body, root)
    try:
        value = _DECODER.decode(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise MalformedJson(
            mistakes=[Mistake(root, f"not JSON at {place}: {error.msg.lower()}", "send one JSON value in UTF-8")]
        ) from None
    except RecursionError:
        raise MalformedJson(mistakes=[_too_deep(root, depth)]) from None
    if mistakes := list(islice(_mistakes(value, root, depth, depth), _MOST)):
        raise MalformedJson(mistakes=mistakes)
    return value


def _text(body: bytes, root: str) -> str:
    if not body.strip():
        raise MalformedJson(mistakes=[Mistake(root, "nothing was sent", "send one JSON value in UTF-8")])
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError as error:
        message = f"byte {error.start} is not UTF-8"
        raise MalformedJson(mistakes=[Mistake(root, message, "send one JSON value in UTF-8")]) from None


def _object(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                members[key] = _Refusal(f"key `{key[:_SHOWN]}` is given twice", "give it once")
            seen.add(key)
    return members


def _int(digits: str) -> int | _Refusal:
    if len(digits) <= len(str(LARGEST)) + 1 and abs(value := int(digits)) <= LARGEST:
        return value
    return _Refusal(f"`{digits[:_SHOWN]}` is beyond 2^53 - 1", f"whole numbers go from -{LARGEST} to {LARGEST}")


def _float(digits: str) -> _Refusal:
    remedy = "money is whole fen (15000.00 yuan is 1500000), a rate whole basis points (18.5 % is 1850)"
    return _Refusal(f"`{digits[:_SHOWN]}` is not a whole number", remedy)


def _constant(word: str) -> _Refusal:
    return _Refusal(f"`{word}` is not JSON", "leave the member out when its value is not known")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_int=_int, parse_float=_float, parse_constant=_constant)


def _mistakes(value: object, path: str, levels: int, depth: int) -> Iterator[Mistake]:
    """Find what was refused below `value`; `levels` is how much deeper it may go."""
    match value:
        case _Refusal():
            yield Mistake(path, value.message, value.remedy)
        case str() if wrong := _wrong(value):
            yield Mistake(path, wrong, "send whole characters")
        case dict() | list() if levels == 0:
            yield _too_deep(path, depth)
        case dict():
            for key, member in value.items():
                if wrong := _wrong(key):
                    yield Mistake(path, f"a key holds {wrong}", "send whole characters")
                else:
                    yield from _mistakes(member, _joined(path, key), levels - 1, depth)
        case list():
            for index, member in enumerate(value):
                yield from _mistakes(member, f"{path}[{index}]", levels - 1, depth)


def _joined(path: str, key: str) -> str:
    return f"{path}.{key[:_SHOWN]}" if path else key[:_SHOWN]


def _wrong(text: str) -> str:
    """Say which character of a text is none; nothing if all are."""
    if "\0" in text:
        return "the character NUL"
    whole = text.isascii() or not any("\ud800" <= character <= "\udfff" for character in text)
    return "" if whole else "half a character (a lone surrogate)"


def _too_deep(path: str, depth: int) -> Mistake:
    return Mistake(path, f"nested deeper than {depth} levels", "flatten it")
