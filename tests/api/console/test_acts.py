"""The page on which an action is checked tells all that would refuse it, before anybody confirms it."""

from __future__ import annotations

import html
from functools import partial
from typing import Any

import pytest
from litestar import Litestar

from api.accounts.errors import LineRefuses
from api.accounts.keeping import Lines
from api.errors import Mistake
from api.roles import Role
from tests.api.casework.conftest import Office, conclusion
from tests.api.conftest import Clock, NewKey, service_of
from tests.api.console.conftest import Visitor, hidden

TEXTS = {"grounds": "It was weighed.", "answer_zh": "同意。", "answer_en": "Approved."}
APPROVAL = {
    "result": "decide",
    "because.judgement": "1",
    "outcome": "approve",
    "limit": "10,000.00",
    "apr": "12",
    "term": "12",
}


@pytest.fixture
def case(new_key: NewKey, clock: Clock, reviewer: Visitor) -> str:
    """Refer an application, and have the reviewer of the console claim its case."""
    reviewer.client.headers["Authorization"] = f"Bearer {new_key(Role.INTEGRATOR)}"
    _, referred = Office(reviewer.client, new_key, clock).refer()
    del reviewer.client.headers["Authorization"]
    assert _send(reviewer, referred, "claim", {}, version=1).status_code == 303
    return referred


def _send(
    visitor: Visitor, case: str, action: str, fields: dict[str, str], version: int = 2, step: str = "check"
) -> Any:
    sent = {**fields, "token": visitor.token(), "version": str(version), "step": step}
    return visitor.post(f"/console/cases/{case}/{action}", sent)


WRONG = {
    "an amount that is not offered": ({**APPROVAL, "term": ""}, "the policy offers it with this outcome"),
    "an adverse outcome without a reason": ({**APPROVAL, "outcome": "reject"}, "an adverse decision gives its reasons"),
    "no outcome": ({**APPROVAL, "outcome": ""}, "decision.outcome"),
}


@pytest.mark.parametrize("action", ["conclude", "recommend"])
@pytest.mark.parametrize("what", WRONG)
def test_what_the_policy_does_not_allow_is_told_before_it_is_confirmed(
    reviewer: Visitor, case: str, what: str, action: str
) -> None:
    """The form comes back with the mistake and everything that was filled in, not with a page to confirm."""
    fields, told = WRONG[what]
    answer = _send(reviewer, case, action, {**TEXTS, **fields})
    page = html.unescape(answer.text)

    assert (answer.status_code, told in page) == (422, True)
    assert "It was weighed." in page
    assert 'value="confirm"' not in page


def test_a_cap_holds_at_the_check(reviewer: Visitor, case: str) -> None:
    """An amount above the policy's cap is told with the rule that sets it."""
    answer = _send(reviewer, case, "recommend", {**TEXTS, **APPROVAL, "limit": "100,000.01"})

    assert (answer.status_code, "is above the cap of rule" in answer.text) == (422, True)


def test_what_takes_a_second_person_is_told_before_it_is_confirmed(reviewer: Visitor, case: str) -> None:
    """Above the amount of the rulebook the check says that one person is not enough; recommending it goes on."""
    above = {**TEXTS, **APPROVAL, "limit": "60,000"}
    alone = _send(reviewer, case, "conclude", above)
    together = _send(reviewer, case, "recommend", above)

    assert (alone.status_code, together.status_code) == (422, 200)
    assert 'value="confirm"' not in alone.text
    assert 'value="confirm"' in together.text


