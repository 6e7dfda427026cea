"""The one format of policy files: the same meaning and comments, at rest after one pass, and nothing else touched."""

from __future__ import annotations

import json
import os
from pathlib import Path
from random import Random

import pytest
import yaml

from engine import PolicyError, load_policies
from engine.authoring import formatted, formatting
from engine.authoring.breaking import WIDTH
from tests.engine.conftest import POLICIES
from tests.engine.folders import FILES, mistakes, write_good
from tests.engine.generators import Case
from tests.engine.test_fuzzing import EDITS
from tests.repository import ROOT

SHIPPED = [*sorted(POLICIES.glob("*.yaml")), *sorted((ROOT / "bench/engines/policy").glob("*.yaml"))]


def fmt(text: str, file: str = "tiny.yaml") -> str:
    """Format a text."""
    return formatted(text.encode(), file)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_what_is_shipped_is_in_the_format(path: Path) -> None:
    """Formatting changes nothing in the policies that come with Grounds and in those of the benches."""
    assert fmt(path.read_text(encoding="utf-8"), path.name) == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("file", FILES)
def test_every_part_of_the_language_keeps_its_meaning(file: str, tmp_path: Path) -> None:
    """A folder that uses all of the language has the same digest when one of its files is formatted."""
    before = load_policies(write_good(tmp_path))["good"].digest

    after = load_policies(write_good(tmp_path, **{file.removesuffix(".yaml"): fmt(FILES[file], file)}))["good"].digest

    assert after == before
    assert fmt(FILES[file], file) != FILES[file]


@pytest.mark.usefixtures("unheld")
def test_generated_policies_keep_their_digest(tmp_path: Path) -> None:
    """Random policies, written as JSON in brackets, come out as policy text of the same digest."""
    for seed in range(25):
        Case(seed).load(tmp_path)
        before = load_policies(tmp_path)["random_policy"].digest
        for path in tmp_path.glob("*.yaml"):
            text = fmt(path.read_text(encoding="utf-8"), path.name)
            path.write_text(text, encoding="utf-8")
            assert fmt(text, path.name) == text

        assert load_policies(tmp_path)["random_policy"].digest == before, f"seed {seed}"


def test_a_policy_with_mistakes_is_formatted_or_refused_with_its_place() -> None:
    """Whatever is wrong with the meaning of a file, its text is put in order; what is no text is a finding."""
    refused = 0
    for mistake in mistakes():
        try:
            fmt(mistake.made(), mistake.file)
        except PolicyError as refusal:
            refused += 1
            assert all(one.file == mistake.file and one.line >= 1 and one.remedy for one in refusal.findings)
            assert "formatting" not in str(refusal)

    assert 0 < refused < len(mistakes()) / 4


def commented(draw: Random, text: str) -> str:
    """Put comments and blank lines on and between random lines, outside of values that go over several lines."""
    lines = []
    for number, line in enumerate(text.splitlines()):
        whole = line.count("{") == line.count("}") and line.count("[") == line.count("]")
        beside = f"  # beside {number}" if whole and draw.random() < 0.3 else ""
        above = [" " * draw.choice((0, 2, 4, 7)) + f"# above {number}", "", "", f"    # more {number}", "#"]
        fits = whole and not line.lstrip().startswith(("and ", "or "))
        lines += [*(draw.sample(above, draw.randint(0, 4)) if fits and draw.random() < 0.3 else []), line + beside]
    return "\n".join([*lines, "# the end", ""])


@pytest.mark.parametrize("path", [ROOT / "tests/engine/good" / name for name in FILES] + SHIPPED[:1], ids=str)
def test_comments_are_kept_wherever_they_stand(path: Path) -> None:
    """Comments above, beside, below and between, at any indentation, are all there afterwards, and stay put."""
    for seed in range(12):
        text = commented(Random(seed), path.read_text(encoding="utf-8"))
        if not read(text):
            continue  # a comment came into the middle of a value
        after = fmt(text, path.name)

        before, kept = ([line[line.index("# ") :] for line in t.splitlines() if "# " in line] for t in (text, after))
        assert sorted(kept) == sorted(line.rstrip() for line in before), f"seed {seed}"
        assert fmt(after, path.name) == after, f"seed {seed}"


def read(text: str) -> bool:
    """Whether YAML can read a text."""
    try:
        return yaml.compose(text, Loader=yaml.CSafeLoader) is not None
    except yaml.YAMLError:
        return False


