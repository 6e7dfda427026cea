"""Reads one policy file: header, records, derived facts, rules, examples and invariants."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import cast

import msgspec

from engine.derive_file import Scope, amount_formula, read_aggregates, read_derived
from engine.example_file import read_examples
from engine.expression import Expression
from engine.facts_file import fact_name, text_pair
from engine.kinds import Kind, Rounding
from engine.parsing import parse_condition
from engine.policy import AMOUNTS, AmountName, Invariant, Outcome, Policy, Rule
from engine.source import Item, Skip
from engine.syntax import ExpressionError
from engine.vocabulary import Vocabulary

RULE_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
MAX_RULES = 500
_HEADER = ("policy", "version", "effective_from", "title", "owner", "outcomes", "otherwise", "rules")
_OPTIONAL = ("sources", "rounding", "records", "derive", "examples", "invariants")
_ROUNDINGS = ("half_even", "half_up", "down", "up")
_OUTCOMES = tuple(outcome.value for outcome in Outcome)
_SYSTEM = (Outcome.INCOMPLETE.value,)  #: given by the engine, never named by a rule


def read_policy(root: Item, vocabulary: Vocabulary) -> Policy:
    """Read a policy over a vocabulary. Mistakes are reported to the item's findings; the digest is still empty."""
    found = root.fields(_HEADER, _OPTIONAL)
    scope = Scope(vocabulary.facts)
    aggregates = read_aggregates(found["records"], scope) if "records" in found else ()
    derived, strata = read_derived(found["derive"], scope) if "derive" in found else ((), ())
    outcomes = _outcomes(found["outcomes"])
    rules = _rules(found["rules"], scope, outcomes, vocabulary)
    read = {name for aggregate in aggregates for name in aggregate.reads}
    read |= {name for one in derived for name in one.reads}
    read |= {name for rule in rules for name in (*rule.reads, *rule.amount_reads)}
    invariants = _invariants(found, scope, outcomes)
    read |= {name for invariant in invariants for name in invariant.reads}
    reasons = {rule.because for rule in rules if rule.because}
    facts = {name: fact for name, fact in vocabulary.facts.items() if name in read}
    return Policy(
        name=fact_name(found["policy"], found["policy"].text()),
        version=found["version"].integer(1, 1_000_000),
        effective_from=found["effective_from"].date(),
        title=text_pair(found["title"]),
        owner=found["owner"].text(),
        sources=tuple(found["sources"].each(Item.text)) if "sources" in found else (),
        outcomes=outcomes,
        otherwise=_otherwise(found["otherwise"], outcomes),
        rounding=cast("Rounding", found["rounding"].choice(_ROUNDINGS)) if "rounding" in found else "half_even",
        aggregates=aggregates,
        derived=derived,
        strata=strata,
        rules=rules,
        examples=read_examples(found["examples"], vocabulary, tuple(rule.name for rule in rules))
        if "examples" in found
        else (),
        invariants=invariants,
        facts=facts,
        reasons={code: reason for code, reason in vocabulary.reasons.items() if code in reasons},
        digest="",
    )


def with_digest(policy: Policy, digest: str) -> Policy:
    """Give the policy its digest."""
    return msgspec.structs.replace(policy, digest=digest)


def _outcomes(item: Item) -> tuple[Outcome, ...]:
    words = item.each(lambda word: word.choice(tuple(o for o in _OUTCOMES if o not in _SYSTEM)))
    if len(set(words)) != len(words) or not words:
        item.wrong("outcomes must be distinct, and there must be some", "list them, most severe first")
    return tuple(map(Outcome, words))


def _otherwise(item: Item, outcomes: Sequence[Outcome]) -> Outcome:
    outcome = Outcome(item.choice(tuple(outcome.value for outcome in outcomes)))
    if outcome.favourable or outcome.adverse:
        item.wrong(f"`otherwise: {outcome}` would decide without a reason", "use refer or verify")
    return outcome


