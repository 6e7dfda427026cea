"""Bundles and digests: a recorded policy decides as the folder did, and a digest changes with meaning only."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import re
from pathlib import Path

import pytest
import rfc8785

from engine import Engine, FactsError, PolicyError, PolicySet, UnknownPolicy, load_bundle, load_policies
from engine.examples import moment, run_examples
from engine.given import check
from tests.engine.conftest import Load
from tests.engine.folders import FACTS, GOOD, REASONS, write_good
from tests.engine.generators import AS_OF, Case
from tests.engine.tiny import COMMON
from tests.engine.tiny import FACTS as TINY_FACTS

MOMENT = dt.datetime.fromisoformat(AS_OF)


def test_the_digest_is_the_hash_of_the_bundle_and_the_bundle_is_canonical(shipped: PolicySet) -> None:
    """SHA-256 over canonical JSON (RFC 8785) that names language, policy, facts and reasons."""
    for policy in shipped:
        bundle = shipped.bundle(policy.name)

        assert policy.digest == hashlib.sha256(bundle).hexdigest()
        assert rfc8785.dumps(json.loads(bundle)) == bundle
        assert list(json.loads(bundle)) == ["facts", "language", "policy", "reasons"]
    with pytest.raises(UnknownPolicy):
        shipped.bundle("nonsense")


def test_a_bundle_decides_the_examples_of_shipped_policies_to_the_same_bytes(shipped: PolicySet) -> None:
    """Loaded from its bundle alone, a policy keeps digest and promises, and every document is byte-identical."""
    engine = Engine(shipped)
    for policy in shipped:
        recorded = load_bundle(shipped.bundle(policy.name))
        replay = Engine(recorded)

        assert recorded.names == (policy.name,)
        assert recorded[policy.name].digest == policy.digest
        assert recorded.bundle(policy.name) == shipped.bundle(policy.name)
        assert all(result.ok for result in run_examples(recorded))
        for example, same in zip(policy.examples, recorded[policy.name].examples, strict=True):
            as_of = moment(policy, example)
            first = engine.decide_given(policy, example.given, as_of)
            second = replay.decide_given(recorded[policy.name], same.given, as_of)
            assert json.dumps(first.document()) == json.dumps(second.document())
        replay.close()
    engine.close()


@pytest.mark.usefixtures("unheld")
@pytest.mark.parametrize("block", range(4))
def test_a_bundle_decides_generated_cases_to_the_same_bytes(block: int, tmp_path: Path) -> None:
    """The same for random policies and random facts, missing ones included."""
    for seed in range(block * 12, block * 12 + 12):
        case = Case(seed)
        case.load(tmp_path)
        policies = load_policies(tmp_path)
        recorded = load_bundle(policies.bundle("random_policy"))
        engines = Engine(policies), Engine(recorded)
        for _ in range(4):
            facts = case.facts()
            known = {name: value for name, value in facts.items() if name in recorded.vocabulary.facts}
            first = engines[0].decide("random_policy", facts, MOMENT)
            second = engines[1].decide("random_policy", known, MOMENT)

            assert json.dumps(first.document()) == json.dumps(second.document()), f"seed {seed}"
        for engine in engines:
            engine.close()


def digest(folder: Path, **files: str) -> str:
    """The digest of the good policy with some files changed."""
    return load_policies(write_good(folder, **files))["good"].digest


CHANGES = [  # file, old, new: what changes meaning
    ("good", "worst > 30", "worst > 31"),
    ("good", "when: months >= 12, add: 30", "when: months >= 12, add: 31"),
    ("good", "version: 3", "version: 4"),
    ("good", "rounding: half_even", "rounding: half_up"),
    ("good", 'note: "S1"', 'note: "S2"'),
    ("good", "score: 800", "score: 801"),
    ("good", "limit <= 300_000.00", "limit <= 300_001.00"),
    ("good", "en: Good", "en: Better"),
    ("good", "en: Tier", "en: Rank"),
    ("good", "zh: 乙, en: good", "zh: 乙, en: fine"),
    ("good", "en: Longest delay", "en: Worst delay"),
    ("facts", "en: mortgage", "en: home loan"),
    ("facts", "range: [0, 900]", "range: [0, 901]"),
    ("facts", "if_missing: ask, label: {zh: 分", "if_missing: refer, label: {zh: 分"),
    ("reasons", "Your income limits the offer.", "Your income limits this offer."),
    ("reasons", "disclose: general", "disclose: full"),
]
SAME = [  # what does not
    ("good", "rules:\n", "# a comment\n\n\nrules:   # and another\n"),
    ("good", "owner: risk", 'owner: "risk"'),
    ("good", "limit: 30_000.00", "limit: 30000.00"),
    ("good", "when: job == none", "when: 'job==none'"),
    ("good", "income * 3 - owed", "income*3  -owed"),
    ("good", "count(loans where days > 0)", "count( loans where days>0 )"),
    ("good", '">= 700", ">= 24"', '">=700", ">=  24"'),
    ("facts", "1_000_000.00", "1000000.00"),
    ("good", "owner: risk\nsources", "owner: >-\n  risk\nsources"),
    ("good", "policy: good\nversion: 3\n", "version: 3\npolicy: good\n"),
    ("good", "title: {zh: 好, en: Good}", "title:\n    en: Good\n    zh: 好"),
    ("good", "    then: reject\n    because: late\n", "    because: late\n    then: reject\n"),
    ("facts", "range: [0, 900], source: bureau", "source: bureau, range: [0, 900]"),
    ("facts", "facts:\n", f"facts:\n  unread: {{type: bool, if_missing: ask, {COMMON}}}\n"),
    ("reasons", "    note: days overdue\n", "    # nothing\n    note: days overdue\n"),
]


@pytest.mark.parametrize(("file", "old", "new"), CHANGES)
def test_a_change_of_meaning_changes_the_digest(tmp_path: Path, file: str, old: str, new: str) -> None:
    """A threshold, a version, a rounding, an example, a word to the applicant: each gives another digest."""
    text = {"good": GOOD, "facts": FACTS, "reasons": REASONS}[file]
    assert old in text

    assert digest(tmp_path) != digest(tmp_path, **{file: text.replace(old, new, 1)})


@pytest.mark.parametrize(("file", "old", "new"), SAME)
def test_layout_and_what_is_not_used_leave_the_digest_alone(tmp_path: Path, file: str, old: str, new: str) -> None:
    """Comments, blank lines, quotes, the order of keys and facts nobody reads do not matter."""
    text = {"good": GOOD, "facts": FACTS, "reasons": REASONS}[file]
    assert old in text

    assert digest(tmp_path) == digest(tmp_path, **{file: text.replace(old, new, 1)})


def test_the_order_of_a_list_is_meaning(tmp_path: Path) -> None:
    """Rules stand in their author's order of weight, so that order is part of the digest."""
    parts = re.split(r"(?=  - rule:|examples:)", GOOD)
    swapped = "".join([parts[0], parts[2], parts[1], *parts[3:]])

    assert digest(tmp_path) != digest(tmp_path, good=swapped)


