"""What the derivation graph of a decision shows: the facts and steps its trace tells of, and which lie on the path."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.decision import Decision, Shown
from engine.explaining.graph import State
from engine.explaining.path import deciding, own_cause, rests_on
from engine.policy import Aggregate, Derived, Policy, Rule

Reader = Rule | Aggregate | Derived


def reads(reader: Reader) -> Iterable[str]:
    """The facts a step reads, each once."""
    if isinstance(reader, Rule):
        return dict.fromkeys((*reader.reads, *reader.amount_reads))
    return reader.reads


class Scene:
    """The trace of one decision, looked up by name."""

    def __init__(self, policy: Policy, decision: Decision) -> None:
        self.policy, self.decision = policy, decision
        self.fired = {step.name: step for step in decision.trace if step.kind == "rule"}
        self.derivations = {step.name: step for step in decision.trace if step.kind != "rule"}
        self.open = {one.rule: one.lacks for one in decision.undetermined}
        self.rules = [rule for rule in policy.rules if rule.name in {*self.fired, *self.open, *decision.faults}]
        self.values: dict[str, Shown] = {name: value for step in decision.trace for name, value in step.facts.items()}
        self.values |= {name: step.value for name, step in self.derivations.items() if step.value is not None}
        self.cause = own_cause(decision)
        self.decided = deciding(policy, decision)
        self._lacking = {*decision.missing, *(name for lacks in self.open.values() for name in lacks), *self._unread()}
        self.shown = self._shown()
        self.grounds = self._grounds()

    def state(self, name: str) -> State | None:
        """How a fact stands; None for a given fact of which the trace says nothing."""
        if name in self.values:
            return "known"
        if name not in self.policy.facts:
            return "undefined" if name in self.derivations else "missing"
        over = [node.name for node in self.policy.aggregates if node.records == name]
        if not self.derivations.keys().isdisjoint(over):  # lists of records stand in no step
            return "known"
        return "missing" if name in self._lacking else None

    def rests(self, rule: Rule) -> Iterable[str]:
        """The facts a rule on the path rests on; nothing for one beside it."""
        effects = self.decided.get(rule.name)
        if effects is None:
            return ()
        if rule.name in self.fired and rule.name not in self.open:
            return rests_on(self.policy, self.decision, self.fired[rule.name], effects)
        return [name for name in reads(rule) if self._unsettled(name)]

    def _unread(self) -> Iterator[str]:
        """What steps of the trace would have read, had it been there."""
        rules = ((step, reads(self.policy.rule[name])) for name, step in self.fired.items())
        nodes = ((self.derivations.get(node.name), node.reads) for node in self.policy.nodes)
        for step, names in (*rules, *nodes):
            if step is not None:
                yield from (name for name in names if name not in step.facts)

    def _shown(self) -> set[str]:
        """Every fact that somebody in the scene reads, down to the given ones."""
        wanted = {name for rule in self.rules for name in reads(rule)} | set(self.derivations)
        for node in reversed(self.policy.nodes):
            if node.name in wanted:
                wanted.update(node.reads)
        return {name for name in wanted if self.state(name)}

    def _grounds(self) -> set[str]:
        """The facts on the path: what the deciding rules rest on, and what that was derived from."""
        on_path = {name for rule in self.rules for name in self.rests(rule)}
        for node in reversed(self.policy.nodes):
            if node.name in on_path:
                known = self.state(node.name) == "known"
                on_path |= {name for name in node.reads if known or self._unsettled(name)}
        return on_path & self.shown

    def _unsettled(self, name: str) -> bool:
        return self.state(name) in ("missing", "undefined")
