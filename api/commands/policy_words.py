"""``grounds policy explain``: a policy in plain words on the terminal, in one language."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

import typer

from api.commands.failures import USAGE, CommandFailed
from api.commands.options import Policies, settings
from engine import PolicySet, load_policies
from engine.authoring.retelling import ToldFact, ToldPolicy, ToldRule, ToldTable, retell
from engine.examples import rules_shown
from engine.policy import Policy
from engine.vocabulary import Text

Name = Annotated[str, typer.Argument(metavar="NAME", help="which policy")]
Lang = Annotated[Literal["zh", "en"], typer.Option("--lang", help="Chinese or English")]
OneRule = Annotated[str | None, typer.Option("--rule", metavar="RULE", help="this rule only, and what it rests on")]

_SHOWN = 3  #: examples named beside a rule; the file has them all
_HEADS = {
    "version": Text("版本 {0}，自 {1} 起生效，负责方 {2}", "version {0}, effective from {1}, owner {2}"),
    "outcomes": Text("可能的结果（从重到轻）：{0}", "outcomes, most severe first: {0}"),
    "otherwise": Text("没有规则作出决定时：{0}", "when no rule decided: {0}"),
    "facts": Text("派生事实", "Derived facts"),
    "rules": Text("规则", "Rules"),
    "invariants": Text("不变式", "Invariants"),
    "reason": Text("原因", "reason"),
    "remedy": Text("办法", "remedy"),
    "note": Text("备注", "note"),
    "examples": Text("示例", "examples"),
    "uncovered": Text("没有示例触发这条规则", "no example covers this rule"),
    "count": Text("{0} 条规则，{1} 条没有示例覆盖", "{0} rules, {1} without an example"),
}


def explain(name: Name, policies: Policies = None, lang: Lang = "en", rule: OneRule = None) -> None:
    """Say a policy in plain words: outcomes, derived facts, every rule with its reason and its examples."""
    found = load_policies(settings(policies=policies).policies)
    policy = found[name]
    if rule is not None and rule not in policy.rule:
        raise CommandFailed(f"unknown rule `{rule}` (known: {', '.join(policy.rule)})", USAGE)
    _Page(lang).show(found, policy, rule)


class _Page:
    """Prints one policy in one language."""

    def __init__(self, lang: Literal["zh", "en"]) -> None:
        from rich.console import Console

        self._lang = lang
        self._console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)

    def show(self, policies: PolicySet, policy: Policy, rule: str | None) -> None:
        """Print all of a policy, or one rule with what it rests on."""
        told = retell(policy, rules_shown(policies, policy))
        self._head(policy, told)
        needed = {node.name for node in policy.nodes} if rule is None else _behind(policy, rule)
        if needed:
            self._title("facts")
        for fact in told.facts:
            if fact.name in needed:
                self._fact(fact)
        self._title("rules")
        for one in told.rules:
            if rule in (None, one.name):
                self._rule(one)
        if rule is None:
            self._invariants(told)
            self._print()
            self._print(self._head_text("count", len(told.rules), sum(not one.examples for one in told.rules)))

    def _say(self, text: Text) -> str:
        return text.zh if self._lang == "zh" else text.en

    def _head_text(self, key: str, *values: object) -> str:
        return self._say(_HEADS[key]).format(*values)

    def _print(self, text: str = "", style: str = "") -> None:
        self._console.print(text, style=style or None)

    def _title(self, key: str) -> None:
        self._print()
        self._print(self._say(_HEADS[key]), "bold underline")

    def _head(self, policy: Policy, told: ToldPolicy) -> None:
        comma = "、" if self._lang == "zh" else ", "
        self._print(f"{self._say(told.title)} ({policy.name})", "bold")
        self._print(self._head_text("version", policy.version, policy.effective_from, policy.owner))
        self._print(self._head_text("outcomes", comma.join(map(self._say, told.outcomes))))
        self._print(self._head_text("otherwise", self._say(told.otherwise)))

    def _invariants(self, told: ToldPolicy) -> None:
        if told.invariants:
            self._title("invariants")
        for invariant in told.invariants:
            self._print(f"  {self._say(invariant)}")

    def _fact(self, fact: ToldFact) -> None:
        self._print()
        equals = f" = {self._say(fact.sentence)}" if fact.sentence else ""
        self._print(f"{self._say(fact.label)} [{fact.name}]{equals}")
        if fact.table is not None:
            self._table(fact.table)

    def _table(self, told: ToldTable) -> None:
        from rich import box
        from rich.table import Table

        table = Table(box=box.SIMPLE_HEAD, title=self._say(told.hit), title_justify="left", show_edge=False)
        for column in told.columns:
            table.add_column(self._say(column), overflow="fold")
        for row in told.rows:
            table.add_row(*map(self._say, row))
        self._console.print(table, soft_wrap=False)

    def _rule(self, rule: ToldRule) -> None:
        self._print()
        self._print(rule.name, "bold")
        self._print(f"  {self._say(rule.sentence)}")
        for key, text in self._remarks(rule):
            self._print(f"  {self._say(_HEADS[key])}: {text}")
        if not rule.examples:
            self._print(f"  ✗ {self._say(_HEADS['uncovered'])}", "bold red")

    def _remarks(self, rule: ToldRule) -> Iterator[tuple[str, str]]:
        if rule.reason is not None:
            yield "reason", f"{self._say(rule.reason.statement)} [{rule.reason.code}]"
            if rule.reason.remedy is not None:
                yield "remedy", self._say(rule.reason.remedy)
        if rule.note:
            yield "note", rule.note
        if rule.examples:
            more = f" (+{len(rule.examples) - _SHOWN})" if len(rule.examples) > _SHOWN else ""
            yield "examples", "; ".join(rule.examples[:_SHOWN]) + more


def _behind(policy: Policy, rule: str) -> set[str]:
    """The derived facts a rule rests on, through all layers."""
    nodes = {node.name: node for node in policy.nodes}
    found: set[str] = set()
    wanted = [*policy.rule[rule].reads, *policy.rule[rule].amount_reads]
    while wanted:
        name = wanted.pop()
        if name in nodes and name not in found:
            found.add(name)
            wanted += nodes[name].reads
    return found
