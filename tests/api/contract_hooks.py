"""What JSON Schema cannot say about our requests, kept out of those that are meant to be taken.

JSON Schema counts 5.0 as a whole number, and knows no largest one; we refuse what is not exact in every reader
(strictjson), which a member that may hold anything cannot say. Nor can one that is any text say that NUL is refused
everywhere, because no text of PostgreSQL can hold it.
"""

from __future__ import annotations

import json
from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """Write a list as a line for each of its items, anything else as the one line."""
    return b"".join(json.dumps(each).encode() + b"\n" for each in (value if isinstance(value, list) else [value]))


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Write numbers that are whole, and without a point, and texts without NUL."""
    return _whole(body)


def _whole(value: Any) -> Any:
    match value:
        case bool():
            return value
        case float() | int():
            return int(value) if value == int(value) and abs(value) < 2**53 else 0
        case str():
            return value.replace("\0", "")
        case dict():
            return {name.replace("\0", ""): _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
        case _:
            return value
