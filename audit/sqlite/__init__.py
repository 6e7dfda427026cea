"""A log in an SQLite file: what differs from PostgreSQL, and nothing else."""

from __future__ import annotations

from audit.sqlite.connections import inspecting, reading, writing

__all__ = ["inspecting", "reading", "writing"]