HEAD = "policy: tiny\nversion: 1\n"
SPELLED = [  # what is written, what it becomes
    ("# head\n\nversion: 1\n# name\npolicy: tiny", "# head\n\n# name\npolicy: tiny\nversion: 1\n"),
    ("version: 1\npolicy: tiny", HEAD),
    ("policy: 'tiny'\nversion: \"1000\"", "policy: tiny\nversion: 1_000\n"),
    ('owner: "no"', 'owner: "no"\n'),
    ("owner: '5'", 'owner: "5"\n'),
    ("owner: 'it''s'", "owner: it's\n"),
    ("owner: 'a: b'", 'owner: "a: b"\n'),
    ("title:\n    en: Tiny\n    zh: 小", "title:\n  zh: 小\n  en: Tiny\n"),
    ("title: { en: Tiny,zh: 小 }", "title: {zh: 小, en: Tiny}\n"),
    ("sources: [ a , 'b' ]", 'sources: ["a", "b"]\n'),
    ("outcomes:\n- refer\n- approve", "outcomes: [refer, approve]\n"),
    ("policy: tiny\n\n\n\nversion: 1", "policy: tiny\n\nversion: 1\n"),
    (
        "rules:\n- {then: reject, rule: a, when: 'x>=5000 and( y )', because: c}",
        "rules:\n\n  - {rule: a, when: x >= 5_000 and (y), then: reject, because: c}\n",
    ),
    (
        "rules:\n- rule: a\n  note: S1\n  when: x in[1,-2]\n- {rule: b, when: s, then: refer}",
        'rules:\n\n  - rule: a\n    when: x in [1, -2]\n    note: "S1"\n\n  - {rule: b, when: s, then: refer}\n',
    ),
    (
        "rules:\n- rule: a\n  when: x > 1\n    or y > 2000",
        "rules:\n\n  - rule: a\n    when: x > 1\n      or y > 2_000\n",
    ),
    (
        "rules:\n- rule: a\n  note: |\n    one\n    two\n",
        "rules:\n\n  - rule: a\n    note: |\n      one\n      two\n",
    ),
    (
        "derive:\n- fact: t\n  table:\n    rows: [['>=700',a], [ '5 .. 99' , [b,c] ]]\n    hit: first\n    when: [s]",
        (
            "derive:\n\n  - fact: t\n    table:\n      hit: first\n      when: [s]\n      rows:\n"
            '        - [">= 700", a]\n        - ["5..99",  [b, c]]\n'
        ),
    ),
    ("derive:\n- {fact: t, value: x}   # why", "derive:\n\n  - {fact: t, value: x}         # why\n"),
    ("records: {late: 'count( loans )'}", "records:\n  late: count(loans)\n"),
    ("unknown: [b, a]\npolicy: tiny", "policy: tiny\nunknown: [b, a]\n"),
    ("---\npolicy: tiny\n...\n", "policy: tiny\n"),
    ("policy: tiny\r\nversion: 1\r\n", HEAD),
    ('sources: [\n  "a"\n  # the end\n]\nowner: x\n', 'owner: x\n# the end\nsources: ["a"]\n'),
    (
        "rules:\n- rule: a\n  note: |\n    one\n\n    two\n  when: x\n# next\n- {rule: b, when: z}\n",
        (
            "rules:\n\n  - rule: a\n    when: x\n    note: |\n      one\n\n      two\n\n"
            "  # next\n  - {rule: b, when: z}\n"
        ),
    ),
    (
        "rules:\n- rule: a\n  note: |\n    one\n  # more\n  when: z\n",
        "rules:\n\n  - rule: a\n    # more\n    when: z\n    note: |\n      one\n",
    ),
    (
        "rules:\n- rule: a\n  note: |\n    one\n  # last",
        "rules:\n\n  - rule: a\n    note: |\n      one\n    # last\n",
    ),
    (
        "rules:\n- {rule: a, when: b,\n  # inside\n  }\n- {rule: c, when: d}\n",
        "rules:\n\n  - rule: a\n    when: b\n    # inside\n\n  - {rule: c, when: d}\n",
    ),
    (
        "rules:\n  - {rule: a, when: b}\n# none\n\n# more\n",
        "rules:\n\n  - {rule: a, when: b}\n# none\n\n# more\n",
    ),
]


