"""zen-engine: the whole policy as one decision graph, with the trace that explains it.

`evaluate` is what its manual shows; `evaluate_batch` of one avoids the hand-over to another thread. A table of rules is
the form a person would draw; all conditions as one expression give the shortest trace, and so its quickest traced
decision, though the trace then says no more than true and false.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import compress, pairwise
from typing import Any

import zen

from bench.engines.applicants import POLICY, Facts
from bench.engines.contest import Answer, Contender, Settlement
from bench.engines.spelling import Dialect, branches, condition, layers, listed, output, stored
from engine import PolicySet
from engine.policy import Derived, Policy

_ZEN = Dialect(
    among="({item} in [{values}])",
    floor="floor({left} / {right})",
    least="min([{left}, {right}])",
    most="max([{left}, {right}])",
    true="true",
)
_TRACED = {"trace": True}

Graph = dict[str, Any]
#: From facts to zen's response.
Respond = Callable[[Facts], Any]


def contenders(policies: PolicySet) -> Iterator[Contender]:
    """Give three routes, the first two over the same graph."""
    policy = policies[POLICY]
    settle, names = Settlement(policy), [rule.name for rule in policy.rules]

    def rows(result: Mapping[str, Any]) -> Answer:
        return settle([row["rule"] for row in result["fired"]], result)

    def flags(result: Mapping[str, Any]) -> Answer:
        return settle(list(compress(names, result["fired"])), result)

    drawn, terse = graph(policy, _rules(policy)), graph(policy, _conditions(policy))
    yield _contender("zen evaluate, trace", _evaluate(drawn), rows)
    yield _contender("zen evaluate_batch, trace", _batch(drawn), rows)
    yield _contender("zen evaluate_batch, terse trace", _batch(terse), flags)


def _contender(name: str, respond: Respond, read: Callable[[Mapping[str, Any]], Answer]) -> Contender:
    def decide(facts: Facts) -> tuple[Answer, Any]:
        response = respond(facts)
        return read(response["result"]), response["trace"]

    return Contender(name, decide, lambda result: result[0])


def _evaluate(content: Graph) -> Respond:
    decision = zen.ZenEngine().create_decision(zen.ZenDecisionContent(json.dumps(content)))
    return lambda facts: decision.evaluate(facts, _TRACED)


def _batch(content: Graph) -> Respond:
    engine = zen.ZenEngine({"loader": {"type": "static", "content": {POLICY: content}}})
    return lambda facts: engine.evaluate_batch([{"key": POLICY, "context": facts}], _TRACED)[0]["data"]


def graph(policy: Policy, rules: Graph) -> Graph:
    """Lay the policy out as a chain of tables and formulas with its rules at the end."""
    nodes: list[Graph] = [{"id": "request", "name": "request", "type": "inputNode"}]
    for number, layer in enumerate(layers(policy)):
        nodes += [_table(one) for one in layer if one.table is not None]
        formulas = {one.name: stored(one.formula, one.kind, _ZEN) for one in layer if one.formula is not None}
        nodes += [_expressions(f"formulas{number}", formulas)] if formulas else []
    nodes.append(rules)
    edges = [
        {"id": f"{left['id']}-{right['id']}", "sourceId": left["id"], "targetId": right["id"], "type": "edge"}
        for left, right in pairwise(nodes)
    ]
    return {"contentType": "application/vnd.gorules.decision", "nodes": nodes, "edges": edges}


def _rules(policy: Policy) -> Graph:
    rows = [(condition(rule.when, _ZEN), f"'{rule.name}'") for rule in policy.rules]
    return _node("rules", "collect", rows, "rule", outputPath="fired")


def _conditions(policy: Policy) -> Graph:
    return _expressions("rules", {"fired": listed(condition(rule.when, _ZEN) for rule in policy.rules)})


def _table(derived: Derived) -> Graph:
    rows = [(condition(when, _ZEN), output(value, _ZEN)) for when, value in branches(derived)]
    return _node(derived.name, "first", rows, derived.name)


def _node(name: str, hit: str, rows: Sequence[tuple[str, str]], field: str, **more: object) -> Graph:
    content = {
        "hitPolicy": hit,
        "inputs": [{"id": "when", "name": "when"}],
        "outputs": [{"id": "then", "name": field, "field": field}],
        "rules": [{"_id": f"{name}{n}", "when": when, "then": then} for n, (when, then) in enumerate(rows)],
        "passThrough": True,
        "executionMode": "single",
    }
    return {"id": name, "name": name, "type": "decisionTableNode", "content": content | more}


def _expressions(name: str, texts: Mapping[str, str]) -> Graph:
    expressions = [{"id": key, "key": key, "value": text} for key, text in texts.items()]
    content = {"expressions": expressions, "passThrough": True, "executionMode": "single"}
    return {"id": name, "name": name, "type": "expressionNode", "content": content}
