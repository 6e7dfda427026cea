"""CEL by `common-expression-language`, written in Rust."""

from __future__ import annotations

from collections.abc import Iterator

import cel

from bench.engines.applicants import POLICY
from bench.engines.cel_text import decided_by
from bench.engines.contest import Contender
from engine import PolicySet


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give the one route: compiled programs."""
    yield Contender("CEL (Rust)", decided_by(policies[POLICY], lambda text: cel.compile(text).execute))
