"""Conditions and formulas in words, in Chinese and English: labels instead of names, units spelled out.

Facts stand in quotation marks, because labels are phrases of their own; whoever reads a sentence sees where one ends.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from fractions import Fraction

import msgspec

from engine.authoring.phrases import (
    COMPARED,
    DATED,
    EXTREME,
    NAMED,
    SIGNS,
    SINCE,
    STRENGTH,
    all_of,
    amount,
    either,
    joined,
)
from engine.expression import (
    FLIPPED,
    OPPOSITE,
    Among,
    Arithmetic,
    Call,
    Compare,
    CompareOp,
    Constant,
    Expression,
    IsMissing,
    Junction,
    Name,
    Not,
)
from engine.kinds import Kind, Value, natural
from engine.policy import AmountName, Policy
from engine.vocabulary import Text


class Words(msgspec.Struct, frozen=True):
    """What facts, the words of enums and units are called, and sentences made of them."""

    labels: Mapping[str, Text]
    words: Mapping[str, Mapping[str, Text]]  #: of enums, by fact
    units: Mapping[str, str]  #: of facts that are counted: days, months, points

    @classmethod
    def of(cls, policy: Policy) -> Words:
        """The words of a policy's facts, given and derived."""
        return cls(policy.labels, policy.words, {name: fact.unit for name, fact in policy.facts.items()})

    @classmethod
    def of_records(cls, policy: Policy, records: str) -> Words:
        """The words of the fields of a list of records."""
        fields = policy.facts[records].fields
        return cls(
            {field.name: field.label for field in fields},
            {field.name: field.words for field in fields},
            {field.name: field.unit for field in fields},
        )

    def plain(self, name: str) -> Text:
        """What a fact is called."""
        return self.labels.get(name, Text(name, name))

    def label(self, name: str) -> Text:
        """What a fact is called, in quotation marks."""
        label = self.plain(name)
        return Text(f"“{label.zh}”", f"“{label.en}”")

    def condition(self, test: Expression) -> Text:
        """Say a condition as a clause."""
        match test:
            case Junction():
                return self._joined(test)
            case Not():
                return self._denied(test.item)
            case Compare():
                return self._compared(test)
            case Among():
                return self._among(test)
            case IsMissing():
                label = self.label(test.name.name)
                zh, en = ("已知", "is known") if test.negated else ("未知", "is not known")
                return Text(label.zh + zh, f"{label.en} {en}")
            case Constant():
                return Text("总是", "always") if test.value else Text("从不", "never")
            case _:
                said = self.formula(test)
                return Text(f"{said.zh}成立", f"{said.en} holds")

    def _joined(self, test: Junction) -> Text:
        parts = [self.condition(item) for item in test.items]
        nested = [isinstance(item, Junction) for item in test.items]
        zh = [f"（{part.zh}）" if deep else part.zh for part, deep in zip(parts, nested, strict=True)]
        en = [f"({part.en})" if deep else part.en for part, deep in zip(parts, nested, strict=True)]
        return Text(("，且" if test.op == "and" else "，或").join(zh), f" {test.op} ".join(en))

    def _denied(self, test: Expression) -> Text:
        match test:
            case Not():
                return self.condition(test.item)
            case Compare():
                return self._compared(Compare(OPPOSITE[test.op], test.left, test.right))
            case Among():
                return self._among(Among(test.item, test.values, not test.negated))
            case IsMissing():
                return self.condition(IsMissing(test.name, not test.negated))
            case Junction():
                said = self._joined(test)
                return Text(f"并非（{said.zh}）", f"it is not so that ({said.en})")
            case Constant():
                return self.condition(Constant(not test.value, test.kind))
            case _:
                said = self.formula(test)
                return Text(f"{said.zh}不成立", f"{said.en} does not hold")

    def _compared(self, test: Compare) -> Text:
        left, op, right = test.left, test.op, test.right
        if isinstance(left, Constant) and not isinstance(right, Constant):
            left, op, right = right, FLIPPED[op], left
        if left.kind.name == "bool":
            return self._same(left, op, right)
        table = {"date": DATED, "enum": NAMED}.get(left.kind.name, COMPARED)
        first, second = self.formula(left, right), self.formula(right, left)
        return Text(f"{first.zh}{table[op].zh}{second.zh}", f"{first.en} {table[op].en} {second.en}")

    def _same(self, left: Expression, op: CompareOp, right: Expression) -> Text:
        if isinstance(right, Constant):
            return self.condition(left) if right.value is (op == "==") else self._denied(left)
        first, second = self.formula(left), self.formula(right)
        zh, en = ("同时成立或同时不成立", "agree") if op == "==" else ("一个成立而另一个不成立", "disagree")
        return Text(f"{first.zh}与{second.zh}{zh}", f"{first.en} and {second.en} {en}")

    def _among(self, test: Among) -> Text:
        item = self.formula(test.item)
        values = list(dict.fromkeys(self.formula(value, test.item) for value in test.values))
        zh, en = "、".join(value.zh for value in values), either([value.en for value in values])
        if len(values) == 1:
            return Text(f"{item.zh}{'不是' if test.negated else '为'}{zh}", f"{item.en} is {'not ' * test.negated}{en}")
        if test.negated:
            return Text(f"{item.zh}不是{zh}中的任何一个", f"{item.en} is none of {', '.join(v.en for v in values)}")
        return Text(f"{item.zh}为{zh}之一", f"{item.en} is {en}")

    def formula(self, expression: Expression, beside: Expression | None = None) -> Text:
        """Say a value; a literal takes its unit from what stands beside it."""
        match expression:
            case Name():
                return self.label(expression.name)
            case Constant():
                return self._literal(expression, beside)
            case Arithmetic():
                return self._arithmetic(expression)
            case _:
                assert isinstance(expression, Call)  # conditions are not values
                return self._call(expression)

    def _literal(self, constant: Constant, beside: Expression | None) -> Text:
        if isinstance(constant.value, str):
            words = self.words.get(beside.name, {}) if isinstance(beside, Name) else {}
            return words.get(constant.value, Text(constant.value, constant.value))
        if isinstance(constant.value, bool | dt.date):
            return Text(str(constant.value).lower(), str(constant.value).lower())
        return amount(constant.kind, constant.value, self._unit(beside))

    def _unit(self, beside: Expression | None) -> str:
        if isinstance(beside, Call) and beside.function in SINCE:
            return SINCE[beside.function][1]
        return self.units.get(beside.name, "") if isinstance(beside, Name) else ""

    def _arithmetic(self, expression: Arithmetic) -> Text:
        mine = STRENGTH[expression.op]
        left = self._operand(expression.left, mine)
        right = self._operand(expression.right, mine + 1)
        sign = SIGNS[expression.op]
        return Text(f"{left.zh} {sign} {right.zh}", f"{left.en} {sign} {right.en}")

    def _operand(self, expression: Expression, at_least: int) -> Text:
        said = self.formula(expression)
        loose = (isinstance(expression, Call) and expression.function not in SINCE) or (
            isinstance(expression, Arithmetic) and STRENGTH[expression.op] < at_least
        )
        return Text(f"（{said.zh}）", f"({said.en})") if loose else said

    def _call(self, call: Call) -> Text:
        first = self.formula(call.arguments[0])
        if call.function in SINCE:
            zh, en = SINCE[call.function]
            return Text(f"距{first.zh}的{zh}", f"{en} since {first.en}")
        if call.function == "round_down":
            step = self.formula(call.arguments[1])
            zh, en = f"向下取整至{step.zh}的整数倍", f"rounded down to a multiple of {step.en}"
            first = self._operand(call.arguments[0], STRENGTH["*"])
            return Text(f"{first.zh}（{zh}）", f"{first.en} ({en})")
        said = [self._operand(argument, 1) for argument in call.arguments]
        default = ("最小者", "smallest") if call.function == "min" else ("最大者", "largest")
        zh, en = EXTREME.get((call.function, len(said)), default)
        return Text(f"{'、'.join(one.zh for one in said)}中的{zh}", f"the {en} of {all_of([one.en for one in said])}")

    def amount(self, name: AmountName, formula: Expression) -> Text:
        """Say what an offer or a cap comes to; a term is in months."""
        if isinstance(formula, Constant) and isinstance(formula.value, int | Fraction):
            return amount(formula.kind, formula.value, "months" if name == "term" else "")
        return self.formula(formula)

    def value(self, name: str, kind: Kind, value: Value) -> Text:
        """Say a value of a fact, given in base units."""
        if isinstance(value, bool):
            return Text("是", "yes") if value else Text("否", "no")
        if isinstance(value, int):
            return amount(kind, natural(kind, value), self.units.get(name, ""))
        return self.words.get(name, {}).get(str(value), Text(str(value), str(value)))

    def cell(self, tests: Sequence[Expression]) -> Text:
        """Say the tests of one cell of a table, without repeating what its column is about."""
        match tests:
            case []:
                return Text("任意", "any")
            case [Compare(op=">=", right=Constant() as low), Compare(op="<=", left=Name() as name, right=high)]:
                first, last = self.formula(low), self.formula(high, name)
                return Text(f"{first.zh.removesuffix('元')}–{last.zh}", f"{first.en.removesuffix(' yuan')}–{last.en}")
        return joined([self._cell(test) for test in tests])

    def _cell(self, test: Expression) -> Text:
        match test:
            case Name():
                return Text("是", "yes")
            case IsMissing():
                return Text("已知", "known") if test.negated else Text("未知", "not known")
            case Among():
                values = [self.formula(value, test.item) for value in test.values]
                return Text("、".join(value.zh for value in values), either([value.en for value in values]))
            case Compare(op="==", right=Constant(value=bool() as value)):
                return Text("是", "yes") if value else Text("否", "no")
            case Compare():
                said = self.formula(test.right, test.left)
                sign = {"==": "", "!=": "≠ ", "<": "< ", "<=": "≤ ", ">": "> ", ">=": "≥ "}[test.op]
                return Text(f"{sign}{said.zh}", f"{sign}{said.en}")
            case _:
                return self.condition(test)
