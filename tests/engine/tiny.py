"""Tiny policies: a small vocabulary, and what a test writes made into a folder that the real loader reads."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from pathlib import Path

import yaml

from engine import Decision, Engine, PolicySet, load_policies, reference
from engine.given import check
from engine.policy import Policy
from engine.running.executor import Executor
from engine.running.matching import MATCHERS

MOMENT = dt.datetime(2026, 12, 1, tzinfo=dt.UTC)
#: Severities a test policy orders its outcomes by, most severe first.
SEVERITY = ("close", "reject", "suspend", "decrease", "refer", "verify", "approve", "restore", "increase", "keep")
COMMON = "label: {zh: 事实, en: Fact}, source: bureau"

FACTS = f"""
facts:
  asked: {{type: int, range: [-1_000, 1_000], if_missing: ask, {COMMON}}}
  second: {{type: int, range: [-1_000, 1_000], if_missing: ask, {COMMON}}}
  referred: {{type: int, range: [-1_000, 1_000], if_missing: refer, {COMMON}}}
  ignored: {{type: int, range: [-1_000, 1_000], if_missing: ignore, {COMMON}}}
  income: {{type: money, range: [-90_000_000_000_000.00, 90_000_000_000_000.00], if_missing: ask,
    label: {{zh: 月收入, en: Monthly income}}, source: applicant}}
  spare: {{type: money, range: [-1_000.00, 90_000_000_000_000.00], if_missing: ignore, {COMMON}}}
  share: {{type: rate, range: [-10.0000, 10.0000], if_missing: ask, {COMMON}}}
  flag: {{type: bool, if_missing: ask, {COMMON}}}
  mark: {{type: bool, if_missing: ignore, {COMMON}}}
  word: {{type: enum, values: [red, green, blue], if_missing: ask, {COMMON}}}
  hue: {{type: enum, values: [red, green, blue], if_missing: ignore, {COMMON}}}
  day: {{type: date, if_missing: ask, {COMMON}}}
  loans:
    type: records
    max_records: 3
    fields:
      days: {{type: int, range: [0, 100]}}
      owed: {{type: money, range: [-100.00, 90_000_000_000_000.00]}}
      price: {{type: rate, range: [0.0000, 1.0000]}}
      open: {{type: bool}}
      sort: {{type: enum, values: [car, home]}}
      since: {{type: date}}
    label: {{zh: 借款, en: Loans}}
    source: bureau
    if_missing: refer
  gender: {{type: enum, values: [female, male], if_missing: ignore, protected: true, {COMMON}}}
"""
LOAN: Mapping[str, object] = {
    "days": 0,
    "owed": 10_000,
    "price": 500,
    "open": True,
    "sort": "car",
    "since": "2026-11-01",
}
STATEMENTS = {
    "plain": "{statement: {zh: 理由甲。, en: Reason one.}, note: for the reviewer,"
    " remedy: {zh: 办法甲。, en: Remedy one.}}",
    "other": "{statement: {zh: 理由乙。, en: Reason two.}}",
    "third": "{statement: {zh: 理由丙。, en: Reason three.}}",
    "fourth": "{statement: {zh: 理由丁。, en: Reason four.}}",
    "fifth": "{statement: {zh: 理由戊。, en: Reason five.}}",
    "secret": "{statement: {zh: 设备异常。, en: The device is suspicious.}, note: device of a known ring,"
    " disclose: general, remedy: {zh: 换设备。, en: Use another device.}}",
}


def policy_text(body: str, name: str = "tiny", otherwise: str = "refer", rounding: str = "half_even") -> str:
    """Put a header before what a test wrote: outcomes are those its rules come to, in the usual order."""
    named = set(re.findall(r"\bthen: (\w+)", body)) | {otherwise}
    outcomes = ", ".join(outcome for outcome in SEVERITY if outcome in named)
    return (
        f"policy: {name}\nversion: 1\neffective_from: 2026-12-01\ntitle: {{zh: 小, en: Tiny}}\nowner: tests\n"
        f"outcomes: [{outcomes}]\notherwise: {otherwise}\nrounding: {rounding}\n{body}"
    )


def reasons_text(body: str) -> str:
    """The reasons a body names, so that none is left unused."""
    used = dict.fromkeys(re.findall(r"\bbecause: (\w+)", body))
    return "reasons: {}\n" if not used else "reasons:\n" + "".join(f"  {code}: {STATEMENTS[code]}\n" for code in used)


def write(folder: Path, body: str, facts: str = FACTS, **header: str) -> Path:
    """Write the three files of one tiny policy; give the folder."""
    for file, text in (
        ("facts", facts),
        ("reasons", reasons_text(body)),
        (header.get("name", "tiny"), policy_text(body, **header)),
    ):
        (folder / f"{file}.yaml").write_text(text, encoding="utf-8")
    return folder


def load(folder: Path, body: str, facts: str = FACTS, **header: str) -> PolicySet:
    """Write one tiny policy and load it."""
    return load_policies(write(folder, body, facts, **header))


def executors(policy: Policy) -> list[Executor]:
    """One executor with each matcher; they hold nothing in common but the policy."""
    return [Executor(policy, match(policy)) for match in MATCHERS.values()]


def decide_by_both(policies: PolicySet, facts: Mapping[str, object], as_of: dt.datetime = MOMENT) -> Decision:
    """Decide with every executor and the reference evaluator; all must agree, and the network must not have faulted."""
    policy = policies[policies.names[0]]
    given = check(facts, policies.vocabulary)
    for executor in executors(policy):
        assert executor.evaluate(given, as_of) == reference.evaluate(policy, given, as_of)
        executor.close()
    engine = Engine(policies, verify="always")
    decision = engine.decide(policy.name, facts, as_of)
    engine.close()
    assert decision.engine.name == "durable-rules"
    assert engine.faults.executor == engine.faults.disagreement == 0
    return decision


def fired(decision: Decision) -> list[str]:
    """The rules that fired, in order."""
    return [step.name for step in decision.trace if step.kind == "rule"]


def value_of(decision: Decision, name: str) -> object:
    """What a derived fact became; None when it is missing."""
    return next((step.value for step in decision.trace if step.name == name and step.kind != "rule"), None)


def document_text(text: str) -> object:
    """Read YAML written in a test as plain values."""
    return yaml.safe_load(text)
