"""Loading policy folders: what is wrong is reported at once, each with file, line, path and remedy."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import PolicyError, PolicySet, load_policies
from engine.errors import Finding
from engine.examples import run_examples
from tests.engine.folders import FACTS, GOOD, REASONS, Mistake, mistakes, write_good


def findings(path: Path) -> tuple[Finding, ...]:
    """What the loader finds wrong with a folder."""
    with pytest.raises(PolicyError) as refusal:
        load_policies(path)
    assert str(refusal.value) == "\n".join(map(str, refusal.value.findings))
    return refusal.value.findings


def line_of(text: str, at: str) -> int:
    """The line on which a text first stands, counted from 1."""
    return text[: text.index(at)].count("\n") + 1


def test_the_good_folder_loads(tmp_path: Path) -> None:
    """Without a mistake the folder of the tables in `broken/` loads, and its examples hold."""
    policies = load_policies(write_good(tmp_path))

    assert isinstance(policies, PolicySet)
    assert policies.names == ("good",)
    assert [result.message for result in run_examples(policies)] == ["", ""]


@pytest.mark.parametrize("mistake", mistakes(), ids=lambda mistake: f"{mistake.file}-{mistake.new[:40]}")
def test_a_mistake_is_reported_where_it_stands_with_its_remedy(tmp_path: Path, mistake: Mistake) -> None:
    """Each mistake alone gives a finding with its file, line, path, the offending value and a remedy."""
    text = mistake.made()

    found = findings(write_good(tmp_path, **{mistake.file.removesuffix(".yaml"): text}))

    matching = [
        one
        for one in found
        if one.file == mistake.file
        and one.path.startswith(mistake.path)
        and mistake.message in one.message
        and mistake.remedy in one.remedy + one.message
    ]
    assert matching, f"not among: {[str(one) for one in found]}"
    if mistake.at:
        assert matching[0].line == line_of(text, mistake.at)


EDITS = [  # made together; the finding each must lead to
    ("facts", "source: line", "source: lines", "facts.opened.source"),
    ("facts", "protected: true", "protected: certainly", "facts.gender.protected"),
    ("reasons", "disclose: general", "discloses: general", "reasons.cramped.discloses"),
    ("good", "owner: risk\n", "", ""),
    ("good", "version: 3", "version: x", "version"),
    ("good", "otherwise: refer", "otherwise: approve", "otherwise"),
    ("good", "then: verify", "then: verfy", "rules[1].then"),
    ("good", "term: 12}", "terms: 12}", "rules[2].cap.terms"),
    ("good", "outcome: incomplete}", "outcome: incomplet}", "examples[1].expect.outcome"),
    ("good", "never_less: limit", "never_less: limits", "invariants[2].monotone.never_less"),
]


def test_mistakes_of_all_files_are_reported_together(tmp_path: Path) -> None:
    """Wrong facts, reasons, header, rules, examples and invariants show up in one report."""
    texts = {"facts": FACTS, "reasons": REASONS, "good": GOOD}
    for file, old, new, _ in EDITS:
        assert old in texts[file]
        texts[file] = texts[file].replace(old, new, 1)

    found = {(one.file, one.path) for one in findings(write_good(tmp_path, **texts))}

    assert {(f"{file}.yaml", path) for file, _, _, path in EDITS} <= found


def test_two_policies_are_checked_together(tmp_path: Path) -> None:
    """A mistake in one policy does not hide a mistake in another."""
    other = GOOD.replace("policy: good", "policy: other").replace("then: verify", "then: verfy")
    bad = GOOD.replace("version: 3", "version: x")

    assert {one.file for one in findings(write_good(tmp_path, good=bad, other=other))} == {"good.yaml", "other.yaml"}


NOT_YAML = [
    (GOOD.encode().replace(b"risk", b"r\xe9sk"), "is not UTF-8"),
    (GOOD.encode("utf-16"), "is not UTF-8"),
    (b"", "the file is empty"),
    (b"# nothing\n", "the file is empty"),
    (b"just text", "a mapping is needed here"),
    (b"[1, 2]", "a mapping is needed here"),
    (b"# " + b"x" * 999_999, "the file has 1000001 bytes"),
    (b"a: [" + b"1, " * 100_001 + b"1]", "more than 100000 values"),
    (b"[" * 500_000, "deeper than 24 levels"),
    (b"\x00" * 10, "broken YAML"),
]


@pytest.mark.parametrize(("content", "message"), NOT_YAML, ids=[message for _, message in NOT_YAML])
def test_a_file_that_is_no_policy_text_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    """Not UTF-8, empty, a scalar, too large or too deep: a finding on the file, not an exception."""
    assert message in findings(write_good(tmp_path, good=content))[0].message


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    """A million bytes, comments included, are read."""
    padding = b"#" + b"x" * (1_000_000 - len(GOOD.encode()) - 1)

    assert load_policies(write_good(tmp_path, good=GOOD.encode() + padding)).names == ("good",)


def test_a_folder_without_what_it_needs_is_refused(tmp_path: Path) -> None:
    """No folder, no facts, no reasons, no policy, or a folder where a file should be, are findings too."""
    assert "no such folder" in findings(tmp_path / "nowhere")[0].message
    assert {one.file for one in findings(tmp_path)} == {"facts.yaml", "reasons.yaml"}
    (tmp_path / "facts.yaml").write_text(FACTS)
    (tmp_path / "reasons.yaml").write_text("reasons: {}")
    assert "holds no policy" in findings(tmp_path)[0].message
    (tmp_path / "good.yaml").mkdir()
    assert "cannot be read" in findings(tmp_path)[0].message


def test_yaml_words_may_be_used_when_quoted(tmp_path: Path) -> None:
    """`"no"` in quotes is a word, and numbers and dates are text where text is asked for."""
    policy = GOOD.replace("owner: risk", 'owner: "no"').replace('note: "S1"', "note: 2026-12-01")

    loaded = load_policies(write_good(tmp_path, good=policy))["good"]

    assert (loaded.owner, loaded.rules[0].note) == ("no", "2026-12-01")
