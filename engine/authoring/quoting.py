"""How a single value is written down: plain wherever YAML reads the same text again, else in double quotes."""

from __future__ import annotations

import re
from functools import lru_cache

import yaml

from engine.reading.shape import Role
from engine.reading.source import LOADER, disguised

_SIMPLE_CELL = re.compile(r"[\w+-]+(\.[0-9]+)?\Z")
_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\t": "\\t"})
_OF_PEOPLE = frozenset[Role](["word", "phrase"])


def written(text: str, role: Role, *, flow: bool) -> str:
    """Write a value on one line, in brackets (`flow`) or as the value of a line."""
    if role == "remark" or (role == "cell" and not _SIMPLE_CELL.match(text)):
        return in_quotes(text)
    return text if is_plain(text, role, flow=flow) else in_quotes(text)


def is_plain(text: str, role: Role, *, flow: bool) -> bool:
    """Whether a value may stand without quotes: it reads back, and nobody takes a word for a number."""
    tag = _read_back(text, flow)
    return tag is not None and not disguised(text) and (role not in _OF_PEOPLE or tag.endswith(":str"))


def in_quotes(text: str) -> str:
    """Write a value in double quotes."""
    return f'"{text.translate(_ESCAPES)}"'


@lru_cache(maxsize=10_000)
def _read_back(text: str, flow: bool) -> str | None:
    """The tag under which a plain scalar reads back as the same text; None when it does not."""
    try:
        node = yaml.compose(f"[{text}]" if flow else f"k: {text}", Loader=LOADER)
    except yaml.YAMLError:
        return None
    if not isinstance(node, yaml.CollectionNode):
        return None
    values = node.value if flow else [value for _, value in node.value]
    if len(values) != 1 or not isinstance(values[0], yaml.ScalarNode) or values[0].value != text:
        return None
    return None if values[0].style else str(values[0].tag)
