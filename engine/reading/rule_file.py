"""Reads the rules of a policy."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial

from engine.expression import Expression
from engine.parts import Parts
from engine.policy import AMOUNTS, AmountName, Outcome, Rule
from engine.reading.derive_file import Scope, amount_formula
from engine.reading.facts_file import fact_name
from engine.reading.language import AMOUNT, RULE, RULE_NAME
from engine.reading.source import Item, Skip, name_of
from engine.reading.table_file import ALWAYS
from engine.vocabulary import Vocabulary

_NAME = re.compile(rf"{RULE_NAME}\Z")
MAX_RULES = 500


def read_rules(
    item: Item, scope: Scope, outcomes: Sequence[Outcome], otherwise: Outcome, vocabulary: Vocabulary
) -> tuple[Rule, ...]:
    """Read all rules; wrong ones are reported and left out."""
    rules: dict[str, Rule] = {}
    entries = item.sequence()
    if not 1 <= len(entries) <= MAX_RULES:
        item.wrong(f"a policy has 1 to {MAX_RULES} rules", "write one, or split the policy")
    for entry in entries:
        try:
            rule = _rule(entry, scope, outcomes, vocabulary)
            if rule.name in rules:
                entry.wrong(f"rule `{rule.name}` stands here twice", "give it another name")
            rules[rule.name] = rule
        except Skip:
            item.findings.broken |= name_of(entry, "rule")
    if len(rules) == len(entries):  # else the outcome may be the one of a wrong rule
        _unreachable(item, outcomes, otherwise, rules)
    return tuple(rules.values())


def _unreachable(item: Item, outcomes: Sequence[Outcome], otherwise: Outcome, rules: Mapping[str, Rule]) -> None:
    named = {rule.then for rule in rules.values()} | {Outcome.REFER, otherwise}
    for outcome in outcomes:
        if outcome not in named:
            item.findings.add(item, f"no rule comes to `{outcome}`", "remove it from `outcomes` or write its rule")


def _rule(item: Item, scope: Scope, outcomes: Sequence[Outcome], vocabulary: Vocabulary) -> Rule:
    found = item.fields(RULE.required, RULE.optional)
    name = found["rule"].text()
    if not _NAME.match(name) or len(name) > 60:
        found["rule"].wrong(f"`{name[:60]}` is not a name for a rule", "use lower-case-words-with-hyphens, at most 60")
    parts, named = Parts(found), tuple(outcome.value for outcome in outcomes)
    rule = Rule(
        name=name,
        when=parts.read("when", scope.condition, ALWAYS),
        then=parts.read("then", lambda part: Outcome(part.choice(named)), None),
        because=parts.read("because", lambda part: part.choice(tuple(vocabulary.reasons)), None),
        ask=parts.read("ask", lambda part: fact_name(part, part.text()), None),
        note=parts.read("note", Item.text, ""),
        caps=parts.read("cap", lambda part: _amounts(part, scope), {}),
        offer=parts.read("offer", lambda part: _amounts(part, scope), {}),
        line=item.line,
    )
    parts.sound()
    _complete(item, rule)
    return rule


def _complete(item: Item, rule: Rule) -> None:
    if rule.then is None and not rule.caps:
        item.wrong(f"rule `{rule.name}` does nothing", "give it `then` or `cap`")
    if rule.offer and not (rule.then and (rule.then.favourable or rule.then is Outcome.DECREASE)):
        item.wrong(f"rule `{rule.name}` offers without granting", "offers go with favourable outcomes and decrease")
    if rule.because is None and (rule.caps or (rule.then and not rule.then.favourable)):
        item.wrong(f"rule `{rule.name}` has no reason", "say `because: CODE`; people are owed the reason")


def _amounts(item: Item, scope: Scope) -> dict[AmountName, Expression]:
    found = item.fields(AMOUNT.required, AMOUNT.optional)
    parts = Parts(found)
    amounts = {
        name: parts.read(name, partial(amount_formula, kind=kind, scope=scope), ALWAYS)
        for name, kind in AMOUNTS.items()
        if name in found
    }
    parts.sound()
    return amounts
