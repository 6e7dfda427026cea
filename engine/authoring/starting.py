"""The beginning of a policy: small, complete, free of findings, and with examples that hold."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator, Mapping

from engine.errors import Finding, PolicyError
from engine.expression import number_text
from engine.kinds import BOOL, Kind, natural
from engine.reading.facts_file import RESERVED, read_facts, read_reasons
from engine.reading.language import NAME
from engine.reading.source import Findings, Item, Skip, read_yaml
from engine.reading.spelling import spelled_number
from engine.vocabulary import Fact

_FACTS = """\
# What may be known. The policies of this folder read these facts and no others.

facts:
  monthly_income:
    {type: money, range: [0.00, 1_000_000.00], source: applicant, if_missing: ask, actionable: up, sensitive: true,
     label: {zh: 月收入, en: Monthly income}}
"""
_REASONS = """\
# What may be said. Every reason here has to be given by some rule.

reasons:
  income_small:
    statement: {zh: 您的月收入低于本产品的要求。, en: Your monthly income is below what this product asks for.}
    note: "the threshold stands in the rule"
    remedy: {zh: 收入提高后可重新申请。, en: Apply again when your income has risen.}
"""
_POLICY = """\
# What is decided here, and on what? Change the rules to what you mean; the examples say when they no longer hold.

policy: {name}
version: 1
effective_from: {today}
title: {{zh: {name}, en: {name}}}
owner: nobody yet
outcomes: [refer, approve]      # most severe first
otherwise: refer

rules:

  - rule: look-first
    when: {fails}
    then: refer
    because: {reason}
    note: "why, and on whose word"

  - rule: grant
    when: {holds}
    then: approve

examples:

  - name: granted
    given: {{{fact}: {good}}}
    expect: {{outcome: approve, fired: [grant]}}

  - name: looked at by a person
    given: {{{fact}: {bad}}}
    expect: {{outcome: refer, fired: [look-first], reasons: [{reason}]}}
"""


def starter(name: str, existing: Mapping[str, bytes], today: dt.date) -> Mapping[str, str]:
    """Give the files to write for a new policy, by name; `existing` are the YAML files of its folder.

    It uses facts and reasons that are there; where there are none, beginnings of both files come with it. Raise
    PolicyError when the name is taken or none, or when the folder leaves nothing to begin with.
    """
    file = f"{name}.yaml"
    if not re.fullmatch(NAME, name) or name in RESERVED or name in ("facts", "reasons"):
        raise _refusal(name, f"`{name}` is not a name for a policy", "use lower-case letters, digits and _")
    if file in existing:
        raise _refusal(file, "is there already", "choose another name, or change the file")
    written = {shared: text for shared, text in _shared() if shared not in existing}
    texts = {shared: existing.get(shared, text.encode()) for shared, text in _shared()}
    fact, reason = _first(texts)
    written[file] = _POLICY.format(name=name, today=today, reason=reason, fact=fact.name, **_tests(fact))
    return written


def _shared() -> Iterator[tuple[str, str]]:
    yield "facts.yaml", _FACTS
    yield "reasons.yaml", _REASONS


def _refusal(file: str, message: str, remedy: str) -> PolicyError:
    return PolicyError([Finding(file, 1, "", message, remedy)])


def _first(texts: Mapping[str, bytes]) -> tuple[Fact, str]:
    """A fact by which a condition can tell two cases, a plain one if there is, and the first reason."""
    findings = Findings()
    roots: dict[str, Item] = {}
    try:
        for file, data in texts.items():
            roots[file] = read_yaml(data, file, findings)
        facts, reasons = read_facts(roots["facts.yaml"]), read_reasons(roots["reasons.yaml"])
    except Skip:
        raise PolicyError(findings.all) from None
    if findings.all:
        raise PolicyError(findings.all)
    usable = [fact for fact in facts.values() if not fact.protected and _tests(fact)]
    usable.sort(key=lambda fact: (fact.sensitive, fact.kind != BOOL))
    if not usable:
        raise _refusal("facts.yaml", "no fact can be read by a condition", "declare one, e.g. of type bool or money")
    if not reasons:
        raise _refusal("reasons.yaml", "there is no reason to give", "declare one")
    return usable[0], next(iter(reasons))


def _tests(fact: Fact) -> Mapping[str, str]:
    """A condition on a fact and its opposite, each with a value that meets it; nothing where there is none."""
    name, kind = fact.name, fact.kind
    if kind is not None and kind.name == "bool":
        return {"holds": name, "fails": f"not {name}", "good": "true", "bad": "false"}
    if kind is not None and len(kind.values) > 1:
        first, second = kind.values[:2]
        return {"holds": f"{name} == {first}", "fails": f"{name} != {first}", "good": first, "bad": second}
    if kind is None or fact.range is None or fact.range.low == fact.range.high:
        return {}
    low, high = fact.range.low, fact.range.high
    threshold = _written(kind, low + max(1, (high - low) // 100))
    ends = {"good": _written(kind, high), "bad": _written(kind, low)}
    return {"holds": f"{name} >= {threshold}", "fails": f"{name} < {threshold}", **ends}


def _written(kind: Kind, value: int) -> str:
    text = number_text(natural(kind, value))
    if kind.name == "money":
        whole, _, cents = text.partition(".")
        text = f"{whole}.{cents.ljust(2, '0')}"
    return spelled_number(text)
