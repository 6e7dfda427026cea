"""Policy files written to do harm: too deep, too large, not what they seem, or with Python where a condition belongs.

Each is refused with findings in bounded time and memory; nothing in a policy is ever run.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Any

import pytest
import yaml

from engine import Decision, Engine, FactsError, PolicyError, load_policies
from tests.engine.folders import FILES, write_good
from tests.engine.test_refusals import HOSTILE
from tests.engine.tiny import MOMENT

#: Whole files that no reader should have to read.
MONSTERS: Mapping[str, Callable[[], str | bytes]] = {
    "lists 100,000 deep": lambda: "rules: " + "[" * 100_000 + "]" * 100_000,
    "mappings 20,000 deep": lambda: "rules: " + "{a: " * 20_000 + "1" + "}" * 20_000,
    "blocks 2,000 deep": lambda: "\n".join(" " * depth + "a:" for depth in range(2_000)),
    "dashes 5,000 deep": lambda: "rules:\n" + "- " * 5_000 + "a",
    "quotes 50 MB long": lambda: "policy: '" + "a" * 50_000_000 + "'",
    "two megabytes of comments": lambda: "# nothing\n" * 200_000,
    "half a million values": lambda: "rules: [" + "1," * 490_000 + "1]",
    "a hundred thousand keys": lambda: "\n".join(f"k{i}: 1" for i in range(100_000)),
    "a billion laughs": lambda: "a: &a [x]\n" + "".join(f"b{i}: &b{i} [*b{i - 1}, *b{i - 1}]\n" for i in range(1, 60)),
    "a list that holds itself": lambda: "rules: &r [*r]",
    "merged mappings": lambda: "<<: {policy: good}\nversion: 1",
    "a Python object": lambda: "policy: !!python/object/apply:os.system ['touch /tmp/never']",
    "a Python name": lambda: "policy: !!python/name:os.system",
    "binary": lambda: "policy: !!binary aGVsbG8=",
    "many documents": lambda: "policy: a\n---\npolicy: b\n" * 3,
    "UTF-16": lambda: FILES["good.yaml"].encode("utf-16"),
    "zeros": lambda: b"\x00" * 10_000,
    "noise": lambda: Random(1).randbytes(10_000),
    "a key of a megabyte": lambda: "a" * 900_000 + ": 1",
    "a number of a megabyte": lambda: "version: " + "9" * 900_000,
    "a condition of a megabyte": lambda: "rules: [{rule: a, when: '" + "a and " * 150_000 + "a', then: reject}]",
    "directives": lambda: "%YAML 9.9\n%TAG ! tag:evil,2000:\n---\npolicy: good",
    "a key that is a mapping": lambda: "? {a: 1}\n: 2",
    "only a tab": lambda: "\t",
}
#: Reads folders within 1 GiB and 20 s of processor time, and says what came of each.
CODE = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
resource.setrlimit(resource.RLIMIT_CPU, (20, 20))
from pathlib import Path
from engine import PolicyError, load_policies
for folder in sys.argv[1:]:
    try: load_policies(Path(folder)); print("loaded")
    except PolicyError as refusal:
        assert all(one.file and one.line >= 1 and one.message and len(str(one)) < 2_000 for one in refusal.findings)
        print("refused" if refusal.findings else "nothing said")
"""


def _run(code: str, *arguments: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", code, *arguments], capture_output=True, text=True, timeout=60, check=False
    )
    assert run.returncode == 0, run.stderr[-2_000:]
    return run.stdout.strip()


@pytest.mark.parametrize("monster", MONSTERS)
def test_a_monster_is_refused_within_bounds(monster: str, tmp_path: Path) -> None:
    """Deep, huge or tricky: findings with a place, in a process of 1 GiB and 20 s, whichever file it is."""
    content, folders = MONSTERS[monster](), []
    for name in ("good", "facts", "reasons"):
        (tmp_path / name).mkdir()
        folders.append(str(write_good(tmp_path / name, **{name: content})))

    assert _run(CODE, *folders).split() == ["refused"] * 3


#: Everywhere an expression stands in the good policy.
PLACES = {
    "a rule": "late_loans > 0 or worst > 30",
    "a cap": "income * 3 - owed",
    "an offer": "min(income * 6, 300_000.00)",
    "a formula": "owed / max(income, 1.00)",
    "a cell": ">= 700",
    "an item of a scorecard": "months >= 12",
    "an aggregate": "count(loans where days > 0)",
    "the field of an aggregate": "max(loans.days)",
    "an invariant": "outcome == approve and late_loans > 0",
    "an invariant's fact": "when_more: income",
}


