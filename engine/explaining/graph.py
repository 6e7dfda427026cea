"""The derivation graph of a decision, as frozen values ready for JSON (docs/explanation.md): what led to what.

Facts and steps alternate: a step (a derivation or a rule) reads facts, a derivation sets one, a rule proposes an
outcome or amounts, caps amounts, and gives a reason. `decided` marks nodes and edges on the path that decided. What
the decision's trace shows is drawn, with the facts that are missing and the rules left open; rules that did not fire,
and facts only those would have read, are not.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from engine.decision import Shown
from engine.vocabulary import Text

NodeKind = Literal[
    "given", "derived", "aggregate", "table", "scorecard", "formula", "rule", "reason", "outcome", "amount"
]
State = Literal["known", "missing", "undefined", "done", "open", "stands", "outweighed"]
EdgeKind = Literal["read", "sets", "proposes", "caps", "binds", "because"]


class Node(msgspec.Struct, frozen=True, omit_defaults=True):
    """A fact, a step, or an effect; members that hold nothing are left out."""

    id: str  #: unique in its graph: `fact:NAME`, `step:NAME`, `rule:NAME`, `reason:CODE`, `outcome:NAME`, `amount:NAME`
    kind: NodeKind
    name: str
    label: Text
    state: State  #: of a fact: known, missing, undefined; of a step: done, open, undefined; else stands, outweighed
    decided: bool  #: whether it lies on the path that decided
    type: str = ""  #: of a fact or an amount: int, money, rate, bool, enum, date or records
    value: Shown | None = None  #: of a fact or an amount, in base units; lists of records are not repeated
    when: tuple[str, ...] = ()  #: of a step: its formula, its condition, or the rows that applied
    lacks: tuple[str, ...] = ()  #: of an open rule: the given facts it would need
    cause: str | None = None  #: why it could not be computed


class Edge(msgspec.Struct, frozen=True):
    """What leads from one node to another."""

    source: str
    target: str
    kind: EdgeKind
    decided: bool


class Graph(msgspec.Struct, frozen=True):
    """Nodes in the order of evaluation, edges in the order of their nodes: equal decisions draw equal graphs."""

    v: int
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
