"""Decision -> derivation graph (`graph.py`): from the trace and the policy alone, without deciding again."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from engine.authoring import phrases
from engine.decision import Decision
from engine.explaining import wording
from engine.explaining.graph import Edge, Graph, Node, NodeKind, State
from engine.explaining.path import OUTCOME
from engine.explaining.scene import Reader, Scene, reads
from engine.policy import AMOUNTS, WIRE_AMOUNT, Aggregate, Derived, Outcome, Policy, Rule
from engine.vocabulary import Text

VERSION = 1
_AMOUNT_KINDS = {WIRE_AMOUNT[name]: kind.name for name, kind in AMOUNTS.items()}


def graph(policy: Policy, decision: Decision) -> Graph:
    """Draw how a decision came about; raise ValueError if `policy` is not the one it was taken under."""
    if policy.digest != decision.policy.digest:
        raise ValueError(f"the decision was taken under digest `{decision.policy.digest}`, not `{policy.digest}`")
    scene = Scene(policy, decision)
    nodes = (*_facts_and_steps(scene), *(_rule(scene, rule) for rule in scene.rules), *_effects(scene))
    place = {node.id: index for index, node in enumerate(nodes)}
    edges = sorted(_edges(scene), key=lambda edge: (place[edge.source], place[edge.target], edge.kind))
    return Graph(VERSION, nodes, tuple(edges))


def _facts_and_steps(scene: Scene) -> Iterator[Node]:
    for name in scene.policy.facts:
        if name in scene.shown:
            yield _fact(scene, name, "given")
    for node in scene.policy.nodes:
        if node.name in scene.shown:
            yield _derivation(scene, node)
            yield _fact(scene, node.name, "derived")


def _fact(scene: Scene, name: str, kind: NodeKind) -> Node:
    state, step = scene.state(name), scene.derivations.get(name)
    assert state is not None  # what is shown has a state
    return Node(
        id=f"fact:{name}",
        kind=kind,
        name=name,
        label=scene.policy.labels[name],
        state=state,
        decided=name in scene.grounds,
        type=scene.policy.kinds[name].name if name in scene.policy.kinds else "records",
        value=scene.values.get(name),
        cause=step.undefined if step else None,
    )


def _derivation(scene: Scene, node: Aggregate | Derived) -> Node:
    step = scene.derivations.get(node.name)
    return Node(
        id=f"step:{node.name}",
        kind=_kind(node),
        name=node.name,
        label=scene.policy.labels[node.name],
        state="open" if step is None else "undefined" if step.undefined else "done",
        decided=node.name in scene.grounds,
        when=step.when if step else (),
        cause=step.undefined if step else None,
    )


def _kind(node: Aggregate | Derived) -> NodeKind:
    if isinstance(node, Aggregate):
        return "aggregate"
    return "formula" if node.table is None else "scorecard" if node.table.scorecard else "table"


def _rule(scene: Scene, rule: Rule) -> Node:
    step, cause = scene.fired.get(rule.name), scene.decision.faults.get(rule.name)
    return Node(
        id=f"rule:{rule.name}",
        kind="rule",
        name=rule.name,
        label=Text(rule.name, rule.name),
        state="undefined" if cause else "done" if step else "open",
        decided=rule.name in scene.decided,
        when=step.when if step else (),
        lacks=scene.open.get(rule.name, ()),
        cause=cause,
    )


def _effects(scene: Scene) -> Iterator[Node]:
    told = {reason.code: reason for reason in scene.decision.reasons}
    for code, reason in told.items():
        decided = code == scene.cause or not scene.decided.keys().isdisjoint(reason.rules)
        yield Node(f"reason:{code}", "reason", code, reason.statement, "stands", decided)
    codes = [scene.policy.rule[name].because for name in scene.fired]
    for code in dict.fromkeys(code for code in codes if code and code not in told):
        yield Node(f"reason:{code}", "reason", code, _statement(scene, code), "outweighed", decided=False)
    for outcome in _outcomes(scene):
        stands = outcome is scene.decision.outcome
        state: State = "stands" if stands else "outweighed"
        yield Node(f"outcome:{outcome}", "outcome", str(outcome), phrases.OUTCOMES[outcome], state, stands)
    for name, value in _amounts(scene.decision).items():
        label, kind = wording.AMOUNTS[name], _AMOUNT_KINDS[name]
        yield Node(f"amount:{name}", "amount", name, label, "stands", True, kind, value)


def _statement(scene: Scene, code: str) -> Text:
    reason = scene.policy.reasons[code]
    return wording.GENERAL if reason.disclose == "general" else reason.statement


def _outcomes(scene: Scene) -> list[Outcome]:
    """What was decided, then what was proposed beside it, the most severe first."""
    proposed = {step.then for step in scene.fired.values()} - {scene.decision.outcome}
    return [scene.decision.outcome, *(outcome for outcome in scene.policy.outcomes if outcome in proposed)]


def _amounts(decision: Decision) -> dict[str, int]:
    offered = {name: getattr(decision.offer, name, None) for name in WIRE_AMOUNT.values()}
    return {name: amount for name, amount in offered.items() if amount is not None}


def _edges(scene: Scene) -> Iterator[Edge]:
    for node in scene.policy.nodes:
        if node.name in scene.shown:
            on_path = node.name in scene.grounds
            yield from _read(scene, node, f"step:{node.name}", scene.grounds if on_path else ())
            yield Edge(f"step:{node.name}", f"fact:{node.name}", "sets", on_path)
    for rule in scene.rules:
        yield from _read(scene, rule, f"rule:{rule.name}", scene.rests(rule))
        yield from _because(scene, rule)
        yield from _proposed(scene, rule)
    if scene.cause:
        yield Edge(f"reason:{scene.cause}", f"outcome:{scene.decision.outcome}", "proposes", decided=True)


def _read(scene: Scene, reader: Reader, target: str, rests: Iterable[str]) -> Iterator[Edge]:
    on_path = scene.grounds.intersection(rests)
    yield from (Edge(f"fact:{name}", target, "read", name in on_path) for name in reads(reader) if name in scene.shown)


def _because(scene: Scene, rule: Rule) -> Iterator[Edge]:
    """The reasons of the decision a rule stands behind; and its own, when it fired but was not among them."""
    codes = [reason.code for reason in scene.decision.reasons if rule.name in reason.rules]
    on_path = rule.name in scene.decided
    if scene.cause and on_path:
        codes.append(scene.cause)
    decided = set(codes) if on_path else set[str]()
    if rule.because and rule.name in scene.fired:
        codes.append(rule.because)
    for code in dict.fromkeys(codes):
        yield Edge(f"rule:{rule.name}", f"reason:{code}", "because", code in decided)


def _proposed(scene: Scene, rule: Rule) -> Iterator[Edge]:
    """What a rule that fired put forward: an outcome, offered amounts, caps."""
    step, source, effects = scene.fired.get(rule.name), f"rule:{rule.name}", scene.decided.get(rule.name, frozenset())
    if step is None:
        return
    stands = step.then is scene.decision.outcome
    if step.then is not None:
        yield Edge(source, f"outcome:{step.then}", "proposes", stands and OUTCOME in effects)
    for name in _amounts(scene.decision):
        binds = scene.decision.binding.get(name) == rule.name
        if name in step.offer and stands:
            yield Edge(source, f"amount:{name}", "proposes", name in effects and not binds)
        if name in step.cap:
            yield Edge(source, f"amount:{name}", "binds" if binds else "caps", binds)