@pytest.mark.parametrize(("text", "wanted"), SPELLED)
def test_there_is_one_way_to_write_it(text: str, wanted: str) -> None:
    """Order, quotes, digits, spaces, brackets and blank lines come out in one way."""
    assert fmt(text).replace("\n\n\n", "\n\n").lstrip("\n") == wanted
    assert fmt(wanted) == wanted


def test_long_values_are_broken_where_a_reader_would() -> None:
    """Conditions before the outermost `and` and `or`, facts of an example between facts, within 120 columns."""
    test = " or ".join(f"(first_number_{n} > {n} and second_number_{n} < {n})" for n in range(8))
    facts = ", ".join(f"some_fact_or_other_{n}: {n}" for n in range(20))
    loans = ", ".join(f"{{days: {n}, owed: 1000.00, kind: home}}" for n in range(5))
    text = fmt(
        f"rules:\n- rule: a\n  when: {test}\nexamples:\n- name: e\n  given: {{{facts}, loans: [{loans}]}}\n"
        f"  expect: {{outcome: refer}}\n"
    )
    lines = text.splitlines()

    assert max(map(len, lines)) <= 120
    assert all(line.startswith("      or (") for line in lines[4:7])
    assert sum(line.strip().startswith("{days:") for line in lines) == 5
    assert fmt(text) == text


FULL = [  # what stands above, a line to be filled up to its end, what closes it
    ("", "owner: " + "abcdefghi " * 10, ""),
    ("rules:\n\n  - rule: a\n", "    when: " + "aaaaaaaa > 1 and " * 6, ""),
    ("rules:\n\n  - rule: a\n", "    when: " + "aaaaaaaa > 1 or " * 5 + "(aaaa > 1 and ", ")"),
    ("examples:\n\n  - name: first\n", "    given: {" + "".join(f"fact_{n}: 1, " for n in range(9)), ": 1}"),
    ("examples:\n\n  - name: first\n", "    without: [" + "".join(f"fact_{n}, " for n in range(9)), "]"),
]


@pytest.mark.parametrize(("above", "line", "end"), FULL, ids=[line[:16] for _, line, _ in FULL])
def test_a_line_is_filled_to_its_last_column(above: str, line: str, end: str) -> None:
    """A value that just fits stays on its line; with one letter more it is broken, and both are at rest."""
    fits = f"{above}{line.ljust(WIDTH - len(end), 'z')}{end}\n"
    broken = fmt(f"{above}{line.ljust(WIDTH + 1 - len(end), 'z')}{end}\n")

    assert WIDTH == 120
    assert fmt(fits) == fits
    assert len(broken.splitlines()) == len(fits.splitlines()) + 1
    assert max(map(len, broken.splitlines())) <= WIDTH
    assert fmt(broken) == broken


def test_rows_that_do_not_line_up_stay_as_they_are() -> None:
    """A row with a cell too few, or something that is no row, is left for `check` to report."""
    text = "derive:\n\n  - fact: t\n    table:\n      hit: first\n      when: [s]\n      rows:\n"

    assert fmt(f"{text}        - [a, 1]\n        - [b]\n").endswith("        - [a, 1]\n        - [b]\n")
    assert fmt(f"{text}        - [a, 1]\n        - b\n").endswith("        - [a, 1]\n        - b\n")


AWKWARD = [
    'rules:\n- rule: a\n  note: "{} and: {}"   # beside\n'.format("w " * 50, "x: " * 40),
    'rules:\n- rule: a\n  note: "one\\n\\n\\n two\\n"   # beside\n',
    "rules:\n- rule: a\n  note: |   # beside\n    one\n\n    two\n  when: b\n",
    "rules:\n-   # beside a dash\n  rule: a\n  # inside\n  when: b\n# below\n",
    "derive:\n- fact: t\n  table:\n    rows:\n    - [{}, 1]\n    - [b, [{}]]\n".format("a" * 100, "c, " * 20 + "d"),
    "owner: 'a  b%s'\n" % ("  c d" * 40),
    "examples:\n- name: e\n  given: {a: 1, # one\n    # two\n    b: 2 # three\n    }   # four\n",
    "policy: tiny  # a\n              # b\nversion: 1\n",
    "title: {zh: '， 、', en: \"a, b: [c] {d} # e\"}\n",
    "owner: '# no comment'   # a comment\n",
    "#\n\n# only comments above\n\npolicy: tiny\n\n  # and below\n",
]


