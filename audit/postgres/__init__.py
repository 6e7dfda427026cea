"""A log in PostgreSQL: what differs from SQLite, and nothing else."""

from __future__ import annotations

from audit.postgres.administration import check, initialise
from audit.postgres.connections import inspecting, owning, reading, writing

__all__ = ["check", "initialise", "inspecting", "owning", "reading", "writing"]
