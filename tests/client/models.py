"""Writes the structs and enums of the client: one class for each component of the document."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

from tests.client.types import Schema, class_name, expression, variable

_HEAD = '''"""What goes over the wire, as frozen structs. Made by ``python -m tests.client``: do not edit."""

from __future__ import annotations

import datetime as dt
from enum import StrEnum
from typing import Any, Literal

import msgspec
from msgspec import UNSET, UnsetType

from api.client.errors import Problem
'''
_OWN = frozenset({"Problem", "Mistake"})  #: of `api.client.errors`
_WIDTH = 120


def models(document: dict[str, Any]) -> str:
    """Write the module."""
    components = {key: each for key, each in document["components"]["schemas"].items() if key not in _OWN}
    names = sorted(components, key=class_name)
    return "\n".join([_HEAD, *("\n".join(["", *_component(name, components[name])]) + "\n" for name in names)])


def docstring(told: str, indent: str, summary: str = "") -> list[str]:
    """Write a docstring: what is told on one line, or the summary and it below."""
    text = " ".join(told.partition("\n\n")[0].split()).rstrip(".") + "."
    if len(indent) + len(text) + 6 <= _WIDTH:
        return [f'{indent}"""{text}"""']
    lines = textwrap.wrap(text, _WIDTH - len(indent))
    return [
        f'{indent}"""{summary or text.split(":")[0].split(";")[0]}.',
        "",
        *(f"{indent}{line}" for line in lines),
        f'{indent}"""',
    ]


def _component(key: str, schema: Schema) -> Iterator[str]:
    name = class_name(key)
    told = schema.get("description") or f"{_words(name)}, as the service describes it"
    if "enum" in schema:
        yield f"class {name}(StrEnum):"
        yield from docstring(told, "    ")
        yield ""
        yield from (f"    {_member(value)} = {value!r}" for value in schema["enum"])
        return
    yield f"class {name}(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True{_renamed(schema)}):"
    yield from docstring(told, "    ")
    yield ""
    for member, each in schema.get("properties", {}).items():
        yield f"    {variable(member)}: {_field(each, required=member in schema.get('required', ()))}"


def _field(schema: Schema, *, required: bool) -> str:
    kind = expression(schema)
    if required:
        return kind
    if "default" in schema and isinstance(schema["default"], (str, int, bool)):
        return f"{kind} = {schema['default']!r}"
    return f"{kind} = None" if "None" in kind.split(" | ") else f"{kind} | UnsetType = UNSET"


def _renamed(schema: Schema) -> str:
    other = {variable(member): member for member in schema.get("properties", {}) if variable(member) != member}
    return f", rename={other!r}" if other else ""


def _member(value: str) -> str:
    return variable(value).upper()


def _words(name: str) -> str:
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip().capitalize()
