"""Decisions carried out of the log as a file, and a manifest that proves what the file is and that nothing lacks.

Each row is taken from the leaf it names. The number of rows goes with a signed size of the log, and the export itself
is an entry. Rows hold nothing personal unless that is asked for; then every batch of them is recorded as a read.
"""

from __future__ import annotations

from api.exports.columns import COLUMNS, PERSONAL
from api.exports.files import FORMATS, Format
from api.exports.making import Export, Made, make
from api.exports.manifest import Manifest, check

__all__ = ["COLUMNS", "FORMATS", "PERSONAL", "Export", "Format", "Made", "Manifest", "check", "make"]
