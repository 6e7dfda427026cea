"""Reads the rules of a policy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from engine.derive_file import Scope, amount_formula
from engine.expression import Expression
from engine.facts_file import fact_name
from engine.policy import AMOUNTS, AmountName, Outcome, Rule
from engine.source import Item, Skip
from engine.vocabulary import Vocabulary

RULE_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*\Z")
MAX_RULES = 500


def read_rules(
    item: Item, scope: Scope, outcomes: Sequence[Outcome], otherwise: Outcome, vocabulary: Vocabulary
) -> tuple[Rule, ...]:
    """Read all rules; wrong ones are reported and left out."""
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
    if len(rules) == len(entries):  # else the outcome may be the one of a wrong rule
        _unreachable(item, outcomes, otherwise, rules)
    return tuple(rules.values())


def _unreachable(item: Item, outcomes: Sequence[Outcome], otherwise: Outcome, rules: Mapping[str, Rule]) -> None:
    named = {rule.then for rule in rules.values()} | {Outcome.REFER, otherwise}
    for outcome in outcomes:
        if outcome not in named:
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
    if rule.offer and not (rule.then and (rule.then.favourable or rule.then is Outcome.DECREASE)):
        item.wrong(f"rule `{rule.name}` offers without granting", "offers go with favourable outcomes and decrease")
    if rule.because is None and (rule.caps or (rule.then and not rule.then.favourable)):
        item.wrong(f"rule `{rule.name}` has no reason", "say `because: CODE`; people are owed the reason")


def _because(found: Mapping[str, Item], vocabulary: Vocabulary) -> str | None:
    return found["because"].choice(tuple(vocabulary.reasons)) if "because" in found else None


def _amounts(item: Item, scope: Scope) -> dict[AmountName, Expression]:
    found = item.fields([], list(AMOUNTS))
    return {name: amount_formula(found[name], AMOUNTS[name], scope) for name in AMOUNTS if name in found}
