"""The offline auditor: checks everything that can be checked of a log, from its database or from an export.

It believes nothing it reads and never raises because of it: whatever is wrong becomes a finding with its place.
"""

from __future__ import annotations

from audit.database import inspecting
from audit.verify.database import verify_database
from audit.verify.export import verify_export
from audit.verify.report import Finding, Report
from audit.verify.rows import entries
from audit.verify.stretch import cores

__all__ = ["Finding", "Report", "cores", "entries", "inspecting", "verify_database", "verify_export"]
