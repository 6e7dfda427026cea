"""What the authors of policies use: one format for their files, a schema for their editors, and a beginning."""

from engine.authoring.formatting import formatted
from engine.authoring.json_schema import schema
from engine.authoring.starting import starter

__all__ = ["formatted", "schema", "starter"]