@pytest.mark.parametrize("text", AWKWARD)
def test_awkward_texts_are_kept(text: str) -> None:
    """Colons at the end of a line, blank lines in a text, comments in brackets and beside dashes: all survive."""
    after = fmt(text)

    assert fmt(after) == after
    assert after.count("#") == text.count("#")


BROKEN = [
    (b"policy: [a: b: c]\n", "tiny.yaml:1", "broken YAML"),
    (b"policy: tiny\npolicy: tiny\n", "tiny.yaml:2", "stands here twice"),
    (b"policy: tiny\nowner: no\n", "tiny.yaml:2", "boolean in disguise"),
    (b"policy: tiny\nowner:\n", "tiny.yaml:2", "nothing stands here"),
    (b"policy: &a tiny\n", "tiny.yaml:1", "anchors"),
    (b"- a\n", "tiny.yaml:1", "a mapping is needed here"),
    (b"", "tiny.yaml:1", "the file is empty"),
    (b"{}", "tiny.yaml:1", "the file is empty"),
    (b"\xff", "tiny.yaml:1", "is not UTF-8"),
]


@pytest.mark.parametrize(("data", "place", "message"), BROKEN)
def test_what_cannot_be_read_is_a_finding_with_its_line(data: bytes, place: str, message: str) -> None:
    """Broken YAML, doubled keys, words in disguise, anchors and other files: never written, always said where."""
    with pytest.raises(PolicyError) as refusal:
        formatted(data, "tiny.yaml")

    assert str(refusal.value.findings[0]).startswith(place)
    assert message in str(refusal.value)


def test_json_becomes_policy_text() -> None:
    """A policy somebody keeps as JSON is put into the format like any other YAML."""
    text = fmt(json.dumps({"version": 1, "policy": "tiny", "rules": [{"rule": "a", "when": "x", "note": "n"}]}))

    assert text == 'policy: tiny\nversion: 1\n\nrules:\n\n  - {rule: a, when: x, note: "n"}\n'


def test_a_damaged_file_is_formatted_or_refused() -> None:
    """After edits of bytes, lines or words a file is put in order or refused, and never in doubt."""
    done = 0
    for seed in range(int(os.environ.get("FUZZ_CASES", "300"))):
        draw = Random(seed)
        name = draw.choice(sorted(FILES))
        try:
            formatted(draw.choice(EDITS)(draw, FILES[name]), name)
        except PolicyError as refusal:
            assert "formatting" not in str(refusal), f"seed {seed}"
        else:
            done += 1

    assert done


@pytest.mark.parametrize(
    ("laid_out", "said"),
    [
        (lambda text, root, shape: "policy: other\n# a comment\n", "would change its meaning or lose a comment"),
        (lambda text, root, shape: "policy: tiny\n", "would change its meaning or lose a comment"),
        (lambda text, root, shape: f"{text}\n", "would not come to rest"),
    ],
)
def test_a_format_that_goes_wrong_changes_nothing(monkeypatch: pytest.MonkeyPatch, laid_out: object, said: str) -> None:
    """What would say something else, lose a comment or change at every pass is refused as a fault of ours."""
    monkeypatch.setattr(formatting, "_laid_out", laid_out)
    with pytest.raises(
        PolicyError, match=rf"tiny.yaml:1: formatting {said} \(leave it as it is and report the fault\)"
    ):
        fmt("policy: tiny\n# a comment\n")


def _table(cell: str) -> str:
    rows = f'        - ["< 1", a]\n        - ["{cell}", b]\n'
    return f"derive:\n\n  - fact: t\n    table:\n      hit: first\n      when: [s]\n      rows:\n{rows}"


def test_cells_stand_in_columns_as_long_as_the_longest_row_fits() -> None:
    """A row may fill its line to the end; one letter more, and no row is set in columns."""
    room = WIDTH - len('        - ["", b]')
    fits, too_long = (
        fmt(_table("!= ".ljust(room, "x"))).splitlines(),
        fmt(_table("!= ".ljust(room + 1, "x"))).splitlines(),
    )

    assert max(map(len, fits)) == WIDTH
    assert fits[-2] == '        - ["< 1",' + " " * (room - 2) + "a]"
    assert '        - ["< 1", a]' in too_long
