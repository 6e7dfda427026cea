"""The edges of what a policy may hold: one or as many as the limit says are taken, one more is refused."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

from engine import FactsError, PolicyError, UnknownPolicy, load_policies
from engine.errors import Finding, Problem
from engine.given import check
from engine.reading import derive_file, facts_file, rule_file, source, syntax, table_file
from engine.reading.source import some
from engine.reading.strata import Cycle, stratify
from tests.engine.conftest import POLICIES, Decide, Load
from tests.engine.folders import GOOD, write_good
from tests.engine.tiny import FACTS, LOAN, value_of

RULE = "\nrules:\n  - {rule: one, when: flag, then: approve}"


def _messages(loaded: Load, body: str) -> list[str]:
    with pytest.raises(PolicyError) as refusal:
        loaded(body)
    return [found.message for found in refusal.value.findings]


def test_findings_are_told_once_and_in_order_of_their_place() -> None:
    """Sorted by file, line and path, whatever order they were found in."""
    places = [("b.yaml", 1, ""), ("a.yaml", 12, "x"), ("a.yaml", 2, "y"), ("a.yaml", 2, "x"), ("a.yaml", 2, "x")]
    findings = [Finding(file, line, path, "wrong") for file, line, path in places]

    assert [(one.file, one.line, one.path) for one in PolicyError(findings).findings] == [
        ("a.yaml", 2, "x"),
        ("a.yaml", 2, "y"),
        ("a.yaml", 12, "x"),
        ("b.yaml", 1, ""),
    ]


def test_a_finding_and_a_problem_are_one_line_each() -> None:
    """Where it stands, what it is, and in brackets what to do; what there is none of leaves no trace."""
    assert str(Finding("a.yaml", 3, "rules[0]", "wrong", "mend it")) == "a.yaml:3: rules[0]: wrong (mend it)"
    assert str(Finding("a.yaml", 3, "", "wrong")) == "a.yaml:3: wrong"
    assert str(Problem("facts.age", "x", "`x` is wrong", "mend it")) == "facts.age: `x` is wrong (mend it)"
    assert str(Problem("facts.age", "x", "`x` is wrong")) == "facts.age: `x` is wrong"
    assert str(FactsError([Problem("facts.age", "x", "no"), Problem("facts.job", "y", "nor")])) == (
        "facts.age: no\nfacts.job: nor"
    )


def test_a_policy_that_is_not_there_is_named_with_those_that_are() -> None:
    """Whoever misspells a name sees the right one."""
    unknown = UnknownPolicy("opning", iter(["drawdown", "opening"]))

    assert str(unknown) == "unknown policy `opning` (known: drawdown, opening)"
    assert unknown.known == ("drawdown", "opening")


def test_every_wrong_derived_fact_is_reported(loaded: Load) -> None:
    """A mistake in the first does not hide one in the last."""
    body = "derive:\n  - {fact: One, value: asked > 0}\n  - {fact: two, valu: asked}\n  - {fact: Three, value: flag}"

    said = " / ".join(_messages(loaded, body + RULE))

    assert "`One` is not a name" in said
    assert "unknown key `valu`" in said
    assert "`Three` is not a name" in said


@pytest.mark.parametrize("part", ["derive: 5", "records: 5"])
def test_a_part_that_cannot_be_read_is_the_only_finding(loaded: Load, part: str) -> None:
    """What it would have declared is not reported as unknown wherever it is used."""
    body = f"{part}\nrules:\n  - {{rule: one, when: tone > 3, then: approve}}\n"

    assert len(_messages(loaded, body)) == 1


def test_a_policy_without_derived_facts_has_no_layers(loaded: Load) -> None:
    """Layers are as many as derivations stand on each other."""
    layered = "derive:\n  - {fact: low, type: int, value: asked * 2}\n  - {fact: high, type: int, value: low * 2}"

    assert loaded(RULE)["tiny"].strata == ()
    assert loaded(layered + RULE.replace("flag", "high > 3"))["tiny"].strata == (("low",), ("high",))


@pytest.mark.parametrize("count", [1, 2, 60])
def test_the_name_of_a_rule_has_up_to_sixty_letters(loaded: Load, count: int) -> None:
    """One letter is enough, the sixtieth is still taken, and the next is not."""
    name = "r" * count

    assert loaded(RULE.replace("one", name))["tiny"].rules[0].name == name
    assert "is not a name for a rule" in _messages(loaded, RULE.replace("one", "r" * 61))[0]


def test_a_scorecard_of_one_item_and_a_table_of_one_row_work(decide: Decide) -> None:
    """The smallest of each is read and decides."""
    body = """derive:
  - {fact: points, sum: [{when: asked > 3, add: 7}]}
  - {fact: tone, table: {hit: first, when: [points], rows: [["> 0", 1]], otherwise: 2}}"""

    decision = decide(body + RULE.replace("flag", "tone > 0"), {"asked": 4})

    assert (value_of(decision, "points"), value_of(decision, "tone")) == (7, 1)
    assert value_of(decide(body + RULE.replace("flag", "tone > 0"), {"asked": 3}), "tone") == 2


def test_a_scorecard_sums_something_and_only_numbers(loaded: Load) -> None:
    """No item at all, or a word to be summed, is refused."""
    assert "a scorecard sums 1 to" in _messages(loaded, "derive:\n  - {fact: points, sum: []}" + RULE)[0]
    body = "derive:\n  - {fact: points, type: bool, sum: [{when: asked > 3, add: 7}]}" + RULE
    assert "a scorecard sums 1 to" in _messages(loaded, body)[0]


def test_an_offered_rate_may_be_a_plain_number(decide: Decide) -> None:
    """A quotient of two amounts is a rate where a rate is offered, and nothing else where something else is."""
    offer = "rules:\n  - {rule: one, when: flag, then: approve, offer: {apr: income / spare}}"

    decision = decide(offer, {"flag": True, "income": 1_200, "spare": 10_000})

    assert decision.document()["offer"] == {"apr_bp": 1_200}


@pytest.mark.parametrize("word", ["class", "min", "2nd", "re-d", "limit"])
def test_an_enum_word_is_a_plain_word_of_its_own(loaded: Load, word: str) -> None:
    """Neither a keyword of Python nor a word of the language, and made of letters, digits and underscores."""
    facts = FACTS.replace("[red, green, blue]", f"[red, {word}, blue]", 1)

    with pytest.raises(PolicyError, match=f"`{word}` cannot be an enum word"):
        loaded(RULE, facts)


def test_a_long_list_of_choices_is_told_in_part() -> None:
    """A dozen words are listed; of more the rest is counted."""
    words = [f"w{i}" for i in range(30)]

    assert some(words[:12]) == ", ".join(words[:12])
    assert some(words[:13]) == ", ".join(words[:12]) + " and 1 more"
    assert some(words) == ", ".join(words[:12]) + " and 18 more"


def test_a_refused_value_is_quoted_up_to_eighty_letters(loaded: Load) -> None:
    """What is longer is cut; the place still says which fact it was."""
    with pytest.raises(FactsError) as refusal:
        check({"asked": "x" * 99}, loaded(RULE).vocabulary)
    (problem,) = refusal.value.problems

    assert (problem.path, problem.value) == ("facts.asked", "x" * 80)


@pytest.mark.parametrize(("combine", "value"), [("min", -5), ("max", 40), ("sum", 45)])
def test_collected_rows_are_combined_as_the_table_says(decide: Decide, combine: str, value: int) -> None:
    """The least, the greatest or the sum of the rows that apply; those that do not are left out."""
    rows = "[['> 0', 10], ['> 1', 40], ['> 2', -5], ['> 3', 100]]"
    table = f"{{hit: collect, combine: {combine}, when: [asked], rows: {rows}, otherwise: 0}}"
    body = f"derive:\n  - {{fact: tone, table: {table}}}" + RULE.replace("flag", "tone > -9")

    assert value_of(decide(body, {"asked": 3}), "tone") == value
    assert value_of(decide(body, {"asked": 1}), "tone") == 10
    assert value_of(decide(body, {"asked": 0}), "tone") == 0


def test_a_table_that_cannot_be_checked_in_time_is_refused(loaded: Load) -> None:
    """Many rows over many columns, none of which settles a case: the search is given up, and that is a finding."""
    names = [f"a{i}" for i in range(12)]
    facts = "facts:\n" + "\n".join(
        f"  {name}: {{type: int, range: [0, 99], if_missing: ask, label: {{zh: 事, en: Fact}}, source: bureau}}"
        for name in names
    )
    rows = [["any"] * 12 + ["1"] for _ in range(60)]
    for index, row in enumerate(rows):
        for column in range(12):
            row[column] = f"'!= {(index * 7 + column * 3) % 100}'"
    table = "hit: first, when: [" + ", ".join(names) + "], rows: [" + ", ".join(f"[{', '.join(row)}]" for row in rows)
    body = f"derive:\n  - {{fact: tone, table: {{{table}]}}}}" + RULE.replace("flag", "tone > 0 and a0 > 0")

    with pytest.raises(PolicyError) as refusal:
        loaded(body, facts)
    assert "too large to be checked" in refusal.value.findings[0].message


LIMITS = [
    (source.MAX_BYTES, "bytes"),
    (source.MAX_NODES, "values"),
    (source.MAX_DEPTH, "levels;"),
    (rule_file.MAX_RULES, "rules"),
    (derive_file.MAX_DERIVED, "derived facts"),
    (table_file.MAX_ROWS, "rows"),
    (facts_file.MAX_VALUES, "words"),
    (facts_file.MAX_RECORDS, "records"),
    (syntax.MAX_TEXT, "characters"),
    (syntax.MAX_DEPTH, "levels of nesting"),
]


@pytest.mark.parametrize(("limit", "what"), LIMITS)
def test_the_page_about_the_language_names_every_limit(limit: int, what: str) -> None:
    """An author reads in policies/README.md what the loader refuses."""
    paragraph = (POLICIES / "README.md").read_text(encoding="utf-8").partition("**Limits.**")[2].partition("\n\n")[0]

    assert f" {limit:,} {what}" in " ".join(paragraph.split())


@pytest.mark.parametrize(("version", "taken"), [(0, False), (1, True), (1_000_000, True), (1_000_001, False)])
def test_versions_are_counted_from_one_to_a_million(tmp_path: Path, version: int, taken: bool) -> None:
    """Both ends are versions, what lies beyond is refused."""
    folder = write_good(tmp_path, good=GOOD.replace("version: 3", f"version: {version}"))

    if taken:
        assert load_policies(folder)["good"].version == version
    else:
        with pytest.raises(PolicyError, match=f"`{version}` is not a whole number from 1 to 1000000"):
            load_policies(folder)


def test_the_path_of_an_unknown_field_is_cut_to_a_sane_length(loaded: Load) -> None:
    """Whatever somebody calls a field, the answer stays readable."""
    with pytest.raises(FactsError) as refusal:
        check({"loans": [{**LOAN, "x" * 999: 1}]}, loaded(RULE).vocabulary)
    (problem,) = refusal.value.problems

    assert problem.path == f"facts.loans[0].{'x' * 999}"[:200]
    assert problem.value == "x" * 80


def test_a_field_that_is_missing_does_not_hide_the_next(loaded: Load) -> None:
    """Every missing field of a record is named, and those that are there are checked."""
    with pytest.raises(FactsError) as refusal:
        check({"loans": [{"owed": "much"}]}, loaded(RULE).vocabulary)

    assert [(one.path.rpartition(".")[2], one.value) for one in refusal.value.problems] == [
        ("days", ""),
        ("owed", "much"),
        ("price", ""),
        ("open", ""),
        ("sort", ""),
        ("since", ""),
    ]


def test_a_circle_is_told_without_what_stands_beside_it() -> None:
    """Only the names that need each other, in the order they do; what one of them reads besides is no part of it."""
    reads = {"start": ["aside", "one"], "aside": ["deep"], "deep": [], "one": ["aside", "two"], "two": ["deep", "one"]}
    with pytest.raises(Cycle) as circle:
        stratify(reads)

    assert circle.value.names == ("one", "two")


def test_a_warning_of_python_is_a_mistake_of_the_author(recwarn: pytest.WarningsRecorder) -> None:
    """Whatever warnings are set to, nothing but a finding comes of it."""
    warnings.simplefilter("always")
    with pytest.raises(syntax.ExpressionError, match="is not an expression"):
        syntax.syntax("asked > 1if flag else 2")

    assert not recwarn.list


def test_a_part_that_another_type_has_is_told_once(loaded: Load) -> None:
    """A bool with a range has an unknown key, and that is all there is to say."""
    with pytest.raises(PolicyError) as refusal:
        loaded(RULE, FACTS.replace("flag: {type: bool,", "flag: {type: bool, range: [5, 0],"))

    assert [found.message for found in refusal.value.findings] == ["unknown key `range`"]


@pytest.mark.parametrize("name", ["Days", "limit", "d" * 61])
def test_a_field_of_a_record_is_named_like_a_fact(loaded: Load, name: str) -> None:
    """In small letters, up to sixty, and by no word of the language; the next mistake is told as well."""
    facts = FACTS.replace("      days: {type: int,", f"      {name}: {{type: int,").replace("[0, 100]", "[9, 1]")
    with pytest.raises(PolicyError) as refusal:
        loaded(RULE, facts)

    assert f"`{name[:60]}" in str(refusal.value)


def test_a_fact_with_a_wrong_part_is_no_fact(loaded: Load) -> None:
    """What is wrong is told once, and what reads the fact is not blamed for it."""
    with pytest.raises(PolicyError) as refusal:
        loaded(RULE, FACTS.replace("flag: {type: bool, if_missing: ask", "flag: {type: bool, if_missing: perhaps"))

    assert len(refusal.value.findings) == 1
    assert "`perhaps` is not one of" in str(refusal.value)
