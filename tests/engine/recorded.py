"""Folders loaded as the log would give them back: understood, but not held to what is asked of new policies.

So a test may use a condition that is decided (`x > 5 and x < 3`), which every executor has to get right all the same.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from engine import PolicySet, load_bundle
from engine.reading.loading import LANGUAGE
from engine.reading.source import Findings, Plain, read_yaml


def load_recorded(folder: Path) -> PolicySet:
    """Load the one policy of a folder; raise PolicyError, with paths that begin with the part (`policy.rules[0]`)."""
    (policy,) = (path for path in folder.glob("*.yaml") if path.name not in ("facts.yaml", "reasons.yaml"))
    shared = {part: _plain(folder / f"{part}.yaml") for part in ("facts", "reasons")}
    return load_bundle(msgspec.json.encode({"language": LANGUAGE, "policy": _plain(policy), **shared}))


def _plain(path: Path) -> Plain:
    return read_yaml(path.read_bytes(), path.name, Findings()).plain()
