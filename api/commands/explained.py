"""The grounds of a decision in print: how it was derived, step by step, and what would change it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from api.commands.printed import decision_lines
from engine import Decision
from engine.explaining.graph import Edge, Graph, Node
from engine.explaining.wording import percent, yuan
from engine.recourse import Recourse


class Decided(msgspec.Struct, frozen=True):
    """A decision, ready to be printed."""

    decision: Decision

    def text(self, as_json: bool) -> str:
        """Print it as its document, or for people."""
        if as_json:
            return msgspec.json.format(msgspec.json.encode(self.document()), indent=2).decode()
        return "\n".join(self.lines())

    def document(self) -> dict[str, Any]:
        """The decision's document."""
        return self.decision.document()

    def lines(self) -> Iterator[str]:
        """The decision for people."""
        return decision_lines(self.decision)


class Explained(Decided, frozen=True):
    """A decision with its derivation graph and recourse."""

    graph: Graph
    recourse: Recourse

    def document(self) -> dict[str, Any]:
        """The decision's document with `graph` and `recourse` as two more members."""
        return {**self.decision.document(), **msgspec.to_builtins({"graph": self.graph, "recourse": self.recourse})}

    def lines(self) -> Iterator[str]:
        """The decision, the path that decided in the order it was gone, and the sentences of recourse."""
        yield from decision_lines(self.decision)
        yield from _titled("路径 path", _path(self.graph))
        yield from _titled("出路 recourse", _recourse(self.recourse))


def _titled(title: str, lines: Iterator[str]) -> Iterator[str]:
    width = 16 - sum(character > "\xff" for character in title)
    for number, line in enumerate(lines):
        yield f"{title if number == 0 else '':<{width if number == 0 else 16}}{line}"


def _path(graph: Graph) -> Iterator[str]:
    nodes = {node.id: node for node in graph.nodes}
    path = [edge for edge in graph.edges if edge.decided]
    for node in graph.nodes:
        if node.decided and node.id.startswith(("step:", "rule:")):
            read = [_shown(nodes[edge.source]) for edge in path if edge.target == node.id]
            yield f"{_result(node, nodes, path)} ← {', '.join(read) or 'nothing it read'}"


def _result(step: Node, nodes: dict[str, Node], path: list[Edge]) -> str:
    """What a step led to: the fact it set, or the rule and what it proposed."""
    led = [nodes[edge.target] for edge in path if edge.source == step.id]
    if step.kind != "rule":
        return ", ".join(map(_shown, led))
    effects = [_shown(node) for node in led if node.kind in ("outcome", "amount")]
    return f"{step.name} → {', '.join(effects)}" if effects else f"{step.name} ({step.state})"


def _shown(node: Node) -> str:
    if node.kind == "outcome":
        return node.name
    if node.type in ("money", "rate") and isinstance(node.value, int):
        return f"{node.name} = {yuan(node.value) if node.type == 'money' else percent(node.value)}"
    if node.value is not None:
        return f"{node.name} = {str(node.value).lower() if node.type == 'bool' else node.value}"
    return f"{node.name} ({node.state})" if node.state != "known" else node.name


def _recourse(recourse: Recourse) -> Iterator[str]:
    yield recourse.statement.zh
    yield recourse.statement.en
    for number, alternative in enumerate(recourse.alternatives, start=1):
        yield f"{number}. {alternative.statement.zh}"
        yield f"   {alternative.statement.en}"
