"""``grounds policy`` for those who write policies: fmt, new, explain, schema, and check over many mistakes."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from api.cli import run
from api.settings import SHIPPED_POLICIES
from tests.api.conftest import TINY


class Ended(NamedTuple):
    """How a command ended and what it printed."""

    code: int
    out: str
    err: str


Command = Callable[..., Ended]


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """Run `grounds policy ...` in a folder that holds a copy of the tiny policies as `mine`."""
    shutil.copytree(TINY, tmp_path / "mine")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "120")

    def call(*words: str, policies: Path | str = "mine") -> Ended:
        monkeypatch.setenv("GROUNDS_POLICIES", str(policies))
        code = run(("policy", *words))
        return Ended(code, *capsys.readouterr())

    return call


def bytes_of(folder: Path) -> dict[str, bytes]:
    """The content of every file of a folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_fmt_writes_what_check_announces(policy: Command, tmp_path: Path) -> None:
    """`--check` names the files and changes nothing, exit 1; without it they are changed once, digests stay."""
    file = tmp_path / "mine" / "tiny.yaml"
    file.write_text(file.read_text().replace("version: 1", "version:   1    # first"))
    digests = policy("check").out
    before = bytes_of(tmp_path / "mine")

    announced = policy("fmt", "--check")
    assert (announced.code, bytes_of(tmp_path / "mine")) == (1, before)
    assert f"would change: {Path('mine/tiny.yaml')}" in announced.out

    assert policy("fmt").code == 0
    assert b"version: 1                      # first\n" in file.read_bytes()
    assert policy("check").out == digests
    assert policy("fmt", "--check").code == 0
    assert policy("fmt").out == "3 files, 0 changed, 0 cannot be read\n"


def test_fmt_takes_files_and_folders_and_keeps_modes(policy: Command, tmp_path: Path) -> None:
    """Only what is named is touched; permissions stay, and nothing is left beside the files."""
    file = tmp_path / "mine" / "facts.yaml"
    file.write_text(f"# facts\n{file.read_text()}\n\n\n")
    file.chmod(0o640)
    others = {name: content for name, content in bytes_of(tmp_path / "mine").items() if name != "facts.yaml"}

    assert policy("fmt", "mine/facts.yaml", policies="nowhere").code == 0

    assert file.read_text().startswith("# facts\n")
    assert not file.read_text().endswith("\n\n")
    assert file.stat().st_mode & 0o777 == 0o640
    after = bytes_of(tmp_path / "mine")
    assert {name: content for name, content in after.items() if name != "facts.yaml"} == others
    assert policy("fmt", "nowhere").code == 2
    assert policy("fmt", "mine/none.yaml").code == 2


def test_fmt_says_what_it_cannot_read_and_goes_on(policy: Command, tmp_path: Path) -> None:
    """A file that is no YAML is named with its line and left alone; the others are formatted; exit 1."""
    (tmp_path / "mine" / "broken.yaml").write_text("policy: broken\nrules: [\n")
    (tmp_path / "mine" / "tiny.yaml").write_text("#\n\n\n\n" + (TINY / "tiny.yaml").read_text())
    ended = policy("fmt", "mine")

    assert ended.code == 1
    assert "mine/broken.yaml:3: broken YAML" in ended.err
    assert (tmp_path / "mine" / "broken.yaml").read_text() == "policy: broken\nrules: [\n"
    assert "\n\n\n" not in (tmp_path / "mine" / "tiny.yaml").read_text()


