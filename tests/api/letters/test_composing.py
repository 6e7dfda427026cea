"""What a notice says: outcome, reasons and what they rest on, what would change it, who decided, what one may do."""

from __future__ import annotations

import datetime as dt
import tomllib
from typing import Any

import msgspec
import pytest

from api.automation.referral import referred
from api.explanations import Account
from api.letters.composing import compose
from api.letters.letter import Letter
from api.letters.letterhead import Letterhead, LetterheadRefused, Wording
from api.letters.rendering import html
from api.letters.words import FOLDER, words
from api.settings import SHIPPED_LETTERHEAD
from engine import Outcome
from engine.decision import EngineRef
from engine.explaining.drawing import graph
from engine.explaining.wording import GENERAL
from engine.vocabulary import Language
from tests.api.letters.basis import DECIDED_AT, account, basis, example, letter, policies

REFUSED = ("limit_increase", "a score below 600")
HIDDEN = ("limit_increase", "identity data that do not match")


def of(case: tuple[str, str]) -> Account:
    """Decide an example."""
    return account(case[0], example(*case))


def section(letter: Letter, name: str) -> str:
    """Give everything a section says."""
    found = next(each for each in letter.sections if each.id == name)
    return "\n".join([*found.paragraphs, *found.points, found.note])


def changed(made: Account, **fields: Any) -> Account:
    """Put something else into a decision."""
    return msgspec.structs.replace(made, decision=msgspec.structs.replace(made.decision, **fields))


@pytest.mark.parametrize("policy", policies().names)
def test_every_example_of_every_policy_can_be_told(policy: str) -> None:
    """Whatever the shipped policies come to becomes a whole letter: every reason in it, nothing left open in it."""
    for each in policies()[policy].examples:
        made = account(policy, example(policy, each.name), search=False)
        for language in Language:
            written = compose(basis(made), words(language))
            told = {words(language).of(reason.statement) for reason in made.decision.reasons}
            assert {ground.statement for ground in written.grounds} == told
            assert "{" not in str(written)
            assert "None" not in html(written)


def test_both_languages_have_the_same_words() -> None:
    """Each path of one file is in the other, and asks for the same values."""

    def paths(node: dict[str, Any], above: str = "") -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for name, value in node.items():
            if isinstance(value, dict):
                found |= paths(value, f"{above}{name}.")
            else:
                found[above + name] = {part.split("}")[0] for part in str(value).split("{")[1:]}
        return found

    zh, en = (paths(tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))) for name in ("zh", "en"))
    assert zh == en


def test_a_refusal_names_reasons_and_what_they_rest_on() -> None:
    """The statement, what to do about it, and the facts with their source, as people say them."""
    written = letter(of(REFUSED), "en")

    assert written.title == "Our decision on your request for a higher credit limit"
    assert written.lead == ("We are sorry: your application is not approved.",)
    assert written.grounds[0].statement == of(REFUSED).decision.reasons[0].statement.en
    assert any(row.source == "credit reporting agency" for row in written.looked)
    assert all(row.label and row.value for row in written.looked)
    assert "What would change this decision" in [each.heading for each in written.sections]


def test_fraud_is_told_in_general_words_only() -> None:
    """Of a reason disclosed in general, neither its own statement nor a fact it rests on stands in the letter."""
    made = of(HIDDEN)
    declared = made.policy.reasons["identity_conflict"]
    for language in Language:
        written = compose(basis(made), words(language))
        text = html(written)
        assert words(language).of(GENERAL) in text
        assert words(language).of(declared.statement) not in text
        assert written.looked == ()
        assert declared.note not in text
        assert "identity_conflict" not in text


def test_a_fact_behind_a_general_reason_is_not_shown_through_another_one() -> None:
    """A fact that both an open and a hidden reason read stays hidden."""
    made = of(REFUSED)
    shown = letter(made, "en").looked
    fact = next(iter(made.decision.reasons[0].facts))
    base = made.policy.base.get(fact, (fact,))
    hidden = msgspec.structs.replace(made.decision.reasons[0], code="identity_conflict", facts={base[0]: 1})
    both = changed(made, reasons=(*made.decision.reasons, hidden))
    label = made.policy.facts[base[0]].label.en

    assert label in [row.label for row in shown]
    assert label not in [row.label for row in letter(both, "en").looked]


def test_recourse_is_told_but_not_where_it_would_tip_off() -> None:
    """Alternatives marked general are for whoever looks into the case."""
    made = of(REFUSED)
    ways = made.recourse.alternatives
    general = msgspec.structs.replace(
        made,
        recourse=msgspec.structs.replace(
            made.recourse, alternatives=tuple(msgspec.structs.replace(each, disclose="general") for each in ways)
        ),
    )

    assert ways
    assert all(each.statement.en in section(letter(made, "en"), "recourse") for each in ways)
    assert not any(each.statement.en in section(letter(general, "en"), "recourse") for each in ways)


def test_an_approval_sets_out_the_offer() -> None:
    """Limit, rate and term as a bank writes them, in both languages; nothing about recourse."""
    made = account("opening", example("opening", _approved("opening")))
    offer = made.decision.offer
    assert offer is not None
    assert offer.limit_fen is not None
    zh, en = letter(made, "zh"), letter(made, "en")

    assert [row.name for row in zh.offer] == ["信用额度", "年化利率", "期限"]
    assert en.offer[0].value == f"CNY {offer.limit_fen // 100:,}.00"
    assert en.offer[1].value.endswith("%")
    assert zh.offer[2].value.endswith("个月")
    assert "recourse" not in [each.id for each in zh.sections]


