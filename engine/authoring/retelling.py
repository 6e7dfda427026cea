"""A policy in plain words, in Chinese and English: what a terminal or a page shows of it, as frozen values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from engine.authoring.phrases import OUTCOMES
from engine.authoring.words import Words
from engine.expression import Junction, names_in
from engine.kinds import BOOL
from engine.policy import Aggregate, AmountName, Derived, Invariant, Policy, Row, Rule, Table
from engine.reading.table_file import ALWAYS
from engine.vocabulary import Reason, Text


class ToldTable(msgspec.Struct, frozen=True):
    """A decision table or a scorecard: what stands above its columns, and its rows."""

    hit: Text  #: how the rows come together
    columns: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]


class ToldFact(msgspec.Struct, frozen=True):
    """A fact the policy computes."""

    name: str
    label: Text
    sentence: Text | None
    table: ToldTable | None = None


class ToldRule(msgspec.Struct, frozen=True):
    """A rule as a sentence, with the reason people are given and the examples in which it fires."""

    name: str
    sentence: Text
    reason: Reason | None
    note: str
    examples: tuple[str, ...]


class ToldPolicy(msgspec.Struct, frozen=True):
    """A policy in words."""

    title: Text
    outcomes: tuple[Text, ...]  #: most severe first
    otherwise: Text
    facts: tuple[ToldFact, ...]
    rules: tuple[ToldRule, ...]
    invariants: tuple[Text, ...]


_HITS = {
    "unique": Text("至多一行适用", "at most one row applies"),
    "first": Text("取第一个适用的行", "the first row that applies"),
    "min": Text("取所有适用行中的最小值", "the smallest of the rows that apply"),
    "max": Text("取所有适用行中的最大值", "the largest of the rows that apply"),
    "sum": Text("所有适用行之和", "the sum of the rows that apply"),
}
_AMOUNTS: Mapping[AmountName, Text] = {
    "limit": Text("额度", "limit"),
    "apr": Text("年化利率", "APR"),
    "term": Text("期限", "term"),
}
_OVER = {
    "count": Text("{records}的条数{where}", "the number of {records}{where}"),
    "sum": Text("{records}的{field}之和{where}", "the sum of {field} over {records}{where}"),
    "min": Text("{records}中最小的{field}{where}", "the smallest {field} of {records}{where}"),
    "max": Text("{records}中最大的{field}{where}", "the largest {field} of {records}{where}"),
    "avg": Text("{records}的{field}平均值{where}", "the average {field} of {records}{where}"),
    "any": Text("{records}中至少有一条满足：{test}", "for at least one of {records}, {test}"),
    "all": Text("{records}中每一条都满足：{test}", "for every one of {records}, {test}"),
}


def retell(policy: Policy, fired: Mapping[str, Sequence[str]]) -> ToldPolicy:
    """Say a policy in words; `fired` names, for each rule, the examples in which it fires."""
    words = Words.of(policy)
    return ToldPolicy(
        policy.title,
        tuple(OUTCOMES[outcome] for outcome in policy.outcomes),
        OUTCOMES[policy.otherwise],
        tuple(
            _aggregate(policy, node) if isinstance(node, Aggregate) else _derived(policy, words, node)
            for node in policy.nodes
        ),
        tuple(_rule(policy, words, rule, fired.get(rule.name, ())) for rule in policy.rules),
        tuple(_invariant(_with_decision(words), invariant) for invariant in policy.invariants),
    )


def _with_decision(words: Words) -> Words:
    """The words of a policy and of the parts of its decision, which invariants speak of."""
    return Words(
        {**words.labels, "outcome": Text("结果", "Outcome"), **{str(name): text for name, text in _AMOUNTS.items()}},
        {**words.words, "outcome": {outcome.value: text for outcome, text in OUTCOMES.items()}},
        {**words.units, "term": "months"},
    )


def _invariant(words: Words, invariant: Invariant) -> Text:
    if invariant.condition is not None:
        said = words.condition(invariant.condition)
        zh, en = ("绝不", "Never") if invariant.kind == "never" else ("始终", "Always")
        return Text(f"{zh}：{said.zh}。", f"{en}: {said.en}.")
    assert invariant.when_more is not None
    assert invariant.never_less is not None
    fact, amount = words.label(invariant.when_more), _AMOUNTS[invariant.never_less]
    return Text(f"{fact.zh}更高时，{amount.zh}不会更低。", f"A higher {fact.en} never gives a lower {amount.en}.")


def _rule(policy: Policy, words: Words, rule: Rule, examples: Sequence[str]) -> ToldRule:
    test = words.condition(rule.when)
    zh, en = [], []
    if rule.then is not None:
        zh.append(OUTCOMES[rule.then].zh)
        en.append(OUTCOMES[rule.then].en)
    if rule.ask is not None:
        zh.append(f"请申请人办理 {rule.ask}")
        en.append(f"ask for {rule.ask}")
    for role, name, formula in rule.amounts:
        amount, said = _AMOUNTS[name], words.amount(name, formula)
        zh.append(f"{amount.zh}{'最高' if role == 'cap' else ''}为{said.zh}")
        en.append(f"{amount.en} {'at most ' if role == 'cap' else ''}{said.en}")
    sentence = Text(f"如果{test.zh}：{'；'.join(zh)}。", f"If {test.en}: {'; '.join(en)}.")
    reason = policy.reasons[rule.because] if rule.because else None
    return ToldRule(rule.name, sentence, reason, rule.note, tuple(examples))


def _aggregate(policy: Policy, node: Aggregate) -> ToldFact:
    inside, outside = Words.of_records(policy, node.records), Words.of(policy)
    records = outside.label(node.records)
    field = inside.label(node.field) if node.field else Text("", "")
    test = inside.condition(node.where) if node.where else Text("", "")
    pattern = _OVER[node.function]
    where = Text(f"（仅限{test.zh}）", f" where {test.en}") if node.where else Text("", "")
    zh = pattern.zh.format(records=records.zh, field=field.zh, where=where.zh, test=test.zh)
    en = pattern.en.format(records=records.en, field=field.en, where=where.en, test=test.en)
    if node.empty is not None:
        empty = inside.value(node.field or "", node.kind, node.empty)
        zh, en = f"{zh}；没有记录时为{empty.zh}", f"{en}; {empty.en} when there are none"
    return ToldFact(node.name, policy.labels[node.name], Text(zh, en))


def _derived(policy: Policy, words: Words, node: Derived) -> ToldFact:
    label = policy.labels[node.name]
    if node.table is not None:
        return ToldFact(node.name, label, None, _table(words, node, node.table))
    assert node.formula is not None
    say = words.condition if node.kind == BOOL else words.formula
    return ToldFact(node.name, label, say(node.formula))


def _table(words: Words, node: Derived, table: Table) -> ToldTable:
    hit = _HITS[table.combine or table.hit]
    output = words.plain(node.name)
    if table.scorecard:
        rows = [
            (words.condition(row.when), _signed(words.value(node.name, node.kind, row.value))) for row in table.rows
        ]
        return ToldTable(hit, (Text("条件", "condition"), Text("加分", "adds")), tuple(rows))
    told = [_row(words, node, table, row) for row in table.rows]
    if table.otherwise is not None:
        rest = Text("其他情况", "otherwise")
        blank = [Text("", "")] * (len(table.columns) - 1)
        told.append((rest, *blank, words.value(node.name, node.kind, table.otherwise)))
    return ToldTable(hit, (*map(words.plain, table.columns), output), tuple(told))


def _row(words: Words, node: Derived, table: Table, row: Row) -> tuple[Text, ...]:
    tests = row.when.items if isinstance(row.when, Junction) else () if row.when == ALWAYS else (row.when,)
    cells = [words.cell([test for test in tests if names_in(test) == (column,)]) for column in table.columns]
    return (*cells, words.value(node.name, node.kind, row.value))


def _signed(text: Text) -> Text:
    return text if text.zh.startswith("-") else Text(f"+{text.zh}", f"+{text.en}")
