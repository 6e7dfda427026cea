"""The letter that ends a case: conclusion, reasons, what changes; for who may see the case, once it is concluded."""

from __future__ import annotations

import msgspec
import pytest
from litestar import Litestar

from tests.api.casework.conftest import Office, conclusion
from tests.api.conftest import service_of

ATTACK = "<script>alert(1)</script>\n\n第二段。"


def concluded(office: Office, result: str, outcome: str | None = None, **changes: object) -> tuple[str, str]:
    """Have an appeal concluded; give the decision and the case."""
    decision = office.decide()["id"]
    case = office.appeal(decision).json()["id"]
    office.act("ada", case, "claim")
    answer = office.act("ada", case, "conclude", {**conclusion(result, outcome), **changes})
    assert answer.status_code < 300, answer.text
    return decision, case


def test_an_appeal_that_is_upheld(office: Office) -> None:
    """The result, the reviewer's words in the language asked for, reasons, that nothing changes, and who comes next."""
    decision, case = concluded(office, "uphold")
    zh, en = (office.get("integrator", f"/cases/{case}/letter", language=each) for each in ("zh", "en"))

    assert (zh.status_code, en.status_code) == (200, 200)
    for wanted in (
        "关于您申诉的答复",
        "我们重新审核后，维持原决定。",
        "经复核，现答复如下。",
        "原决定继续有效。",
        "12378",
        decision,
    ):
        assert wanted in zh.text
    for wanted in ("Our answer to your appeal", "it stands", "this is our answer", "a person weighed the whole", case):
        assert wanted in en.text


def test_an_appeal_that_is_overturned(office: Office) -> None:
    """The new decision with its number and offer; its own notice says the rest."""
    _, case = concluded(office, "overturn", "approve")
    text = office.get("integrator", f"/cases/{case}/letter", language="en").text
    new = office.case(case)["case"]["new_decision"]

    assert "changed it" in text
    assert "Your application is approved." in text
    assert new in text
    assert "Credit limit" in text
    notice = office.get("integrator", f"/decisions/{new}/notice", language="en").text
    assert "reviewed your case" in notice
    assert "no person took part" not in notice


def test_what_a_reviewer_wrote_stays_text(office: Office) -> None:
    """Markup is text, a blank line a paragraph."""
    _, case = concluded(office, "uphold", answer={"zh": ATTACK, "en": ATTACK})
    text = office.get("integrator", f"/cases/{case}/letter").text

    assert "<script" not in text
    assert "<p>&lt;script&gt;alert(1)&lt;/script&gt;</p>" in text
    assert "<p>第二段。</p>" in text


def test_a_case_under_way_has_no_letter(office: Office) -> None:
    """404 with the day by which there will be one."""
    case = office.appeal(office.decide()["id"]).json()["id"]
    answer = office.get("integrator", f"/cases/{case}/letter")

    assert answer.status_code == 404
    assert office.case(case)["case"]["due_on"] in answer.json()["errors"][0]["remedy"]


def test_a_letter_is_for_who_may_see_the_case(office: Office, app: Litestar) -> None:
    """Channel and staff too; another integrator finds nothing; each read is one entry for the purpose of a letter."""
    _, case = concluded(office, "uphold")
    path, log = f"/cases/{case}/letter", service_of(app).log
    before = log.size()

    assert [office.get(who, path).status_code for who in ("integrator", "channel", "ada", "auditor")] == [200] * 4
    assert [office.get(who, path).status_code for who in ("stranger", "author")] == [404, 403]
    entries = [msgspec.json.decode(log.entry(index)) for index in range(before, log.size())]
    assert [entry["purpose"] for entry in entries if entry["kind"] == "sealed_read"] == ["letter"] * 4


def test_a_withdrawn_appeal_is_confirmed(office: Office) -> None:
    """The letter says that it was withdrawn and that the decision stays."""
    case = office.appeal(office.decide()["id"]).json()["id"]
    assert office.act("integrator", case, "withdraw", {"text": "never mind"}).status_code < 300
    text = office.get("integrator", f"/cases/{case}/letter", language="en").text

    assert "withdrawn your appeal" in text
    assert "stays in force" in text
    assert "never mind" not in text


def test_a_referral_that_a_person_decided(office: Office) -> None:
    """The review's letter, and the clock that its conclusion ended."""
    decision, case = office.refer()
    office.act("ada", case, "claim")
    answer = office.act("ada", case, "conclude", conclusion("decide", "reject"))
    assert answer.status_code < 300, answer.text
    text = office.get("integrator", f"/cases/{case}/letter", language="en").text

    assert "The result of our review" in text
    assert "not approved" in text
    clocks = office.get("integrator", f"/decisions/{decision['id']}/clocks").json()["items"]
    assert clocks[0]["state"] == "met"


@pytest.mark.parametrize("language", ["zh", "en"])
def test_it_is_a_pdf_too(office: Office, language: str) -> None:
    """By the same template."""
    _, case = concluded(office, "uphold")
    answer = office.get("integrator", f"/cases/{case}/letter", language=language, format="pdf")

    assert answer.content.startswith(b"%PDF-")
    assert answer.headers["content-disposition"] == f'inline; filename="case-{case}-{language}.pdf"'
