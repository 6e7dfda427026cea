"""One spelling for what can be written in several ways: digits in threes, one space where a space may stand.

The bundle holds values spelled so, and `grounds policy fmt` writes them so: neither changes what a text means, and
spelling a second time changes nothing.
"""

from __future__ import annotations

import io
import keyword
import re
import tokenize

from engine.reading.shape import Entries, Fields, Items, OneOf, Role, Scalar, Shape
from engine.reading.source import Item, Plain

_NUMBER = re.compile(r"([-+]?)([0-9][0-9_]*)(\.[0-9][0-9_]*)?\Z")
_COMPARED = re.compile(r"(==|!=|<=|>=|<|>)\s*(.+)\Z", re.DOTALL)
_SPAN = re.compile(r"(\S+?)\s*\.\.\s*(\S+)\Z")
_WORDY = frozenset([*keyword.kwlist, "where"])
_OPENING, _CLOSING = frozenset("(["), frozenset(")],")
_IGNORED = frozenset([tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER])


def canonical(item: Item, shape: Shape | None) -> Plain:
    """Give a value as bare strings, lists and mappings, each string in its one spelling; as `Item.plain`."""
    if item.mapped:
        return {key: canonical(part, part_of(shape, key)) for key, part in item.mapping().items()}
    if item.listed:
        within = shape.other if isinstance(shape, OneOf) else shape
        return [canonical(part, within.of if isinstance(within, Items) else None) for part in item.sequence()]
    return spelled(item.text(), role_of(shape))


def part_of(shape: Shape | None, key: str) -> Shape | None:
    """The shape of what stands under a key; None where no shape is known."""
    shape = shape.other if isinstance(shape, OneOf) else shape
    if isinstance(shape, Entries):
        return shape.of
    return shape.parts[key].shape if isinstance(shape, Fields) and key in shape.parts else None


def role_of(shape: Shape | None) -> Role:
    """What a single value of a shape is."""
    scalar = shape.scalar if isinstance(shape, OneOf) else shape
    return scalar.role if isinstance(scalar, Scalar) else "phrase"


def spelled(text: str, role: Role) -> str:
    """Spell one value in the one way; text for people stays as it is."""
    match role:
        case "number" | "whole" | "value":
            return spelled_number(text)
        case "cell":
            return _cell(text)
        case "expression" | "aggregate":
            return _expression(text)
        case _:
            return text


def spelled_number(text: str) -> str:
    """Put the whole digits of a number into groups of three; anything else stays as it is."""
    match = _NUMBER.match(text)
    if match is None or len(text) > 60:
        return text
    sign, digits, decimals = match[1], match[2].replace("_", ""), (match[3] or "").replace("_", "")
    grouped = f"{int(digits):_}" if digits[0] != "0" else digits
    return f"{sign}{grouped}{decimals}"


def _cell(text: str) -> str:
    words = " ".join(text.split())
    if comparison := _COMPARED.match(words):
        return f"{comparison[1]} {spelled_number(comparison[2])}"
    if span := _SPAN.match(words):
        return f"{spelled_number(span[1])}..{spelled_number(span[2])}"
    return spelled_number(words)


def _expression(text: str) -> str:
    """Set the tokens of an expression with one space between them; what does not read as tokens stays as it is."""
    parts = _tokens(text)
    if parts is None:
        return text
    written, before = "", ""
    sign = True  # whether the minus before, or one here, is a sign
    for part in parts:
        written += ("" if not before or _joined(before, part, sign) else " ") + part
        sign = part == "-" and (sign or not _ends_value(before))
        before = part
    return written


def _tokens(text: str) -> list[str] | None:
    try:
        found = list(tokenize.generate_tokens(io.StringIO(text.strip()).readline))
    except (tokenize.TokenError, SyntaxError):
        return None
    if any(token.type in (tokenize.COMMENT, tokenize.ERRORTOKEN) for token in found):
        return None
    return [_token(token) for token in found if token.type not in _IGNORED]


def _token(token: tokenize.TokenInfo) -> str:
    if token.type == tokenize.STRING and token.string[0] == '"' and not {"'", "\\"} & set(token.string):
        return f"'{token.string[1:-1]}'"
    return spelled_number(token.string) if token.type == tokenize.NUMBER else token.string


def _joined(before: str, part: str, sign: bool) -> bool:
    """Whether two tokens stand without a space between them."""
    if before in _OPENING or part in _CLOSING or "." in (before, part):
        return True
    if part == "(":
        return before.isidentifier() and before not in _WORDY
    return (part == "[" and _ends_value(before)) or (before == "-" and sign)


def _ends_value(part: str) -> bool:
    """Whether a minus after this token takes something away, rather than being a sign."""
    return bool(part) and (part[-1].isalnum() or part[-1] in "_)]'\"") and part not in _WORDY
