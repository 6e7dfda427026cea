"""JSON Schema (draft 2020-12) of policy files, `facts.yaml` and `reasons.yaml`, for completion and hints in editors.

It says what a shape can say: keys, words and the look of values. What a value means beside the others, the loader says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from engine.reading.language import FACTS, POLICY, REASONS
from engine.reading.shape import Entries, Fields, Items, OneOf, Role, Scalar, Shape

Schema = dict[str, Any]

_TITLES = {"policy": "Grounds: a policy", "facts": "Grounds: facts.yaml", "reasons": "Grounds: reasons.yaml"}
_SHAPES: Mapping[str, Fields] = {"policy": POLICY, "facts": FACTS, "reasons": REASONS}
_ANY: Schema = {"type": ["string", "number", "boolean"]}
#: Editors read `5_000.00` as text, because YAML 1.2 knows no digits in threes.
_NUMBER: Schema = {"anyOf": [{"type": "number"}, {"type": "string", "pattern": r"^[-+]?[0-9][0-9_]*(\.[0-9_]+)?$"}]}
_WHOLE: Schema = {"anyOf": [{"type": "integer"}, {"type": "string", "pattern": r"^[-+]?[0-9][0-9_]*$"}]}
_SCALARS: Mapping[Role, Schema] = {
    "word": {"type": "string"},
    "phrase": {"type": "string", "minLength": 1},
    "remark": {"type": "string"},
    "number": _NUMBER,
    "whole": _WHOLE,
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "instant": {"type": "string", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ].*(Z|[-+][0-9]{2}:?[0-9]{2})$"},
    "expression": _ANY,
    "aggregate": {"type": "string"},
    "cell": _ANY,
    "value": _ANY,
}


def schema(which: Literal["policy", "facts", "reasons"]) -> Schema:
    """Give the schema of a kind of file, as JSON builtins."""
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": _TITLES[which]}
    return head | _of(_SHAPES[which])


def _of(shape: Shape) -> Schema:
    match shape:
        case Scalar(choices=(_, *_)):
            return {"enum": list(shape.choices)}
        case Scalar():
            return _SCALARS[shape.role] | ({"pattern": f"^{shape.pattern}$"} if shape.pattern else {})
        case OneOf():
            return {"anyOf": [_of(shape.scalar), _of(shape.other)]}
        case Items():
            return {"type": "array", "items": _of(shape.of), "minItems": shape.low}
        case Entries():
            names = {"propertyNames": {"pattern": f"^{shape.pattern}$"}} if shape.pattern else {}
            return {"type": "object", "additionalProperties": _of(shape.of), **names}
        case Fields():
            return _fields(shape)


def _fields(shape: Fields) -> Schema:
    described = {key: {"description": part.doc, **_of(part.shape)} for key, part in shape.parts.items()}
    found: Schema = {"type": "object", "properties": described, "additionalProperties": False}
    if shape.required:
        found["required"] = list(shape.required)
    if any(part.of_types for part in shape.parts.values()):
        found["allOf"] = [_with_type(shape, word) for word in _words(shape)]
    if shape.one_of:
        found["oneOf"] = [{"required": [key]} for key in shape.one_of]
    return found


def _words(shape: Fields) -> tuple[str, ...]:
    scalar = shape.parts["type"].shape
    assert isinstance(scalar, Scalar)
    return scalar.choices


def _with_type(shape: Fields, word: str) -> Schema:
    """What goes with one word under `type`, and what does not."""
    taken = {*shape.required_with(word), *shape.optional_with(word)}
    foreign = {key: False for key in shape.parts if key not in taken}
    then = {"required": list(shape.required_with(word)), "properties": foreign}
    return {"if": {"properties": {"type": {"const": word}}, "required": ["type"]}, "then": then}
