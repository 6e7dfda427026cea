"""The JSON Schema for editors: it takes what is right, and sees the mistakes that a shape can show."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Literal

import pytest
import yaml
from jsonschema import Draft202012Validator

from engine.authoring import schema
from tests.engine.authoring.test_formatting import SHIPPED
from tests.engine.folders import FILES, Mistake, mistakes

Kind = Literal["policy", "facts", "reasons"]


class Editor(yaml.SafeLoader):
    """Reads YAML as editors do: the core schema of YAML 1.2, in which dates and `5_000` are text."""


Editor.yaml_implicit_resolvers = {}
Editor.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)\Z"), list("tf"))
Editor.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(null|~|)\Z"), ["n", "~", ""])
Editor.add_implicit_resolver("tag:yaml.org,2002:int", re.compile(r"[-+]?[0-9]+\Z"), list("-+0123456789"))
Editor.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(r"[-+]?[0-9]+\.[0-9]+\Z"), list("-+0123456789"))

KINDS: tuple[Kind, ...] = ("policy", "facts", "reasons")
Seen = Callable[[str, str], list[str]]


@pytest.fixture(scope="module")
def seen() -> Seen:
    """Tell what an editor would underline in a text, by the name of its file."""
    validators = {f"{kind}.yaml": Draft202012Validator(schema(kind)) for kind in KINDS}

    def underlined(text: str, file: str) -> list[str]:
        validator = validators.get(file, validators["policy.yaml"])
        return [error.message for error in validator.iter_errors(yaml.load(text, Loader=Editor))]  # noqa: S506, RUF100  # a safe one

    return underlined


@pytest.mark.parametrize("kind", KINDS)
def test_a_schema_is_one_of_draft_2020_12(kind: Kind) -> None:
    """The schemas are valid themselves, name their draft and describe every key."""
    found = schema(kind)
    Draft202012Validator.check_schema(found)

    assert found["$schema"] == "https://json-schema.org/draft/2020-12/schema"
    assert all(described["description"] for described in properties(found))


def properties(node: Any) -> list[dict[str, Any]]:
    """Every key a schema describes, at any depth."""
    if isinstance(node, list):
        return [found for part in node for found in properties(part)]
    if not isinstance(node, dict):
        return []
    mine = list(node.get("properties", {}).values())
    return mine + [found for key, part in node.items() if key not in ("enum", "allOf") for found in properties(part)]


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_is_shipped_fits_its_schema(seen: Seen, path: Any) -> None:
    """No editor underlines anything in the policies that come with Grounds."""
    assert seen(path.read_text(encoding="utf-8"), path.name) == []


def test_all_of_the_language_fits_its_schema(seen: Seen) -> None:
    """Nor in the folder that uses every part of the language."""
    for file, text in FILES.items():
        assert seen(text, file) == []


CHOICES = "then|hit|combine|type|source|if_missing|actionable|disclose|rounding|outcome|never_less"


def visible(mistake: Mistake) -> bool:
    """Whether a mistake is one of shape: a key too many or too few, a word that is none of the few, a wrong type."""
    return bool(
        re.match(
            r"unknown key|missing `|a (mapping|list) is needed|an invariant is|a derived fact has", mistake.message
        )
        or ("is not one of" in mistake.message and re.search(rf"\.({CHOICES})\Z", mistake.path))
    )


@pytest.mark.parametrize("mistake", [*filter(visible, mistakes())], ids=lambda one: f"{one.file}-{one.new[:40]}")
def test_a_mistake_of_shape_is_underlined(seen: Seen, mistake: Mistake) -> None:
    """What the loader reports about keys and words, an editor shows while it is typed."""
    assert seen(mistake.made(), mistake.file)


def test_most_mistakes_of_shape_are_among_the_tables() -> None:
    """The tables hold enough of them for the test above to mean something."""
    assert sum(map(visible, mistakes())) >= 25


SEEN = [  # file, what is replaced, by what: the look of a value is wrong
    ("good.yaml", "version: 3", "version: 3.5"),
    ("good.yaml", "version: 3", "version: three"),
    ("good.yaml", "version: 3", "version: [3]"),
    ("good.yaml", "effective_from: 2026-12-01", "effective_from: tomorrow"),
    ("good.yaml", "effective_from: 2026-12-01", "effective_from: 2026-12"),
    ("good.yaml", "effective_from: 2026-12-01", "effective_from: 2026-12-011"),
    ("good.yaml", "2026-12-02T00:00:00Z", "noon"),
    ("good.yaml", "2026-12-02T00:00:00Z", "2026-12-02"),
    ("good.yaml", "2026-12-02T00:00:00Z", "2026-12-02T00:00:00"),
    ("good.yaml", "policy: good", "policy: Good"),
    ("good.yaml", "policy: good", "policy: [good]"),
    ("good.yaml", "owner: risk", "owner: ''"),
    ("good.yaml", "owner: risk", "owner: {risk: 1}"),
    ("good.yaml", '["S1"]', '"S1"'),
    ("good.yaml", '["S1"]', "[[S1]]"),
    ("good.yaml", "[reject, refer, verify, approve]", "[]"),
    ("good.yaml", "when: months >= 12", "when: [months]"),
    ("good.yaml", "add: 30", "add: many"),
    ("good.yaml", "limit: 30_000.00", "limit: 30,000.00"),
    ("good.yaml", "late_loans: count(loans where days > 0)", "Late: count(loans where days > 0)"),
    ("good.yaml", "late_loans: count(loans where days > 0)", "late_loans: 5"),
    ("good.yaml", "when: [score, months]", "when: []"),
    ("good.yaml", "rule: late-now", "rule: Late_Now"),
    ("facts.yaml", "range: [0, 900]", "range: [low, high]"),
    ("facts.yaml", "range: [0, 900]", "range: [0]"),
    ("facts.yaml", "sensitive: true", "sensitive: 1"),
    ("facts.yaml", "fresh_days: 30", "fresh_days: a month"),
    ("facts.yaml", "values: [paid, own, none]", "values: []"),
    ("facts.yaml", "values: [paid, own, none]", "values: [Paid!, own, none]"),
    ("facts.yaml", "zh: 分, ", "zh: '', "),
]
UNSEEN = [  # what an editor must not complain about
    ("good.yaml", "version: 3", "version: 1_000"),
    ("good.yaml", "2026-12-02T00:00:00Z", "2026-12-02 00:00:00+08:00"),
    ("good.yaml", "2026-12-02T00:00:00Z", "2026-12-02T00:00:00-0330"),
    ("good.yaml", "add: 30", "add: -1_000.5"),
    ("good.yaml", "when: months >= 12", "when: true"),
    ("facts.yaml", "range: [0, 900]", "range: [-5, 5_000]"),
    ("facts.yaml", "range: [0.00, 1_000_000.00]", "range: [+0.00, 1000000.00]"),
]


@pytest.mark.parametrize(("file", "old", "new"), SEEN)
def test_a_value_that_looks_wrong_is_underlined(seen: Seen, file: str, old: str, new: str) -> None:
    """Numbers, dates, instants, names and texts each have a look; lists have something in them."""
    assert old in FILES[file]
    assert seen(FILES[file].replace(old, new, 1), file)


@pytest.mark.parametrize(("file", "old", "new"), UNSEEN)
def test_a_value_written_in_another_way_is_not_underlined(seen: Seen, file: str, old: str, new: str) -> None:
    """Digits in threes, signs, time zones and literals stand wherever the loader takes them."""
    assert old in FILES[file]
    assert seen(FILES[file].replace(old, new, 1), file) == []


def test_an_editor_shows_what_a_file_is() -> None:
    """Each schema names its kind of file, and every description says something of its own."""
    assert [schema(kind)["title"] for kind in KINDS] == [
        "Grounds: a policy",
        "Grounds: facts.yaml",
        "Grounds: reasons.yaml",
    ]