@pytest.mark.parametrize("place", PLACES)
def test_python_is_refused_wherever_an_expression_stands(place: str, tmp_path: Path) -> None:
    """Attributes, dunder names, calls, lambdas, comprehensions: a finding with its line, in every such place."""
    good = FILES["good.yaml"]
    old = PLACES[place]
    line = good[: good.index(old)].count("\n") + 1
    python = [text for text in HOSTILE if text.isprintable() and text.strip() and not text.isnumeric()]
    for hostile in [text for text in python if "(" in text or "__" in text or "." in text or "lambda" in text]:
        quoted = json.dumps(hostile, ensure_ascii=False)
        head = "when_more: " if place == "an invariant's fact" else ""
        wrapped = f'"{old}"' if f'"{old}"' in good else old
        with pytest.raises(PolicyError) as refusal:
            load_policies(write_good(tmp_path, good=good.replace(wrapped, f"{head}{quoted}", 1)))
        assert any(one.file == "good.yaml" and abs(one.line - line) <= 2 for one in refusal.value.findings), hostile


def test_nothing_in_an_expression_is_ever_run() -> None:
    """While hostile text is read the interpreter executes no code object, imports nothing and opens nothing."""
    code = """
import sys
from engine.reading.parsing import parse, parse_condition
from engine.reading.syntax import ExpressionError
from tests.engine.expressions import SCOPE
from tests.engine.test_refusals import HOSTILE, PLACES
def read(text):
    for reader in (parse, parse_condition):
        try: reader(text, SCOPE)
        except ExpressionError: pass
read("income.real"); read("\\u0441ount_a"); read("count_a > 9" + "9" * 30)
seen = set()
armed = True
sys.addaudithook(lambda event, arguments: seen.add(event) if armed else None)
for text in HOSTILE:
    for place in PLACES: read(place.format(text))
armed = False
print(sorted(seen - {"compile", "object.__getattr__"}))
"""

    assert _run(code) == "[]"


def _nodes(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(deeper for key, inner in inside for deeper in _nodes(inner, (*path, key)))]


def _replaced(value: Any, path: tuple[Any, ...], new: Any) -> Any:
    if not path:
        return new
    copy = dict(value) if isinstance(value, dict) else list(value)
    copy[path[0]] = _replaced(value[path[0]], path[1:], new)
    return copy


def _grafts(draw: Random) -> Any:
    """Something that may not stand where it is put."""
    deep: Any = "x"
    for _ in range(draw.choice((1, 5, 40))):
        deep = draw.choice(([deep], {"a": deep}))
    return draw.choice(
        (draw.choice(HOSTILE), deep, [], {}, "", "null", "0", "-1", "1e9", "9" * 40, "any", ["x"] * 300, {"rule": "x"})
    )


FACTS: Mapping[str, Any] = {"score": 800, "months": 30, "income": 500_000, "job": "paid", "loans": [], "online": True}


def _junk(draw: Random) -> dict[Any, Any]:
    """Facts of any JSON, right ones among them."""
    deep: Any = 1
    for _ in range(draw.choice((1, 3, 900))):
        deep = draw.choice(([deep], {"a": deep}))
    values: tuple[Any, ...] = (
        deep,
        None,
        True,
        -1,
        0,
        2**63,
        10**400,
        1.5,
        float("nan"),
        "",
        "paid",
        "x" * 9_999,
        "\ud800",
        [],
        {},
        [{}],
    )
    names = (*FACTS, "__class__", "", "loans.days", "x" * 500)
    junk = {draw.choice(names): draw.choice(values) for _ in range(draw.randint(0, 4))}
    return {**{name: value for name, value in FACTS.items() if draw.random() < 0.7}, **junk}


def test_grafted_policies_and_junk_facts_give_clean_errors(tmp_path: Path) -> None:
    """A node of a file replaced by another: findings, or a policy that decides any facts or refuses them cleanly."""
    trees = {name: yaml.load(text, yaml.BaseLoader) for name, text in FILES.items()}
    loaded = decided = refused = 0
    for seed in range(int(os.environ.get("FUZZ_CASES", "400"))):
        draw = Random(seed)
        name = draw.choice(sorted(trees))
        grafted = _replaced(trees[name], draw.choice(_nodes(trees[name])), _grafts(draw))
        text = json.dumps(grafted if seed % 8 else trees[name])
        try:
            engine = Engine(load_policies(write_good(tmp_path, **{name.removesuffix(".yaml"): text})))
        except PolicyError as refusal:
            assert refusal.findings, f"seed {seed}"
            continue
        loaded += 1
        for _ in range(6):
            try:
                assert isinstance(engine.decide("good", _junk(draw), MOMENT), Decision)
                decided += 1
            except FactsError as refusal:
                assert all(problem.path and problem.message for problem in refusal.problems), f"seed {seed}"
                refused += 1
        engine.close()

    assert min(loaded, decided, refused) > 20
