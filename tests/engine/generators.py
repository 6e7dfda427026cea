"""Random vocabularies, policies and facts: as YAML text, so that the loader is always part of what is tested.

Everything is drawn so that a policy loads; numbers sit on and around the constants the policy uses, enums repeat, facts
go missing. `draw` is a `random.Random`, so one seed is one case.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

from engine import PolicyError, PolicySet
from tests.engine.recorded import load_recorded

KINDS = ("int", "int", "money", "rate", "bool", "enum", "date")
WORDS = ("A", "B", "C", "D", "E")
NUMBERS = (0, 1, 2, 3, 5, 10)
DATES = ("2026-01-31", "2026-02-28", "2026-11-30", "2026-12-01", "2024-02-29")
AS_OF = "2026-12-01T00:00:00+00:00"


class Case:
    """One random policy over random facts."""

    def __init__(self, seed: int) -> None:
        self.draw = draw = Random(seed)
        self.kinds = {f"x{i}": draw.choice(KINDS) for i in range(draw.randint(2, 8))}
        self.if_missing = {name: draw.choice(("ask", "refer", "ignore")) for name in (*self.kinds, "loans")}
        self.scope = dict(self.kinds)
        self.policy = self._policy()

    def load(self, folder: Path) -> PolicySet:
        """Write the three files and load them; tables the loader refuses are repaired until it takes them."""
        self.write(folder)
        for _ in range(20):
            try:
                return load_recorded(folder)
            except PolicyError as error:
                self._repair(error)
                self.write(folder)
        return load_recorded(folder)

    def _repair(self, error: PolicyError) -> None:
        dropped: set[int] = set()
        for finding in reversed(error.findings):
            place = re.match(r"policy\.derive\[(\d+)\]\.table(?:\.rows\[(\d+)\])?", finding.path)
            if place is None:
                continue
            entry = self.policy["derive"][int(place[1])]  # type: ignore[index]  # a list
            table = entry["table"]
            if "overlaps" in finding.message:
                table["hit"] = "first"
            elif place[2] is None:
                table["otherwise"] = table["rows"][0][-1]
            elif int(place[1]) not in dropped:  # positions shift, so one row a time
                dropped.add(int(place[1]))
                del table["rows"][int(place[2])]
                table["rows"] = table["rows"] or [[*("any" for _ in table["when"]), table["otherwise"]]]

    def write(self, target: Path) -> None:
        """Write the three files as they are."""
        for name, content in (("facts", self._facts()), ("reasons", REASONS), ("random_policy", self.policy)):
            (target / f"{name}.yaml").write_text(json.dumps(content), encoding="utf-8")

    # -- vocabulary

    def _facts(self) -> dict[str, object]:
        facts = {name: self._fact(name, kind) for name, kind in self.kinds.items()}
        facts["loans"] = {
            "type": "records",
            "max_records": 50,
            "fields": {
                "days": {"type": "int", "range": ["-100", "100"]},
                "owed": {"type": "money", "range": ["-1000.00", "1000.00"]},
                "open": {"type": "bool"},
            },
            **self._common("loans"),
        }
        return {"facts": facts}

    def _common(self, name: str) -> dict[str, object]:
        return {"label": {"zh": name, "en": name}, "source": "bureau", "if_missing": self.if_missing[name]}

    def _fact(self, name: str, kind: str) -> dict[str, object]:
        fact = {"type": kind, **self._common(name)}
        if kind in ("int", "money", "rate"):
            fact["range"] = ["-1000000", "1000000"]
        if kind == "enum":
            fact["values"] = list(WORDS)
        return fact

    # -- policy

    def _policy(self) -> dict[str, object]:
        draw = self.draw
        policy: dict[str, object] = {
            "policy": "random_policy",
            "version": "1",
            "effective_from": "2026-12-01",
            "title": {"zh": "随机", "en": "random"},
            "owner": "tests",
            "rounding": draw.choice(("half_even", "half_up", "down", "up")),
        }
        if draw.random() < 0.6:
            policy["records"] = {f"r{i}": self._aggregate(f"r{i}") for i in range(draw.randint(1, 3))}
        policy["derive"] = [self._derived(f"d{i}") for i in range(draw.randint(0, 5))]
        rules = [self._rule(i) for i in range(draw.randint(1, 10))]
        policy["rules"] = rules
        named = {str(rule["then"]) for rule in rules if "then" in rule} | {"refer"}
        policy["outcomes"] = [outcome for outcome in ("reject", "refer", "verify", "approve") if outcome in named]
        policy["otherwise"] = "refer"
        return policy

    def _aggregate(self, name: str) -> object:
        draw = self.draw
        where = draw.choice(
            ("", " where days > 0", " where open", " where not open and owed >= 5.00", " where 10 / days > 1")
        )
        function = draw.choice(("count", "sum", "min", "max", "avg", "any", "all"))
        if function in ("any", "all"):
            self.scope[name] = "bool"
            return f"{function}(loans{where or ' where open'})"
        if function == "count":
            self.scope[name] = "int"
            return f"count(loans{where})"
        field, kind = draw.choice((("days", "int"), ("owed", "money")))
        self.scope[name] = kind
        text = f"{function}(loans.{field}{where})"
        return text if function == "sum" else {"value": text, "empty": str(draw.choice(NUMBERS))}

    def _derived(self, name: str) -> dict[str, object]:
        draw = self.draw
        form = draw.choice(("table", "sum", "value", "bool"))
        if form == "table":
            return self._table(name)
        if form == "sum":
            items = [{"when": self.condition(2), "add": str(draw.randint(-20, 40))} for _ in range(draw.randint(1, 5))]
            self.scope[name] = "int"
            return {"fact": name, "sum": items}
        if form == "value":
            kind = draw.choice(("int", "money", "rate"))
            text = self.number(kind, 2)
            self.scope[name] = kind
            return {"fact": name, "type": kind, "value": text}
        text = self.condition(2)
        self.scope[name] = "bool"
        return {"fact": name, "value": text}

    def _table(self, name: str) -> dict[str, object]:
        draw = self.draw
        columns = draw.sample(sorted(self.scope), min(len(self.scope), draw.randint(1, 3)))
        hit = draw.choice(("unique", "first", "collect"))
        kind = draw.choice(("int", "rate")) if hit == "collect" else draw.choice(("int", "rate", "enum", "bool"))
        outputs = {"int": ("1", "2", "-7"), "rate": ("0.5", "0.0725"), "enum": ("T1", "T2"), "bool": ("true", "false")}[
            kind
        ]
        rows = [
            [*(self._cell(self.scope[c]) for c in columns), draw.choice(outputs)] for _ in range(draw.randint(1, 5))
        ]
        table: dict[str, object] = {"hit": hit, "when": columns, "rows": rows}
        if hit == "collect":
            table["combine"] = draw.choice(("min", "max", "sum"))
        if kind == "enum" or draw.random() < 0.7:
            table["otherwise"] = draw.choice(outputs)
        entry: dict[str, object] = {"fact": name, "table": table}
        if kind == "rate":
            entry["type"] = "rate"
        words = dict.fromkeys((str(rows[0][-1]), str(table.get("otherwise"))))  # these stay when rows are repaired away
        self.scope[name] = "enum:" + ",".join(words) if kind == "enum" else kind
        return entry

    def _partition(self, columns: list[str]) -> list[list[object]]:
        """Cells of rows that exclude each other: the first column is cut up, the others are free."""
        kind = self.scope[columns[0]]
        if kind == "bool":
            cells: list[object] = ["true", "false"]
        elif kind.startswith("enum"):
            cells = list(words_of(kind))
        elif kind == "date":
            cells = ["< 2026-02-28", "2026-02-28", "> 2026-02-28"]
        else:
            cells = ["< 0", "0..1", "> 1"] if kind == "int" else ["< 0", "0", "> 0"]
        chosen = self.draw.sample(cells, self.draw.randint(1, len(cells)))
        return [[cell, *(self._cell(self.scope[column]) for column in columns[1:])] for cell in chosen]

    def _cell(self, kind: str) -> object:
        draw = self.draw
        if draw.random() < 0.15:
            return draw.choice(("any", "missing", "not missing"))
        if kind.startswith("enum"):
            words = words_of(kind)
            return draw.choice((draw.choice(words), "!= " + draw.choice(words), draw.sample(words, min(2, len(words)))))
        if kind == "bool":
            return draw.choice(("true", "false"))
        low, high = sorted(
            (self._literal(kind), self._literal(kind)), key=lambda text: (float(text) if kind != "date" else 0, text)
        )
        if kind == "date":
            return f"{draw.choice(('<', '<=', '>', '>=', '==', '!='))} {self._literal(kind)}"
        return draw.choice((f"{low}..{high}", f"{draw.choice(('<', '<=', '>', '>=', '==', '!='))} {low}", [low, high]))

    def _rule(self, index: int) -> dict[str, object]:
        draw = self.draw
        rule: dict[str, object] = {"rule": f"rule-{index}", "when": self.condition(3), "because": "plain"}
        shape = draw.random()
        if shape < 0.75:
            rule["then"] = draw.choice(("reject", "refer", "verify", "approve", "approve"))
        if shape >= 0.75 or draw.random() < 0.2:
            rule["cap"] = {"limit": self.number("money", 2), "apr": self.number("rate", 1)}
        if rule.get("then") == "approve":
            rule["offer"] = {"limit": self.number("money", 2), "term": self.number("int", 0)}
        return rule

    # -- expressions

    def condition(self, depth: int) -> str:
        """A random condition over what is in scope."""
        draw = self.draw
        shape = draw.random()
        if depth and shape < 0.45:
            op = draw.choice((" and ", " or "))
            return op.join(f"({self.condition(depth - 1)})" for _ in range(draw.randint(2, 3)))
        if depth and shape < 0.55:
            return f"not ({self.condition(depth - 1)})"
        return self._test()

    def _test(self) -> str:
        draw = self.draw
        name = draw.choice(sorted(self.scope))
        kind = self.scope[name]
        if draw.random() < 0.08:
            return f"{name} is {draw.choice(('', 'not '))}missing"
        if kind == "bool":
            return draw.choice((name, f"not {name}", f"{name} == true", f"{name} != true"))
        if kind.startswith("enum"):
            words = words_of(kind)
            some = ", ".join(draw.sample(words, draw.randint(1, len(words))))
            return draw.choice(
                (f"{name} == {words[0]}", f"{name} != {words[-1]}", f"{name} in [{some}]", f"{name} not in [{some}]")
            )
        op = draw.choice(("<", "<=", ">", ">=", "==", "!="))
        if kind == "date":
            return draw.choice(
                (
                    f"{name} {op} '{self._literal(kind)}'",
                    f"{draw.choice(('days', 'months', 'years'))}_since({name}) {op} {draw.choice(NUMBERS)}",
                )
            )
        return self._numeric_test(name, kind, op)

    def _numeric_test(self, name: str, kind: str, op: str) -> str:
        draw = self.draw
        shape = draw.random()
        if shape < 0.5:
            return f"{name} {op} {self._literal(kind)}"
        if shape < 0.6:
            return f"{self._literal(kind)} {op} {name}"
        if shape < 0.7:
            return f"{name} {draw.choice(('in', 'not in'))} [{', '.join(self._literal(kind) for _ in range(3))}]"
        if shape < 0.8:
            return f"{self._literal(kind)} <= {name} < {self._literal(kind)}"
        return f"{self.number(kind, 2)} {op} {self.number(kind, 1)}"

    def number(self, kind: str, depth: int) -> str:
        """A random formula of a unit."""
        draw = self.draw
        names = [name for name, its in self.scope.items() if its == kind]
        plain = [name for name, its in self.scope.items() if its == "int"]
        if not depth or draw.random() < 0.3:
            return draw.choice(names) if names and draw.random() < 0.7 else self._literal(kind)
        left, right = self.number(kind, depth - 1), self.number(kind, depth - 1)
        factor = draw.choice(plain) if plain and draw.random() < 0.5 else str(draw.choice(NUMBERS[1:]))
        choices = [
            f"({left}) + ({right})",
            f"({left}) - ({right})",
            f"min({left}, {right})",
            f"max({left}, {right})",
            f"({left}) * {factor}",
        ]
        if kind in ("money", "rate"):
            choices += [f"({left}) / {factor}", f"round_down({left}, 0.5)"]
        if kind == "int":
            choices.append(f"round_down({left}, 3)")
        return draw.choice(choices)

    def _literal(self, kind: str) -> str:
        draw = self.draw
        if kind == "date":
            return draw.choice(DATES)
        if kind == "money":
            return draw.choice(("0.00", "1.50", "100.00", "-3.25", "0.01"))
        if kind == "rate":
            return draw.choice(("0.0", "0.5", "0.0725", "-0.25", "0.0001"))
        return str(draw.choice((*NUMBERS, -1, -4)))

    # -- facts

    def facts(self) -> dict[str, object]:
        """Random JSON facts on and around the constants; some are missing."""
        draw = self.draw
        share = draw.choice((0.0, 0.1, 0.4))
        given = {name: self._value(kind) for name, kind in self.kinds.items() if draw.random() >= share}
        if draw.random() >= share:
            given["loans"] = [
                {
                    "days": draw.choice((-1, 0, 1, 5, 9)),
                    "owed": draw.choice((0, 1, 500, -325)),
                    "open": draw.random() < 0.5,
                }
                for _ in range(draw.randint(0, 4))
            ]
        return given

    def _value(self, kind: str) -> object:
        draw = self.draw
        if kind == "bool":
            return draw.random() < 0.5
        if kind == "enum":
            return draw.choice(WORDS)
        if kind == "date":
            return draw.choice(DATES)
        around = {"money": (0, 150, 10_000, -325, 1), "rate": (0, 5_000, 725, -2_500, 1)}.get(kind, (*NUMBERS, -1, -4))
        extreme = {"money": 100_000_000, "rate": 10_000_000_000}.get(kind, 1_000_000)
        return draw.choice((*(value + step for value in around for step in (-1, 0, 1)), extreme, -extreme))


def words_of(kind: str) -> list[str]:
    """The words of a generated enum kind."""
    return kind.split(":", 1)[1].split(",") if ":" in kind else list(WORDS)


REASONS = {"reasons": {"plain": {"statement": {"zh": "理由", "en": "A reason."}}}}
