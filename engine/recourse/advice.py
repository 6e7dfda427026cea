"""Recourse in words, for the applicant: each alternative as one sentence in Chinese and in English."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Literal

from engine.authoring.phrases import UNITS
from engine.decision import Offer
from engine.explaining import wording
from engine.explaining.resolve import Resolution
from engine.kinds import Value
from engine.policy import WIRE_AMOUNT, Outcome, Policy
from engine.recourse.levers import Lever
from engine.vocabulary import Text

#: What would come of it, as the end of a sentence.
WOULD: Mapping[Outcome, Text] = {
    Outcome.APPROVE: Text("您的申请将获通过", "your application would be approved"),
    Outcome.KEEP: Text("您的额度将保持不变", "your credit line would stay as it is"),
    Outcome.INCREASE: Text("您的额度将提高", "your credit limit would be increased"),
    Outcome.RESTORE: Text("您的额度将恢复使用", "you could use your credit line again"),
}
#: Per goal: alternatives follow; there are none; none was found.
_SUMMARY: Mapping[str, tuple[Text, Text, Text]] = {
    "favourable": (
        Text("以下任一变化都足以改变结果：", "Any one of these changes would be enough for another answer:"),
        Text(
            "在您能够改变的事项中，没有任何变化会改变这一结果。",
            "Nothing that is in your power to change would change this answer.",
        ),
        Text(
            "没有找到您能够改变并足以改变结果的事项；查找未能穷尽所有组合。",
            "No change in your power was found that would change this answer; not every combination could be tried.",
        ),
    ),
    "limit": (
        Text("以下任一变化都会提高您的额度：", "Any one of these changes would raise your limit:"),
        Text(
            "在您能够改变的事项中，没有任何变化会提高您的额度。",
            "Nothing that is in your power to change would raise your limit.",
        ),
        Text(
            "没有找到您能够改变并会提高额度的事项；查找未能穷尽所有组合。",
            "No change in your power was found that would raise your limit; not every combination could be tried.",
        ),
    ),
}
_NO_LIMIT = Text("本决定没有可以提高的额度。", "This decision offers no limit that could be raised.")


def summary(goal: Literal["favourable", "limit"], found: int, complete: bool, offers_none: bool) -> Text:
    """What the search came to."""
    if offers_none:
        return _NO_LIMIT
    some, none, unsure = _SUMMARY[goal]
    return some if found else none if complete else unsure


def alternative(
    policy: Policy, levers: Sequence[Lever], moved: Mapping[str, Value], then: Resolution, now: Resolution
) -> Text:
    """One alternative: what would have to be, and what would come of it."""
    clauses = [_clause(policy, lever, moved[lever.fact]) for lever in levers]
    zh, en = "，且".join(clause.zh for clause in clauses), " and ".join(clause.en for clause in clauses)
    end = _lifted(then, now) if now.outcome.favourable else _turned(then)
    return Text(f"如{zh}，{end.zh}。", f"If {en}, {end.en}.")


def _turned(then: Resolution) -> Text:
    would = WOULD[then.outcome]
    if not then.amounts:
        return would
    offered = wording.offered(Offer(**{WIRE_AMOUNT[name]: amount for name, amount in then.amounts.items()}))
    return Text(f"{would.zh}（{offered.zh[:-1]}）", f"{would.en} ({_small(offered.en[:-1])})")


def _lifted(then: Resolution, now: Resolution) -> Text:
    higher, lower = (wording.yuan(one.amounts["limit"]) for one in (then, now))
    return Text(
        f"您的额度可达 {higher} 元（现为 {lower} 元）", f"your limit would be CNY {higher} instead of CNY {lower}"
    )


def _clause(policy: Policy, lever: Lever, then: Value) -> Text:
    label = policy.labels[lever.fact]
    if isinstance(then, bool):
        return _of_bool(label, then)
    if isinstance(then, int):
        return _of_number(policy, lever, label, then)
    words = policy.words.get(lever.fact, {})
    word = words.get(str(then), Text(f"“{then}”", f"“{then}”")) if isinstance(then, str) else _date(then)
    return Text(f"{label.zh}改为{word.zh}", f"{_small(label.en)} were {word.en}")


def _date(day: dt.date) -> Text:
    return Text(f" {day.isoformat()}", day.isoformat())


def _of_bool(label: Text, then: bool) -> Text:
    if then:
        return Text(label.zh, f"“{label.en}” held")
    return Text(f"“{label.zh}”不再成立", f"“{label.en}” no longer held")


def _of_number(policy: Policy, lever: Lever, label: Text, then: int) -> Text:
    fact = policy.facts[lever.fact]
    assert isinstance(lever.now, int)
    now, then_ = _amount(lever.kind.name, fact.unit, lever.now), _amount(lever.kind.name, fact.unit, then)
    counted = lever.kind.name == "int" and fact.unit != "points"
    verb = ("增加到" if counted else "提高到") if lever.sign > 0 else ("减少到" if counted else "降低到")
    english = label.en if fact.unit == "points" else _small(label.en)  # scores bear names
    if not counted:
        english = f"{'your' if lever.sign > 0 else 'the'} {english}"
    return Text(f"{label.zh}{verb} {then_.zh}（现为 {now.zh}）", f"{english} were {then_.en} (now {now.en})")


def _amount(kind: str, unit: str, value: int) -> Text:
    """A number with its unit."""
    if kind == "money":
        return Text(f"{wording.yuan(value)} 元", f"CNY {wording.yuan(value)}")
    if kind == "rate":
        return Text(wording.percent(value), wording.percent(value))
    english = unit[:-1] if abs(value) == 1 and unit.endswith("s") and unit in UNITS else unit
    return Text(f"{value:,} {UNITS.get(unit, unit)}".rstrip(), f"{value:,} {english}".rstrip())


def _small(label: str) -> str:
    """A label inside a sentence; one that begins with an abbreviation stays as it is."""
    return label if label[1:2].isupper() else label[:1].lower() + label[1:]