def test_a_line_that_does_not_allow_it_is_told_before_it_is_confirmed(
    reviewer: Visitor, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the account would refuse in the transaction is asked at the check as well."""

    def refusing(*_: Any) -> None:
        raise LineRefuses(mistakes=[Mistake("decision", "the line is closed", "decide otherwise")])

    monkeypatch.setattr(Lines, "tried", refusing)

    answer = _send(reviewer, case, "conclude", {**TEXTS, **APPROVAL})

    assert (answer.status_code, "the line is closed" in answer.text) == (422, True)


def test_checking_does_nothing_to_the_case(app: Litestar, reviewer: Visitor, case: str) -> None:
    """It leaves the record of having opened the facts and no step; what was checked can then be confirmed."""
    log = service_of(app).log
    before = log.size()
    checked = _send(reviewer, case, "conclude", {**TEXTS, **APPROVAL})
    kinds = [log.entry(index) for index in range(before, log.size())]

    assert checked.status_code == 200
    assert [b'"sealed_read"' in each for each in kinds] == [True]
    confirmed = reviewer.post(
        f"/console/cases/{case}/conclude", {**hidden(checked.text), "token": reviewer.token(), "step": "confirm"}
    )
    assert (confirmed.status_code, confirmed.headers["location"]) == (303, f"/console/cases/{case}?done=conclude")


def test_a_case_that_moved_is_told_at_the_check(new_key: NewKey, reviewer: Visitor, case: str) -> None:
    """Whoever fills in a form made from an older version is shown what happened meanwhile, at once."""
    supervisor = {"Authorization": f"Bearer {new_key(Role.SUPERVISOR)}", "If-Match": '"2"'}
    noted = reviewer.client.post(f"/cases/{case}/note", json={"text": "seen"}, headers=supervisor)
    assert noted.status_code == 200

    assert _send(reviewer, case, "conclude", {**TEXTS, **APPROVAL}).status_code == 412


MARKUP = "<img src=x onerror=alert(1)>\"'</textarea></dd> &amp; {{ 7*7 }} \u202egpj.exe \u2066مرحبا"


@pytest.fixture
def appealed(new_key: NewKey, clock: Clock, visitor: Visitor) -> str:
    """Have an appeal filed and a conclusion recommended, and sign a supervisor in who did neither."""
    visitor.client.headers["Authorization"] = f"Bearer {new_key(Role.INTEGRATOR)}"
    office = Office(visitor.client, new_key, clock)
    found = str(office.appeal(office.decide()["id"]).json()["id"])
    office.done("ada", found, "claim")
    office.done("ada", found, "recommend", conclusion("uphold"))
    del visitor.client.headers["Authorization"]
    assert visitor.sign_in(new_key(Role.SUPERVISOR)).status_code == 303
    return found


@pytest.mark.parametrize("action", ["escalate", "extend", "decline"])
def test_a_text_stays_text_from_the_form_to_the_file(visitor: Visitor, appealed: str, action: str) -> None:
    """Why one declines, extends or escalates is shown letter by letter: to be checked, changed, and in the file."""
    written, send = {"text": MARKUP}, partial(_send, visitor, appealed, action, version=3)
    pages = [send(written), send(written, step="edit")]
    confirmed = send({**hidden(pages[0].text), **written}, step="confirm")
    pages.append(visitor.get(f"/console/cases/{appealed}"))

    assert confirmed.status_code == 303
    for shown in pages:
        assert shown.status_code == 200
        assert MARKUP in html.unescape(shown.text)
        assert "<img src=x" not in shown.text


@pytest.mark.parametrize("action", ["note", "escalate", "extend", "decline"])
@pytest.mark.parametrize("text", [" \u3000 ", "approved\x1b[2J", "x" * 10_001], ids=["blank", "control", "long"])
def test_a_text_nobody_can_read_comes_back_with_the_form(
    visitor: Visitor, appealed: str, action: str, text: str
) -> None:
    """No reason, a control character or too much of it: told in words, with what was written, and nothing is done."""
    answer = _send(visitor, appealed, action, {"text": text}, version=3)

    assert (answer.status_code, "regex" in answer.text) == (422, False)
    assert html.escape(text.strip()) in answer.text
    assert 'value="confirm"' not in answer.text
    assert 'name="version" value="3"' in visitor.get(f"/console/cases/{appealed}").text


def test_an_extension_nobody_grants_is_told_before_it_is_confirmed(visitor: Visitor, appealed: str) -> None:
    """What the jurisdiction does not grant is not offered for confirmation."""
    for version in (3, 4):
        assert _send(visitor, appealed, "extend", {"text": "complex"}, version, step="confirm").status_code == 303
    answer = _send(visitor, appealed, "extend", {"text": "more"}, version=5)

    assert (answer.status_code, 'value="confirm"' in answer.text) == (422, False)
