"""Writes the methods of the client: one for each operation, in a class for each first word of the paths."""

from __future__ import annotations

import builtins
import re
from collections.abc import Iterator
from itertools import groupby
from typing import Any, NamedTuple

from tests.client.models import docstring
from tests.client.types import Schema, expression, variable

_HEAD = '''"""The operations of the service. Made by ``python -m tests.client``: do not edit."""

from __future__ import annotations

from typing import Any, Literal
from urllib.parse import quote

from api.client import models
from api.client.transport import Call, Reply, Transport
'''
_JSON = re.compile(r"application/(?:[\w.-]+\+)?json")
_KEY = "Idempotency-Key"  #: the client draws one where none is given
_METHODS = ("get", "post", "put", "patch", "delete")


class Argument(NamedTuple):
    """An argument of a method."""

    name: str  #: as the wire has it
    place: str  #: path, query, header or body
    kind: str
    required: bool

    @property
    def declared(self) -> str:
        """How it is declared."""
        optional = self.kind if "None" in self.kind.split(" | ") else f"{self.kind} | None"
        return f"{self.variable}: {self.kind if self.required else f'{optional} = None'}"

    @property
    def variable(self) -> str:
        """How it is called in the method; never like a function of Python's own."""
        plain = variable(self.name)
        return f"{plain}_" if hasattr(builtins, plain) else plain


class Operation(NamedTuple):
    """One operation, ready to be written."""

    group: str
    name: str
    method: str
    path: str
    summary: str
    told: str
    arguments: list[Argument]
    answers: dict[int, str]  #: type by status


def operations(document: dict[str, Any]) -> str:
    """Write the module."""
    found = sorted(_found(document), key=lambda each: (each.group, each.name))
    written = [line for group, each in groupby(found, lambda one: one.group) for line in _class(group, list(each))]
    return "\n".join([_HEAD, *written, *_door(found)])


def _found(document: dict[str, Any]) -> Iterator[Operation]:
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                yield _operation(path, method, item[method])


def _operation(path: str, method: str, drawn: Schema) -> Operation:
    group = re.split(r"[/{]", path)[1].replace("-", "_")
    name = drawn["operationId"].removeprefix(f"{group}_")
    arguments = [
        Argument(each["name"], each["in"], _expression(each["schema"]), each["required"] and each["name"] != _KEY)
        for each in drawn.get("parameters", ())
    ]
    if "requestBody" in drawn:
        content = drawn["requestBody"]["content"]["application/json"]["schema"]
        arguments.append(Argument("body", "body", _expression(content), required=True))
    answers = {int(status): _answer(each) for status, each in drawn["responses"].items() if status.startswith("2")}
    told = drawn.get("description") or drawn["summary"]
    return Operation(
        group, name, method.upper(), path, drawn["summary"], told, arguments, dict(sorted(answers.items()))
    )


def _answer(response: Schema) -> str:
    for media, content in response.get("content", {}).items():
        if _JSON.fullmatch(media):
            return _expression(content["schema"])
        return "str" if media.startswith("text/") else "bytes"
    return "None"


def _class(group: str, found: list[Operation]) -> Iterator[str]:
    yield f"\n\nclass {_title(group)}:"
    yield from docstring(f"Operations under `/{group.replace('_', '-')}`", "    ")
    yield "\n    def __init__(self, transport: Transport) -> None:\n        self._transport = transport"
    for operation in found:
        yield from _method(operation)


def _method(operation: Operation) -> Iterator[str]:
    positional = [each for each in operation.arguments if each.place in ("path", "body")]
    named = [each for each in operation.arguments if each not in positional]
    named.sort(key=lambda each: not each.required)
    marked = ["*", *(each.declared for each in named)] if named else []
    given = ", ".join(["self", *(each.declared for each in positional), *marked])
    answer = " | ".join(dict.fromkeys(operation.answers.values()))
    yield f"\n    def {variable(operation.name)}({given}) -> Reply[{answer}]:"
    yield from docstring(operation.told, "        ", operation.summary)
    yield f"        call = Call({', '.join(_call(operation))})"
    types = ", ".join(f"{status}: {kind}" for status, kind in operation.answers.items())
    yield f"        return self._transport.send(call, {{{types}}})"


def _call(operation: Operation) -> Iterator[str]:
    path = re.sub(r"\{(\w+)\}", lambda found: f"{{quote(str({variable(found[1])}), safe='')}}", operation.path)
    yield repr(operation.method)
    yield f"f{path!r}" if "{" in path else repr(path)
    for place, word in (("query", "query"), ("header", "headers")):
        members = [f"{each.name!r}: {each.variable}" for each in operation.arguments if each.place == place]
        if members:
            yield f"{word}={{{', '.join(members)}}}"
    if any(each.place == "body" for each in operation.arguments):
        yield "body=body"
    if any(each.name == _KEY for each in operation.arguments):
        yield "keyed=True"


def _door(found: list[Operation]) -> Iterator[str]:
    groups = list(dict.fromkeys(each.group for each in found))
    yield "\n\nclass Operations:"
    yield from docstring("All operations, by the first word of their path", "    ")
    yield "\n    def __init__(self, transport: Transport) -> None:"
    yield from (f"        self.{group} = {_title(group)}(transport)" for group in groups)


def _expression(schema: Schema) -> str:
    return expression(schema, prefix="models.")


def _title(group: str) -> str:
    return "".join(word.capitalize() for word in group.split("_")) + "Operations"
