"""The beginning of a policy: it loads, keeps its examples and is in the format, whatever folder it is put into."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from engine import PolicyError, load_policies
from engine.authoring import formatted, starter
from engine.examples import run_examples
from tests.engine.conftest import POLICIES
from tests.engine.folders import write_good
from tests.engine.tiny import COMMON

TODAY = dt.date(2026, 12, 1)
REASON = b"reasons:\n  plain:\n    statement: {zh: \xe7\x90\x86\xe7\x94\xb1, en: A reason.}\n"


def begin(folder: Path, name: str = "fresh") -> dict[str, str]:
    """Put the beginning of a policy into a folder; give what was written."""
    written = starter(name, {path.name: path.read_bytes() for path in folder.glob("*.yaml")}, TODAY)
    for file, text in written.items():
        (folder / file).write_text(text, encoding="utf-8")
    return dict(written)


def holds(folder: Path) -> bool:
    """Whether a folder loads and every example in it holds."""
    return all(result.ok for result in run_examples(load_policies(folder)))


def test_an_empty_folder_gets_facts_and_reasons_too(tmp_path: Path) -> None:
    """Three files that load without findings, keep their examples and are in the format."""
    written = begin(tmp_path)

    assert sorted(written) == ["facts.yaml", "fresh.yaml", "reasons.yaml"]
    assert all(formatted(text.encode(), file) == text for file, text in written.items())
    assert holds(tmp_path)
    assert load_policies(tmp_path)["fresh"].effective_from == TODAY


def test_a_folder_of_policies_gets_one_more(tmp_path: Path) -> None:
    """Beside the shipped policies, and the good one, only the new file is written; it uses what is there."""
    for path in POLICIES.glob("*.yaml"):
        (tmp_path / path.name).write_bytes(path.read_bytes())
    good = tmp_path / "good"
    good.mkdir()

    assert list(begin(tmp_path)) == list(begin(write_good(good))) == ["fresh.yaml"]
    assert holds(tmp_path)
    assert holds(good)


BEGUN = [  # a kind of fact, the condition that grants, and the values of the two examples
    ("{type: bool, if_missing: ask, %s}", "it", "true", "false"),
    ("{type: enum, values: [red, green], if_missing: ask, %s}", "it == red", "red", "green"),
    ("{type: int, range: [-5, 5], if_missing: refer, %s}", "it >= -4", "5", "-5"),
    ("{type: int, range: [0, 1], if_missing: ask, %s}", "it >= 1", "1", "0"),
    ("{type: int, range: [100, 2_100], if_missing: ask, %s}", "it >= 120", "2_100", "100"),
    ("{type: money, range: [-10_000.00, -0.01], if_missing: ignore, %s}", "it >= -9_900.01", "-0.01", "-10_000.00"),
    ("{type: money, range: [0.00, 5_000.50], if_missing: ask, %s}", "it >= 50.00", "5_000.50", "0.00"),
    ("{type: money, range: [0.00, 90_000_000_000_000.00], if_missing: ask, %s}", None, None, None),
    ("{type: rate, range: [0.0000, 0.0001], if_missing: ask, %s}", "it >= 0.0001", "0.0001", "0"),
]


@pytest.mark.parametrize(("kind", "condition", "good", "bad"), BEGUN)
def test_any_kind_of_fact_can_begin_a_policy(
    tmp_path: Path, kind: str, condition: str | None, good: str | None, bad: str | None
) -> None:
    """Conditions and examples are written for the kind of fact there is; protected facts and lists are passed over."""
    facts = (
        f"facts:\n  sex: {{type: enum, values: [f, m], if_missing: ignore, protected: true, {COMMON}}}\n"
        f"  fixed: {{type: int, range: [5, 5], if_missing: ask, {COMMON}}}\n  it: {kind % COMMON}\n"
    )
    (tmp_path / "facts.yaml").write_text(facts, encoding="utf-8")
    (tmp_path / "reasons.yaml").write_bytes(REASON)

    text = begin(tmp_path)["fresh.yaml"]

    assert formatted(text.encode(), "fresh.yaml") == text
    assert holds(tmp_path)
    if condition:
        assert f"  - rule: grant\n    when: {condition}\n" in text
        assert [line.strip() for line in text.splitlines() if "given:" in line] == [
            f"given: {{it: {good}}}",
            f"given: {{it: {bad}}}",
        ]


@pytest.mark.parametrize(
    ("kinds", "chosen"),
    [
        (("int", "bool", "sensitive bool"), "bool"),
        (("sensitive bool", "int"), "int"),
        (("sensitive int", "sensitive bool"), "sensitive bool"),
        (("int", "other int"), "int"),
    ],
)
def test_a_policy_begins_with_the_plainest_fact(tmp_path: Path, kinds: tuple[str, ...], chosen: str) -> None:
    """What is not sensitive comes first, then what is true or false, then what is declared first."""
    facts = "facts:\n"
    for number, words in enumerate(kinds):
        kind = "{type: bool, " if "bool" in words else "{type: int, range: [0, 9], "
        sensitive = ", sensitive: true" if "sensitive" in words else ""
        facts += f"  fact_{number}: {kind}if_missing: ask, {COMMON}{sensitive}}}\n"
    (tmp_path / "facts.yaml").write_text(facts, encoding="utf-8")
    (tmp_path / "reasons.yaml").write_bytes(REASON)

    assert f"given: {{fact_{kinds.index(chosen)}: " in begin(tmp_path)["fresh.yaml"]


REFUSED = [
    ("Fresh", {}, "is not a name for a policy"),
    ("facts", {}, "is not a name for a policy"),
    ("outcome", {}, "is not a name for a policy"),
    ("../out", {}, "is not a name for a policy"),
    ("fresh", {"fresh.yaml": b"anything"}, "is there already"),
    ("fresh", {"facts.yaml": b"facts: {}\n"}, "no fact can be read"),
    ("fresh", {"reasons.yaml": b"reasons: {}\n"}, "there is no reason to give"),
    ("fresh", {"facts.yaml": b"facts: ["}, "broken YAML"),
    ("fresh", {"facts.yaml": b"facts:\n  a: {type: bool}\n"}, "missing"),
]


@pytest.mark.parametrize(("name", "existing", "message"), REFUSED)
def test_what_cannot_begin_is_refused(name: str, existing: dict[str, bytes], message: str) -> None:
    """A name that is taken or none, broken neighbours and empty dictionaries are findings with a remedy."""
    with pytest.raises(PolicyError) as refusal:
        starter(name, existing, TODAY)

    assert message in refusal.value.findings[0].message
    assert refusal.value.findings[0].remedy
    assert refusal.value.findings[0].file in {"facts.yaml", "reasons.yaml", f"{name}.yaml", name}