RULE = "rules:\n  - {rule: ok, when: asked > 0, then: approve}"
CLOSED = [  # policies whose bundle needs more than the facts their rules read, or text that is hard to carry
    RULE + "\ninvariants:\n  - never: outcome == approve and second > 5",
    RULE.replace("approve", "approve, offer: {limit: 5.00}")
    + "\ninvariants:\n  - monotone: {when_more: second, never_less: limit}",
    'derive:\n  - {fact: q, table: {hit: first, when: [asked, second], rows: [["> 5", any, 1]], otherwise: 2}}\n'
    + RULE,
    RULE + "\nexamples:\n  - {name: e, given: {second: 5, loans: []}, expect: {outcome: refer}}",
    "records:\n  all_of_them: count(loans)\n" + RULE,
    RULE + "\nexamples:\n  - {name: e, given: {}, expect: {outcome: incomplete, missing: [asked]}}",
    RULE + "\nexamples:\n  - {name: e, given: {asked: 1}, expect: {outcome: approve}}"
    "\n  - {name: f, like: e, without: [asked], given: {word: red}, expect: {outcome: incomplete}}",
    RULE.replace("}", ', note: "a: b # c \\" \' 中文 \U0001f600 \\\\ {x}\\nnext"}'),
    "rules:\n  - rule: ok\n    when: asked > 0\n    then: approve\n    note: |\n      two\n\n        lines\n",
]


def said(policies: PolicySet) -> list[object]:
    """What a tiny policy says, whatever the lines it stands on."""
    policy = policies["tiny"]
    return [
        [(rule.name, rule.when, rule.note) for rule in policy.rules],
        [(example.name, example.given, example.missing) for example in policy.examples],
        policy.invariants,
    ]


@pytest.mark.parametrize("body", CLOSED)
def test_a_bundle_is_closed_over_everything_its_policy_names(loaded: Load, body: str) -> None:
    """Facts that only an invariant, an unused column, an example or an unused aggregate names are in the bundle too."""
    policies = loaded(body)
    recorded = load_bundle(policies.bundle("tiny"))

    assert said(recorded) == said(policies)
    assert recorded["tiny"].digest == policies["tiny"].digest


def test_a_large_policy_comes_back_from_its_bundle(loaded: Load) -> None:
    """A policy and a vocabulary close to the limit of a file make a bundle that still loads."""
    rules = "".join(
        f'\n  - {{rule: r{i}, when: asked > {i}, then: approve, note: "{"n" * 1_900}"}}' for i in range(490)
    )
    label = "L" * 9_000
    facts = "".join(
        f"\n  y{i}: {{type: bool, if_missing: ask, label: {{zh: 长, en: {label}}}, source: bureau}}" for i in range(100)
    )
    given = ", ".join(f"y{i}: true" for i in range(100))
    examples = f"\nexamples:\n  - {{name: all, given: {{{given}}}, expect: {{outcome: incomplete}}}}"
    policies = loaded("rules:" + rules + examples, TINY_FACTS + facts)

    assert load_bundle(policies.bundle("tiny"))["tiny"].digest == policies["tiny"].digest


def test_a_bundle_of_another_language_or_without_its_parts_is_refused(good: PolicySet) -> None:
    """A bundle says which version of the language it is in; another one, or a part too few, is a finding."""
    bundle = json.loads(good.bundle("good"))
    for changed in (
        bundle | {"language": "2"},
        bundle | {"facts": {"facts": {}}},
        {k: v for k, v in bundle.items() if k != "reasons"},
    ):
        with pytest.raises(PolicyError):
            load_bundle(json.dumps(changed).encode())


def test_facts_outside_a_bundle_are_unknown_to_it(good: PolicySet) -> None:
    """A bundle knows the facts its policy names and no others; a fact nobody reads is unknown on replay."""
    recorded = load_bundle(good.bundle("good"))

    assert set(recorded.vocabulary.facts) < set(good.vocabulary.facts)
    with pytest.raises(FactsError, match="unknown fact `gender`"):
        check({"gender": "f"}, recorded.vocabulary)
