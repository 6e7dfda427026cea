"""Facts to derive, compiled: by a table, by a condition, or by a computation."""

from __future__ import annotations

from engine.kinds import SCALE
from engine.policy import Aggregate, Derived, Policy
from engine.running.blaming import compile_blame
from engine.running.compute import Compute, compile_plain
from engine.running.records import compile_aggregate
from engine.running.storing import compile_stored
from engine.running.tables import TableIndex


class Node:
    """A fact to derive, and the closures that do it where something may be missing."""

    def __init__(self, derived: Aggregate | Derived, policy: Policy) -> None:
        self.name = derived.name
        self.kind = derived.kind
        self.reads = derived.reads
        table = derived.table if isinstance(derived, Derived) else None
        self.formula = derived.formula if isinstance(derived, Derived) else None
        self.table = TableIndex(table, policy, policy.kinds) if table is not None else None
        self.blames = [compile_blame(row.when) for row in table.rows] if table is not None else []
        decides = self.formula is not None and derived.kind.name == "bool"
        self.condition = compile_blame(self.formula) if self.formula is not None and decides else None
        self.compute = _compute(derived, policy) if table is None and self.condition is None else None


def _compute(derived: Aggregate | Derived, policy: Policy) -> Compute:
    if isinstance(derived, Aggregate):
        return compile_aggregate(derived, policy)
    assert derived.formula is not None
    if derived.kind.name in SCALE:
        return compile_stored(derived.formula, derived.kind, policy.rounding)
    return compile_plain(derived.formula)  # a bare name or literal of a kind without arithmetic
