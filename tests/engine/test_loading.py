"""Loading policy folders: what is wrong is reported at once, each with file, line, path and remedy."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from engine import PolicyError, PolicySet, load_bundle, load_policies
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
    assert [one.message for one in found if not one.remedy] == [], "every finding says what to do"
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


FOLLOWED = [  # one mistake each, in what much else rests on
    ("facts", "range: [0, 900]", "range: [900, 0]", "facts.score.range"),
    ("facts", "days: {type: int, ", "days: {type: integer, ", "facts.loans.fields.days.type"),
    ("facts", "facts:\n", "facts:\n  - x\n", ""),
    ("reasons", "zh: 您有逾期。", "zh: ''", "reasons.late.statement.zh"),
    ("reasons", "reasons:\n", "reasons: [\n", ""),
    ("good", "count(loans where", "count(loan where", "records.late_loans"),
    ("good", '[">= 700", ">= 24", A]', '[">= 700", A]', "derive[0].table.rows[0]"),
    ("good", "when: months >= 12, add", "when: month >= 12, add", "derive[1].sum[0].when"),
    ("good", "then: approve\n", "then: aprove\n", "rules[3].then"),
    ("good", "as_of: 2026-12-02T00:00:00Z", "as_of: soon", "examples[0].as_of"),
]


@pytest.mark.parametrize(("file", "old", "new", "path"), FOLLOWED, ids=[path or new for _, _, new, path in FOLLOWED])
def test_what_only_follows_from_a_mistake_is_not_reported(
    tmp_path: Path, file: str, old: str, new: str, path: str
) -> None:
    """A name that is declared wrongly is one finding, however much reads it; so is a file that cannot be read."""
    text = {"facts": FACTS, "reasons": REASONS, "good": GOOD}[file]
    assert old in text

    found = findings(write_good(tmp_path, **{file: text.replace(old, new, 1)}))

    assert [one.file for one in found] == [f"{file}.yaml"] * len(found)
    assert {one.path for one in found} == {path}


def test_every_wrong_part_of_an_entry_is_reported(tmp_path: Path) -> None:
    """A fact, a reason, a rule and an example with several mistakes each give all of them."""
    facts = FACTS.replace(
        "source: bureau, if_missing: ask, label: {zh: 分", "source: buro, if_missing: aks, label: {zh: ''"
    )
    reasons = REASONS.replace("disclose: general", "disclose: some\n    remedy: {zh: 好}")
    good = (
        GOOD.replace(
            "when: job == none\n    then: verify\n    ask: job_proof", "when: job = none\n    then: verfy\n    ask: A B"
        )
        .replace("as_of: 2026-12-02T00:00:00Z", "as_of: soon")
        .replace("limit: 30_000.00, fired: [grant]", "limit: much, fired: [grunt, gront]")
    )

    found = {(one.file, one.path) for one in findings(write_good(tmp_path, facts=facts, reasons=reasons, good=good))}

    assert found == {
        *(("facts.yaml", f"facts.score.{part}") for part in ("source", "if_missing", "label.zh")),
        *(("reasons.yaml", f"reasons.cramped.{part}") for part in ("disclose", "remedy")),
        *(("good.yaml", f"rules[1].{part}") for part in ("when", "then", "ask")),
        *(("good.yaml", f"examples[0].{part}") for part in ("as_of", "expect.limit")),
        *(("good.yaml", f"examples[0].expect.fired[{number}]") for number in (0, 1)),
    }


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
    (b"# " + b"x" * 999_999, "the file has more than 1000000 bytes"),
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


def test_what_has_no_end_is_not_read_to_it(tmp_path: Path) -> None:
    """A device, a pipe nobody writes to and a file of a terabyte are findings at once, and take no memory."""
    write_good(tmp_path)
    (tmp_path / "device.yaml").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe.yaml")
    with (tmp_path / "sparse.yaml").open("wb") as file:
        file.truncate(2**40)

    assert [(one.file, one.message) for one in findings(tmp_path)] == [
        ("device.yaml", "cannot be read: it is no file"),
        ("pipe.yaml", "cannot be read: it is no file"),
        ("sparse.yaml", "the file has more than 1000000 bytes"),
    ]


def test_yaml_words_may_be_used_when_quoted(tmp_path: Path) -> None:
    """`"no"` in quotes is a word, and numbers and dates are text where text is asked for."""
    policy = GOOD.replace("owner: risk", 'owner: "no"').replace('note: "S1"', "note: 2026-12-01")

    loaded = load_policies(write_good(tmp_path, good=policy))["good"]

    assert (loaded.owner, loaded.rules[0].note) == ("no", "2026-12-01")


def test_a_recorded_policy_is_read_again_whatever_is_asked_of_new_ones(tmp_path: Path) -> None:
    """Vague reasons and an order nobody should write are refused in a folder; what was recorded with them replays."""
    policies = load_policies(write_good(tmp_path))
    recorded = policies.bundle("good").replace(b"You have late payments.", b"You did not meet our criteria.")
    recorded = recorded.replace(b'["reject","refer","verify","approve"]', b'["approve","reject","refer","verify"]')

    again = load_bundle(recorded)["good"]

    assert (again.reasons["late"].statement.en, next(iter(again.severity))) == (
        "You did not meet our criteria.",
        "approve",
    )


def test_a_reason_told_in_general_words_may_say_anything(tmp_path: Path) -> None:
    """The applicant never reads its statement but the general wording."""
    folder = write_good(tmp_path, reasons=REASONS.replace("Your income limits the offer.", "Our system decided."))

    assert load_policies(folder)["good"].reasons["cramped"].disclose == "general"


def test_a_file_is_not_called_a_folder_that_is_not_there(tmp_path: Path) -> None:
    """Whoever names a policy file instead of its folder is told so."""
    (found,) = findings(write_good(tmp_path) / "good.yaml")
    (absent,) = findings(tmp_path / "nowhere")

    assert found.message == "this is a file, not a folder"
    assert absent.message == "there is no such folder"