def test_a_referral_says_until_when_somebody_decides() -> None:
    """Nothing is decided: no appeal yet, and the day by which there is an answer under the law of the place."""
    made = changed(of(REFUSED), outcome=_outcome("refer"), reasons=())
    china, europe = letter(made, "zh"), letter(made, "en", "EU")

    assert china.title == "关于您提高额度申请的进展通知"
    assert "我们最迟于2026年12月7日答复您。" in section(china, "how")
    assert "We answer you by 22 December 2026 at the latest." in section(europe, "how")
    assert "appeal" not in [each.id for each in china.sections]


def test_a_provisional_day_is_called_one() -> None:
    """Where days off are not announced yet, the letter says that the day may move."""
    made = changed(of(REFUSED), outcome=_outcome("refer"), reasons=())
    late = msgspec.structs.replace(basis(made), decided_at=dt.datetime(2090, 1, 2, tzinfo=dt.UTC))

    assert "该日期为暂定" in section(compose(late, words(Language.ZH)), "how")
    assert "暂定" not in section(letter(made, "zh"), "how")


def test_whoever_refuses_automation_learns_nothing_of_the_rules() -> None:
    """The letter of such a referral names no fact, no recourse and no other reason than the refusal."""
    made = of(REFUSED)
    decision = referred(made.decision)
    left = msgspec.structs.replace(made, decision=decision, graph=graph(made.policy, decision))
    written = letter(left, "en")

    assert [ground.statement for ground in written.grounds] == [decision.reasons[0].statement.en]
    assert written.looked == ()
    assert [each.id for each in written.sections] == ["how", "rights"]


def test_a_person_is_named_as_who_decided() -> None:
    """The letter of a decision that a person took does not claim that rules did, nor tells what would change it."""
    made = changed(of(REFUSED), engine=EngineRef("person", "1"))
    written = letter(made, "en")

    assert "reviewed your case" in section(written, "how")
    assert "recourse" not in [each.id for each in written.sections]
    assert "rules alone" not in section(written, "rights")


@pytest.mark.parametrize(
    ("jurisdiction", "expected"),
    [
        ("CN", ["refuse decisions about you", "within 20 days", "12378", "within 15 calendar days"]),
        (
            "US",
            ["Equal Credit Opportunity Act", "Within 60 days", "Consumer Financial Protection", "within 30 calendar"],
        ),
        ("EU", ["a person look at it", "clear explanation", "FIN-NET", "within 1 month of"]),
        ("UK", ["make representations", "acknowledge it within 30 days", "Ombudsman", "within 1 month of"]),
    ],
)
def test_rights_and_next_remedies_are_those_of_the_place(jurisdiction: str, expected: list[str]) -> None:
    """Each pack tells its own; a right that begins later, or does not apply, is not told."""
    text = html(letter(of(REFUSED), "en", jurisdiction))

    assert [each for each in expected if each not in text] == []
    assert "Colorado" not in text
    assert "main elements of the decision" not in text


def test_rights_of_refused_applicants_are_not_told_to_others() -> None:
    """What applies to adverse decisions only does not stand in an approval."""
    made = account("opening", example("opening", _approved("opening")))

    assert "Equal Credit Opportunity Act" not in html(letter(made, "en", "US"))


def test_the_same_decision_is_the_same_letter() -> None:
    """No clock and no chance: composed and printed twice it is the same bytes."""
    assert html(letter(of(REFUSED))) == html(letter(of(REFUSED)))


def test_a_policy_of_ones_own_is_called_by_its_title() -> None:
    """A decision point we have no words for is named by the policy's own title."""
    made = of(REFUSED)
    own = msgspec.structs.replace(made, policy=msgspec.structs.replace(made.policy, name="other"))

    assert letter(own, "zh").title == "关于您的申请（提额）的决定通知"
    assert letter(own, "en").title == "Our decision on your application (Limit increase)"


def test_who_oversees_the_lender_is_named_if_they_say_so() -> None:
    """The letterhead's `oversight` stands below the rights."""
    head = Letterhead.read(SHIPPED_LETTERHEAD)
    overseen = msgspec.structs.replace(head, oversight=Wording("某局", "Some Agency"))
    written = compose(basis(of(REFUSED), "US", overseen), words(Language.EN))

    assert "We are overseen by: Some Agency." in section(written, "rights")
    assert "overseen" not in section(letter(of(REFUSED), "en", "US"), "rights")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[name]\nzh = ''\nen = 'x'", "`$.name.zh`"),
        ("[nam]\nzh = 'x'\nen = 'x'", "`nam`"),
        ("[name", "table declaration"),
    ],
)
def test_a_mistake_in_the_letterhead_is_named(tmp_path: Any, text: str, said: str) -> None:
    """File and key; a letterhead that is not there is named too."""
    path = tmp_path / "letterhead.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(LetterheadRefused) as refused:
        Letterhead.read(path)
    assert str(path) in str(refused.value)
    assert said in str(refused.value)

    with pytest.raises(LetterheadRefused, match="cannot be read"):
        Letterhead.read(tmp_path / "none.toml")


def test_the_moment_is_shown_where_the_law_is() -> None:
    """With its offset, so that it can be found in the log."""
    record = {row.name: row.value for row in letter(of(REFUSED), "en", "US").record}

    assert record["Decided at"] == "2026-11-22 03:12:05 (UTC-0500)"
    assert record["Log entry"] == "4711"
    assert DECIDED_AT.hour == 8


def _outcome(name: str) -> Outcome:
    return Outcome(name)


def _approved(policy: str) -> str:
    return next(
        each.name for each in policies()[policy].examples if each.outcome == "approve" and len(each.amounts) == 3
    )
