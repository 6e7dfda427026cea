"""What JSON Schema cannot say about our requests, kept out of those that are meant to be taken.

JSON Schema counts 5.0 as a whole number; we refuse it, since nobody can tell whether it was meant (strictjson).
"""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.hook
def map_body(context: schemathesis.HookContext, body: Any) -> Any:
    """Write whole numbers without a point."""
    return _whole(body)


def _whole(value: Any) -> Any:
    match value:
        case float():
            return int(value) if value.is_integer() and abs(value) < 2**53 else 0
        case dict():
            return {name: _whole(each) for name, each in value.items()}
        case list():
            return [_whole(each) for each in value]
        case _:
            return value
