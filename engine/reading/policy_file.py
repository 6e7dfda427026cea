"""Reads one policy file: header, records, derived facts, rules, examples and invariants."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from engine.kinds import Kind, Rounding
from engine.parts import Parts
from engine.policy import AMOUNTS, Aggregate, AmountName, Derived, Example, Invariant, Outcome, Policy, Rule, Strata
from engine.reading.derive_file import Scope, read_aggregates, read_derived
from engine.reading.example_file import read_examples
from engine.reading.facts_file import fact_name, text_pair
from engine.reading.language import INVARIANT, MONOTONE, OUTCOMES, POLICY, ROUNDINGS
from engine.reading.parsing import parse_condition
from engine.reading.rule_file import read_rules
from engine.reading.source import Item
from engine.reading.syntax import ExpressionError, free_names
from engine.vocabulary import Text, Vocabulary

_NO_WORDS: tuple[str, ...] = ()

_HEADER, _OPTIONAL = POLICY.required, POLICY.optional


def read_policy(root: Item, vocabulary: Vocabulary) -> Policy:
    """Read a policy over a vocabulary. Mistakes are reported to the item's findings; the digest is still empty."""
    parts = _parts(root)
    scope = Scope(vocabulary.facts)
    outcomes: tuple[Outcome, ...] = parts.read("outcomes", _outcomes, tuple(Outcome))
    otherwise = parts.read("otherwise", lambda item: _otherwise(item, outcomes), Outcome.REFER)
    header: dict[str, Any] = {
        "name": parts.read("policy", lambda item: fact_name(item, item.text()), ""),
        "version": parts.read("version", lambda item: item.integer(1, 1_000_000), 1),
        "effective_from": parts.read("effective_from", Item.date, dt.date.min),
        "title": parts.read("title", text_pair, Text("", "")),
        "owner": parts.read("owner", Item.sentence, ""),
        "sources": parts.read("sources", _sources, _NO_WORDS),
        "rounding": parts.read("rounding", lambda item: cast("Rounding", item.choice(ROUNDINGS)), "half_even"),
    }
    aggregates: tuple[Aggregate, ...] = parts.read("records", lambda item: read_aggregates(item, scope), ())
    nothing: tuple[tuple[Derived, ...], Strata] = ((), ())
    derived, strata = parts.read("derive", lambda item: read_derived(item, scope), nothing)
    parts.sound("records", "derive")  # without them every later name would be reported as unknown
    rules: tuple[Rule, ...] = parts.read(
        "rules", lambda item: read_rules(item, scope, outcomes, otherwise, vocabulary), ()
    )
    names = tuple(rule.name for rule in rules)
    invariants: tuple[Invariant, ...] = parts.read("invariants", lambda item: _invariants(item, scope, outcomes), ())
    examples: tuple[Example, ...] = parts.read("examples", lambda item: read_examples(item, vocabulary, names), ())
    parts.sound(*_HEADER, *_OPTIONAL)
    nodes: tuple[Aggregate | Derived | Invariant, ...] = (*aggregates, *derived, *invariants)
    read = {name for node in nodes for name in node.reads}
    read |= {name for rule in rules for name in (*rule.reads, *rule.amount_reads)}
    reasons = {rule.because for rule in rules if rule.because}
    return Policy(
        **header,
        outcomes=outcomes,
        otherwise=otherwise,
        aggregates=aggregates,
        derived=derived,
        strata=strata,
        rules=rules,
        examples=examples,
        invariants=invariants,
        facts={name: fact for name, fact in vocabulary.facts.items() if name in read},
        reasons={code: reason for code, reason in vocabulary.reasons.items() if code in reasons},
        digest="",
    )


def _parts(root: Item) -> Parts:
    found = root.fields([], (*_HEADER, *_OPTIONAL))
    absent = sorted(key for key in _HEADER if key not in found)
    for key in absent:
        root.findings.add(root, f"missing `{key}`", "every policy has one")
    return Parts(found, absent)


def with_digest(policy: Policy, digest: str) -> Policy:
    """Give the policy its digest."""
    return msgspec.structs.replace(policy, digest=digest)


def _sources(item: Item) -> tuple[str, ...]:
    return tuple(item.each(Item.sentence))


def _outcomes(item: Item) -> tuple[Outcome, ...]:
    words = item.each(lambda word: word.choice(OUTCOMES))
    if len(set(words)) != len(words) or not words:
        item.wrong("outcomes must be distinct, and there must be some", "list them, most severe first")
    return tuple(map(Outcome, words))


def _otherwise(item: Item, outcomes: Sequence[Outcome]) -> Outcome:
    outcome = Outcome(item.choice(tuple(outcome.value for outcome in outcomes)))
    if outcome.favourable or outcome.adverse:
        item.wrong(f"`otherwise: {outcome}` would decide without a reason", "use refer or verify")
    return outcome


def _invariants(item: Item, scope: Scope, outcomes: Sequence[Outcome]) -> tuple[Invariant, ...]:
    words = tuple(outcome.value for outcome in (*outcomes, Outcome.INCOMPLETE))
    kinds = dict(scope.kinds) | dict(AMOUNTS) | {"outcome": Kind("enum", words)}
    return tuple(item.each(lambda one: _invariant(one, kinds)))


def _invariant(item: Item, kinds: Mapping[str, Kind]) -> Invariant:
    found = item.fields(INVARIANT.required, INVARIANT.optional)
    forms = [form for form in INVARIANT.one_of if form in found]
    if len(forms) != 1:
        item.wrong("an invariant is one of `never`, `always`, `monotone`", "choose one")
    if "note" in found:
        found["note"].text()
    if forms == ["monotone"]:
        parts = found["monotone"].fields(MONOTONE.required)
        fact = parts["when_more"].choice(tuple(name for name, kind in kinds.items() if kind.numeric))
        return Invariant("monotone", None, fact, cast("AmountName", parts["never_less"].choice(list(AMOUNTS))))
    kind = "never" if forms == ["never"] else "always"
    try:
        text = found[kind].text()
        item.sound(*(name for name in free_names(text) if name not in kinds))
        condition = parse_condition(text, kinds)
    except ExpressionError as error:
        found[kind].wrong(error.message, error.remedy)
    return Invariant("never" if kind == "never" else "always", condition, None, None)
