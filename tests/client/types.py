"""From JSON Schema, as far as our document uses it, to Python types."""

from __future__ import annotations

import keyword
import re
from typing import Any

Schema = dict[str, Any]

_FORMATS = {"date-time": "dt.datetime", "date": "dt.date", "base64": "bytes"}
_PLAIN = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


class Unwritable(Exception):
    """the document uses something the generator does not know: teach it, rather than leave it out"""


def expression(schema: Schema, prefix: str = "") -> str:
    """Write the type of a value, classes with a prefix; raise Unwritable on what is not known."""
    if "$ref" in schema:
        return prefix + class_name(schema["$ref"].rpartition("/")[2])
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return " | ".join(dict.fromkeys(expression(each, prefix) for each in schema[several]))
    if "const" in schema:
        return f"Literal[{schema['const']!r}]"
    return _literal(schema["enum"]) if "enum" in schema else _typed(schema, prefix)


def _typed(schema: Schema, prefix: str) -> str:
    match schema.get("type"):
        case None:
            return "Any"
        case "array":
            return f"tuple[{expression(schema.get('items', {}), prefix)}, ...]"
        case "object":
            return f"dict[str, {expression(_members(schema), prefix)}]"
        case "string":
            told = schema.get("contentEncoding") or schema.get("format", "")
            return _FORMATS.get(told, "str")
        case kind if kind in _PLAIN:
            return _PLAIN[kind]
    raise Unwritable(str(schema)[:200])


def class_name(key: str) -> str:
    """Name the class of a component: its key, in capitals where the server had to tell two apart."""
    return "".join(word[:1].upper() + word[1:] for word in key.split("_")) if "_" in key else key


def variable(name: str) -> str:
    """Name the argument or attribute of a parameter or member."""
    plain = re.sub(r"[^0-9a-z]+", "_", name.lower()).strip("_")
    return f"{plain}_" if keyword.iskeyword(plain) else plain


def _literal(values: list[Any]) -> str:
    known = [value for value in values if value is not None]
    written = f"Literal[{', '.join(map(repr, known))}]"
    return f"{written} | None" if len(known) < len(values) else written


def _members(schema: Schema) -> Schema:
    beyond = schema.get("additionalProperties", {})
    return beyond if isinstance(beyond, dict) else {}
