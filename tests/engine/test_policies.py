"""The policies that are shipped: promises kept, every rule shown to fire, reasons that are specific."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from engine import Engine, PolicySet
from engine.examples import moment, run_examples
from engine.expression import names_in
from engine.policy import Policy
from engine.reading.standards import VAGUE
from tests.engine.conftest import POLICIES


@pytest.fixture(scope="module")
def results(shipped: PolicySet) -> dict[str, list[tuple[str, bool, str]]]:
    """Per policy: each example, whether it held on both executors, and what differed."""
    found: dict[str, list[tuple[str, bool, str]]] = {policy.name: [] for policy in shipped}
    for result in run_examples(shipped):
        found[result.policy].append((result.example, result.ok, result.message))
    return found


@pytest.fixture(scope="module")
def fired(shipped: PolicySet) -> dict[str, set[str]]:
    """Per policy: the rules that fire in some example."""
    engine, found = Engine(shipped), dict[str, set[str]]()
    for policy in shipped:
        decisions = [engine.decide_given(policy, one.given, moment(policy, one)) for one in policy.examples]
        found[policy.name] = {step.name for decision in decisions for step in decision.trace if step.kind == "rule"}
    engine.close()
    return found


NAMES = sorted(path.stem for path in POLICIES.glob("*.yaml") if path.stem not in ("facts", "reasons"))


@pytest.mark.parametrize("name", NAMES)
def test_every_example_holds_on_both_executors(results: dict[str, list[tuple[str, bool, str]]], name: str) -> None:
    """Outcome, amounts, fired rules, reasons, what is missing and what bound are as each example says."""
    assert [(example, message) for example, ok, message in results[name] if not ok] == []
    assert len(results[name]) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_every_rule_fires_in_some_example(shipped: PolicySet, fired: dict[str, set[str]], name: str) -> None:
    """No rule stands there unproven."""
    assert [rule.name for rule in shipped[name].rules if rule.name not in fired[name]] == []


@pytest.mark.parametrize("name", NAMES)
def test_every_outcome_is_reached_by_some_example(shipped: PolicySet, name: str) -> None:
    """Each outcome the policy lists, and `incomplete` or a referral for missing facts, is shown."""
    shown = {example.outcome for example in shipped[name].examples}

    assert set(shipped[name].outcomes) <= shown


def test_every_reason_is_used_and_every_policy_cites_its_sources(shipped: PolicySet) -> None:
    """Each declared reason code belongs to a rule of some policy; policies and rules say where they come from."""
    used = {rule.because for policy in shipped for rule in policy.rules}

    assert set(shipped.vocabulary.reasons) <= used
    assert all(policy.sources and policy.owner for policy in shipped)
    cited = re.compile(r"\bS[0-4]\b|article [0-9]|办法|号")  # an article of the domain, or a law
    assert [rule.name for policy in shipped for rule in policy.rules if not cited.search(rule.note)] == []
    tags = {tag for policy in shipped for rule in policy.rules for tag in re.findall(r"\bS[0-4]\b", rule.note)}
    assert tags == {"S0", "S1", "S2", "S3", "S4"}
    for policy in shipped:
        named = {source[:2] for source in policy.sources}
        assert {tag for rule in policy.rules for tag in re.findall(r"\bS[0-4]\b", rule.note)} <= named, policy.name


def test_each_decision_point_has_a_policy_of_a_readable_size(shipped: PolicySet) -> None:
    """Six steps in the life of a line; 15 to 40 rules each, so that a person can hold one of them in the head."""
    points = ["activation", "business_opening", "drawdown", "limit_increase", "line_review", "opening"]

    assert list(shipped.names) == points
    assert {policy.name: len(policy.rules) for policy in shipped if not 15 <= len(policy.rules) <= 40} == {}


def _said(shipped: PolicySet) -> Iterator[tuple[str, str]]:
    for code, reason in shipped.vocabulary.reasons.items():
        texts = [reason.statement, *([reason.remedy] if reason.remedy else [])]
        yield from ((code, text) for pair in texts for text in (pair.zh, pair.en))


def test_reasons_are_specific_in_both_languages(shipped: PolicySet) -> None:
    """Statements are whole sentences in Chinese and in English, and none hides behind a vague phrase."""
    for code, text in _said(shipped):
        assert text.endswith(("。", ".")), f"{code}: {text}"
        assert len(text) >= 8, f"{code}: {text}"
        assert not [phrase for phrase in VAGUE if phrase in text.lower()], f"{code}: {text}"
    for code, reason in shipped.vocabulary.reasons.items():
        for pair in (reason.statement, reason.remedy):
            if pair is not None:
                assert re.search(r"[\u4e00-\u9fff]", pair.zh), code
                assert not re.search(r"[\u4e00-\u9fff]", pair.en), code
                assert not re.search(r"[,;?!]", re.sub(r"[0-9],[0-9]", "", pair.zh)), (
                    f"{code}: half-width punctuation in {pair.zh}"
                )


def test_two_reasons_are_never_told_in_the_same_words(shipped: PolicySet) -> None:
    """Different codes tell different things."""
    statements = [reason.statement.zh for reason in shipped.vocabulary.reasons.values()]

    assert len(set(statements)) == len(statements)


def test_labels_exist_in_both_languages(shipped: PolicySet) -> None:
    """What an applicant is asked for has a name in Chinese and one in English."""
    for fact in shipped.vocabulary.facts.values():
        assert re.search(r"[\u4e00-\u9fff]", fact.label.zh), fact.name
        assert not re.search(r"[\u4e00-\u9fff]", fact.label.en), fact.name


def _read(policy: Policy) -> set[str]:
    names = {name for node in policy.nodes for name in node.reads}
    names |= {name for rule in policy.rules for name in (*rule.reads, *rule.amount_reads)}
    return names | {name for node in policy.aggregates if node.where for name in names_in(node.where)}


def test_no_policy_reads_a_protected_fact(shipped: PolicySet) -> None:
    """Sex, marital status, ethnicity and education are protected, and nothing a policy reads rests on them."""
    protected = {fact.name for fact in shipped.vocabulary.facts.values() if fact.protected}

    assert len(protected) >= 3
    for policy in shipped:
        assert not protected & (_read(policy) | set(policy.facts))


def _depends(policy: Policy, fact: str) -> set[str]:
    """The derived facts that rest on a given one."""
    return {name for name, base in policy.base.items() if fact in base}


def test_the_social_network_can_lift_and_never_rejects(shipped: PolicySet) -> None:
    """Whatever the network health, and without it, the outcome is never worse than with the least of it."""
    engine = Engine(shipped)
    for policy in shipped:
        if "network_health" not in policy.facts:
            continue
        assert not any("network_health" in rule.reads for rule in policy.rules), "no rule reads it directly"
        for example in policy.examples:
            outcomes = []
            for health in (None, 0, 79, 80, 100):
                given = {name: value for name, value in example.given.items() if name != "network_health"}
                given |= {} if health is None else {"network_health": health}
                decision = engine.decide_given(policy, given, moment(policy, example))
                limit = decision.offer.limit_fen if decision.offer else None
                outcomes.append(
                    (policy.outcomes.index(decision.outcome) if decision.outcome in policy.outcomes else -1, limit or 0)
                )
            assert outcomes[0] == outcomes[1] == min(outcomes), f"{policy.name}: {example.name}"
    engine.close()


def test_region_moves_the_price_and_nothing_else(shipped: PolicySet) -> None:
    """Changing the region of any example changes neither outcome nor limit nor term."""
    engine = Engine(shipped)
    for policy in shipped:
        if "region_tier" not in policy.facts:
            continue
        for example in policy.examples:
            seen = set()
            for region in ("tier_1", "tier_2", "tier_3", "tier_4"):
                decision = engine.decide_given(
                    policy, {**example.given, "region_tier": region}, moment(policy, example)
                )
                offer = decision.offer
                seen.add((decision.outcome, offer and offer.limit_fen, offer and offer.term_months))
            assert len(seen) == 1, f"{policy.name}: {example.name}"
    engine.close()


def test_the_shipped_files_stand_where_an_installed_command_looks(shipped: PolicySet) -> None:
    """Every policy file is loaded, under its own name."""
    assert shipped.names == tuple(NAMES)
    assert Path(POLICIES, "README.md").is_file()