def _rules(item: Item, scope: Scope, outcomes: Sequence[Outcome], vocabulary: Vocabulary) -> tuple[Rule, ...]:
    rules: dict[str, Rule] = {}
    entries = item.sequence()
    if not 1 <= len(entries) <= MAX_RULES:
        item.wrong(f"a policy has 1 to {MAX_RULES} rules")
    for entry in entries:
        try:
            rule = _rule(entry, scope, outcomes, vocabulary)
            if rule.name in rules:
                entry.wrong(f"rule `{rule.name}` stands here twice", "give it another name")
            rules[rule.name] = rule
        except Skip:
            continue
    _unreachable(item, outcomes, rules)
    return tuple(rules.values())


def _unreachable(item: Item, outcomes: Sequence[Outcome], rules: Mapping[str, Rule]) -> None:
    named = {rule.then for rule in rules.values()}
    for outcome in outcomes:
        if outcome not in named and outcome is not Outcome.REFER:
            item.findings.add(item, f"no rule comes to `{outcome}`", "remove it from `outcomes` or write its rule")


def _rule(item: Item, scope: Scope, outcomes: Sequence[Outcome], vocabulary: Vocabulary) -> Rule:
    found = item.fields(["rule", "when"], ["then", "because", "ask", "note", "cap", "offer"])
    name = found["rule"].text()
    if not RULE_NAME.match(name) or len(name) > 60:
        found["rule"].wrong(f"`{name[:60]}` is not a name for a rule", "use lower-case-words-with-hyphens, at most 60")
    then = Outcome(found["then"].choice(tuple(o.value for o in outcomes))) if "then" in found else None
    rule = Rule(
        name=name,
        when=scope.condition(found["when"]),
        then=then,
        because=_because(found, vocabulary),
        ask=fact_name(found["ask"], found["ask"].text()) if "ask" in found else None,
        note=found["note"].text() if "note" in found else "",
        caps=_amounts(found["cap"], scope) if "cap" in found else {},
        offer=_amounts(found["offer"], scope) if "offer" in found else {},
        line=item.line,
    )
    _complete(item, rule)
    return rule


def _complete(item: Item, rule: Rule) -> None:
    if rule.then is None and not rule.caps:
        item.wrong(f"rule `{rule.name}` does nothing", "give it `then` or `cap`")
    if rule.offer and rule.then is None:
        item.wrong(f"rule `{rule.name}` offers without an outcome", "say `then`")
    if rule.because is None and (rule.caps or (rule.then and not rule.then.favourable)):
        item.wrong(f"rule `{rule.name}` has no reason", "say `because: CODE`; people are owed the reason")


def _because(found: Mapping[str, Item], vocabulary: Vocabulary) -> str | None:
    return found["because"].choice(tuple(vocabulary.reasons)) if "because" in found else None


def _amounts(item: Item, scope: Scope) -> dict[AmountName, Expression]:
    found = item.fields([], list(AMOUNTS))
    return {name: amount_formula(found[name], AMOUNTS[name], scope) for name in AMOUNTS if name in found}


def _invariants(found: Mapping[str, Item], scope: Scope, outcomes: Sequence[Outcome]) -> tuple[Invariant, ...]:
    if "invariants" not in found:
        return ()
    words = tuple(outcome.value for outcome in (*outcomes, Outcome.INCOMPLETE))
    kinds = dict(scope.kinds) | dict(AMOUNTS) | {"outcome": Kind("enum", words)}
    return tuple(found["invariants"].each(lambda item: _invariant(item, kinds)))


def _invariant(item: Item, kinds: Mapping[str, Kind]) -> Invariant:
    found = item.fields([], ["never", "always", "monotone", "note"])
    forms = [form for form in ("never", "always", "monotone") if form in found]
    if len(forms) != 1:
        item.wrong("an invariant is one of `never`, `always`, `monotone`", "choose one")
    if forms == ["monotone"]:
        parts = found["monotone"].fields(["when_more", "never_less"])
        fact = parts["when_more"].choice(tuple(name for name, kind in kinds.items() if kind.numeric))
        return Invariant("monotone", None, fact, cast("AmountName", parts["never_less"].choice(list(AMOUNTS))))
    kind = "never" if forms == ["never"] else "always"
    try:
        condition = parse_condition(found[kind].text(), kinds)
    except ExpressionError as error:
        found[kind].wrong(error.message, error.remedy)
    return Invariant("never" if kind == "never" else "always", condition, None, None)
