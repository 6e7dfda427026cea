"""What Litestar draws too wide in the OpenAPI document: structs that refuse unknown members, lists with bounds."""

from __future__ import annotations

import inspect
from typing import cast

import msgspec
from litestar._openapi.schema_generation import SchemaCreator
from litestar._openapi.schema_generation.plugins.struct import StructSchemaPlugin
from litestar.openapi.spec import OpenAPIType, Schema
from litestar.params import BodyKwarg, ParameterKwarg
from litestar.plugins import OpenAPISchemaPlugin
from litestar.typing import FieldDefinition


class ClosedStructs(StructSchemaPlugin):
    """Draws them as Litestar does, closes them, and says what they are."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether it is a struct that refuses what it does not know."""
        if field_definition.is_union or not field_definition.is_subclass_of(msgspec.Struct):
            return False
        return bool(field_definition.type_.__struct_config__.forbid_unknown_fields)

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """Draw one."""
        schema = super().to_openapi_schema(field_definition, schema_creator)
        schema.additional_properties = False
        schema.description = schema.description or inspect.cleandoc(field_definition.type_.__doc__ or "") or None
        return schema


class BoundedTuples(OpenAPISchemaPlugin):
    """Draws `tuple[X, ...]` with a least or greatest length as an array of X; Litestar takes the dots for a type."""

    def is_plugin_supported_field(self, field_definition: FieldDefinition) -> bool:
        """Whether it is such a tuple."""
        kinds = [each.annotation for each in field_definition.inner_types]
        bounds = _bounds(field_definition)
        return field_definition.origin is tuple and Ellipsis in kinds and bounds is not None and bounds.is_constrained

    def to_openapi_schema(self, field_definition: FieldDefinition, schema_creator: SchemaCreator) -> Schema:
        """Draw one."""
        bounds = cast("ParameterKwarg | BodyKwarg", _bounds(field_definition))
        items = schema_creator.not_generating_examples.for_field_definition(field_definition.inner_types[0])
        return Schema(type=OpenAPIType.ARRAY, items=items, min_items=bounds.min_items, max_items=bounds.max_items)


def _bounds(field_definition: FieldDefinition) -> ParameterKwarg | BodyKwarg | None:
    known = field_definition.kwarg_definition
    return known if isinstance(known, (ParameterKwarg, BodyKwarg)) else None