def test_fmt_leaves_nothing_half_written(policy: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a file cannot be replaced, the old one is whole and no other is left behind."""
    file = tmp_path / "mine" / "tiny.yaml"
    file.write_text("#\n\n\n" + file.read_text())
    before = bytes_of(tmp_path / "mine")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    ended = policy("fmt", "mine")

    assert (ended.code, ended.err) == (1, "grounds: no space left on device\n")
    assert bytes_of(tmp_path / "mine") == before


def test_new_begins_a_policy_that_holds(policy: Command, tmp_path: Path) -> None:
    """In a folder that is not there yet, and beside others: what is written is found sound and is never overwritten."""
    written = policy("new", "fresh", "--dir", "begun")
    assert (written.code, written.out.count("written: ")) == (0, 3)
    assert policy("test", "begun").out == "2 of 2 examples hold\n"
    assert policy("fmt", "--check", "begun").code == 0

    assert policy("new", "fresh", "--dir", "mine").code == 0
    assert policy("check", "mine").code == 0
    before = bytes_of(tmp_path / "mine")
    again = policy("new", "fresh", "--dir", "mine")
    assert (again.code, again.err) == (2, "fresh.yaml:1: is there already (choose another name, or change the file)\n")
    assert policy("new", "../out", "--dir", "mine").code == 2
    assert bytes_of(tmp_path / "mine") == before


def test_explain_says_a_policy_in_plain_words(policy: Command) -> None:
    """Outcomes, derived facts with their tables, and every rule with its reason and examples, in either language."""
    english = policy("explain", "opening", policies=SHIPPED_POLICIES)
    chinese = policy("explain", "opening", "--lang", "zh", policies=SHIPPED_POLICIES)

    assert (english.code, chinese.code) == (0, 0)
    for words, page in (
        ("outcomes, most severe first: reject, refer, verify, approve", english.out),
        ("“Days overdue now” is more than 0 days", english.out),
        ("excellent or good", english.out),
        ("≥ 750 points", english.out),
        ("limit at most 8,000.00 yuan", english.out),
        ("reason: You have payments that are overdue now. [overdue_now]", english.out),
        ("30 rules, 0 without an example", english.out),
        ("可能的结果（从重到轻）：拒绝、转人工、补充核验、通过", chinese.out),
        ("“当前逾期天数”大于0天", chinese.out),
        ("700–749分", chinese.out),
        ("原因: 您目前有逾期未还的款项。", chinese.out),
    ):
        assert words in page


def test_explain_marks_rules_without_an_example(policy: Command, tmp_path: Path) -> None:
    """A rule that no example covers is marked; one rule alone is shown with what it rests on and nothing else."""
    file = tmp_path / "mine" / "tiny.yaml"
    text = file.read_text()
    file.write_text(text.replace("examples:", "  - rule: never-shown\n    when: score > 940\n    then: refer\n"
                                 f"    because: {text.split('because: ')[1].split()[0]}\nexamples:"))  # fmt: skip
    page = policy("explain", "tiny").out
    assert "✗ no example covers this rule" in page.split("never-shown")[1]

    one = policy("explain", "limit_increase", "--rule", "overdue-now", policies=SHIPPED_POLICIES).out
    assert "[overdue_loans]" in one
    assert "[risk_tier]" not in one
    assert "debt-written-off" not in one
    unknown = policy("explain", "tiny", "--rule", "nope")
    assert (unknown.code, unknown.err.startswith("grounds: unknown rule `nope` (known: ")) == (2, True)
    assert policy("explain", "nope").code == 2


def test_schemas_are_printed_for_each_kind_of_file(policy: Command) -> None:
    """One JSON Schema per kind of file, of the policies when nothing is said."""
    assert json.loads(policy("schema").out)["required"][:2] == ["policy", "version"]
    assert json.loads(policy("schema", "facts").out)["required"] == ["facts"]
    assert json.loads(policy("schema", "reasons").out)["required"] == ["reasons"]
    assert policy("schema", "nope").code == 2


MISTAKES = [  # file, old, new, what stands on the line, what is said about it
    ("facts.yaml", "source: bureau", "source: buro", "`buro` is not one of"),
    ("facts.yaml", "range: [350, 950]", "range: [950, 350]", "the range is empty"),
    ("reasons.yaml", "statement:", "statment:", "unknown key `statment`"),
    ("opening.yaml", "when: age < 18", "when: aeg < 18", "`aeg` is not a declared fact (did you mean `age`?)"),
    ("opening.yaml", "ask: bureau_consent", "aks: bureau_consent", "unknown key `aks` (did you mean `ask`?)"),
    ("opening.yaml", '[any,   any,     any,    "< 12", thin]', '[any, "< 12", thin]', "the row has 3 cells"),
    ("opening.yaml", "- monotone: {when_more: network_health", "- monotone: {when_more: age_", "`age_` is not one of"),
    ("drawdown.yaml", "hit: unique", "hit: uniq", "`uniq` is not one of"),
    ("drawdown.yaml", "expect: {outcome: approve", "expect: {outcome: aprove", "`aprove` is not one of"),
    ("activation.yaml", "version: 1", "version: one", "`one` is not a whole number"),
    (
        "activation.yaml",
        "because: age_below_minimum",
        "because: age_bellow_minimum",
        "did you mean `age_below_minimum`",
    ),
    ("line_review.yaml", "rounding: half_even", "rounding: no", "is a boolean in disguise"),
    ("line_review.yaml", "value: count(statements where months_ago <= 5)", "value: count(statement)", "`statement`"),
]


def test_check_reports_all_mistakes_of_all_files_at_once(policy: Command, tmp_path: Path) -> None:
    """A dozen mistakes over six files come out in one run, each with file, line, message and remedy; exit 1."""
    folder = shutil.copytree(SHIPPED_POLICIES, tmp_path / "wrong")
    for file, old, new, _ in MISTAKES:
        text = (folder / file).read_text()
        assert old in text, f"{file}: {old}"
        (folder / file).write_text(text.replace(old, new, 1))

    ended = policy("check", "wrong")

    assert ended.code == 1
    for file, _, new, message in MISTAKES:
        line = (folder / file).read_text()[: (folder / file).read_text().index(new)].count("\n") + 1
        near = {f"{file}:{line + step}:" for step in (0, -1, 1)}
        assert any(message in said and any(place in said for place in near) for said in ended.err.splitlines()), message
    findings = ended.err.splitlines()[:-1]
    assert all(said.endswith(")") for said in findings), "every finding has a remedy"
    assert len(findings) <= len(MISTAKES) + 1, "what only follows from a mistake is not reported"
