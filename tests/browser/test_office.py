"""More journeys: an appeal that overturns, a claim that lapsed, documents, users, hostile text wherever one writes."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from playwright.sync_api import Page

from api.roles import Role
from tests.browser.conftest import OpenPage, sign_in_as
from tests.browser.site import MARKUP, Site, appeal, refer, rejected
from tests.browser.test_journey import answer, case_of, conclude
from tests.browser.test_pages import violations

PDF = b"%PDF-1.7 made up"
OWN = "four words nobody says"


def confirmed(page: Page) -> None:
    """Go past the page to check."""
    page.click("button[value=confirm]")
    assert page.locator("[role=alert]").all_inner_texts() == []


def test_an_appeal_is_overturned_and_answered_by_letter(open_page: OpenPage, site: Site) -> None:
    """Claimed, recommended to be overturned, approved by a second person, and the letter says what was decided."""
    case = appeal(site, rejected(site))
    first = open_page(Role.REVIEWER)
    first.goto(f"/console/cases/{case}")
    assert "I was never told." in first.inner_text(".part")
    first.click("aside >> text=Claim")
    first.click("aside >> text=Recommend")
    first.check("input[name=result][value=overturn]")
    conclude(first, "approve", "20,000.00")
    confirmed(first)

    second = open_page(Role.SUPERVISOR)
    second.goto(f"/console/cases/{case}")
    second.click("aside >> text=Approve")
    confirmed(second)
    with second.expect_popup() as opened:
        second.click("text=Letter to the applicant")
    letter = opened.value
    assert "A person looked at your application." in letter.inner_text("body")
    assert violations(letter) == []


def test_a_claim_that_lapsed_is_anothers_to_take(open_page: OpenPage, site: Site) -> None:
    """Whoever went away for longer than the lease finds the case with somebody else, and what they wrote given back."""
    case = case_of(site)
    late, other = open_page(Role.REVIEWER), open_page(Role.SUPERVISOR)
    late.goto(case)
    late.click("aside >> text=Claim")
    late.click("aside >> text=Ask the applicant")
    late.fill("#question_zh", "请补充收入证明。")
    late.fill("#question_en", "Please send proof of your income.")
    site.clock.back -= dt.timedelta(minutes=31)
    other.goto(case)
    other.click("aside >> text=Claim")
    with late.expect_response(lambda response: response.status == 412):
        late.click("button[value=check]")
        if late.locator("button[value=confirm]").count():
            late.click("button[value=confirm]")

    assert "The case has changed" in late.inner_text("h1")
    assert late.input_value("#kept-question_en") == "Please send proof of your income."


@pytest.mark.parametrize("script", [True, False])
def test_a_document_is_attached_by_a_plain_form(open_page: OpenPage, site: Site, *, script: bool) -> None:
    """With and without JavaScript; it comes back to be saved, and what is none is refused with its reason."""
    page = open_page(Role.REVIEWER, script=script)
    page.goto(case_of(site))
    page.click("details.more summary")
    page.set_input_files("#document", {"name": f"{MARKUP}.pdf", "mimeType": "application/pdf", "buffer": PDF})
    page.click(".attach button")
    assert "Attach a document" in page.inner_text("[role=status]")
    with page.expect_download() as download:
        page.click(".timeline a[href*=attachments]")
    assert download.value.path().read_bytes() == PDF

    page.click("details.more summary")
    page.set_input_files("#document", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"<script>"})
    page.click(".attach button")
    assert "does not begin as" in page.inner_text("[role=alert]") or "is not taken" in page.inner_text("[role=alert]")


def test_hostile_text_stays_text_wherever_one_writes(open_page: OpenPage, site: Site) -> None:
    """Question, answer, note, document, grounds, escalation: all of it is shown letter by letter."""
    case = refer(site)
    page = open_page(Role.SUPERVISOR)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(f"/console/cases/{case}")
    page.click("aside >> text=Claim")
    page.click("aside >> text=Ask the applicant")
    page.fill("#question_zh", MARKUP)
    page.fill("#question_en", MARKUP)
    page.click("button[value=check]")
    confirmed(page)
    answer(site, case, MARKUP)
    for action in ("Note", "Escalate"):
        page.goto(f"/console/cases/{case}")
        page.click(f"aside >> text={action}")
        page.fill("#text", f"{action} {MARKUP}")
        page.click("button[value=check]")
        if action == "Escalate":
            assert MARKUP in page.inner_text("dl.check")
            confirmed(page)
    page.goto(f"/console/cases/{case}")
    if page.locator("aside .can >> text=Claim").count():
        page.click("aside >> text=Claim")
    page.click("aside >> text=Conclude")
    conclude(page, "reject")
    assert MARKUP in page.inner_text("dl.check")
    page.click("button[value=confirm]")
    page.goto(f"/console/cases/{case}")

    assert page.locator(".part").count() >= 4
    assert page.inner_text("main").count(MARKUP) >= 5
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_user_from_the_first_password_to_the_queue(open_page: OpenPage, site: Site, language: str) -> None:
    """Made by one administrator, confirmed by another, in with the handed password, and at work with their own."""
    login = f"new.{language}"
    admin = open_page(Role.ADMIN, language)
    admin.goto("/console/users")
    admin.fill("#name", f"新 {language} {MARKUP}")
    admin.fill("#login", login)
    admin.click("form[action='/console/users'] button")
    assert violations(admin) == []
    confirmed(admin)
    assert violations(admin) == []
    password = admin.inner_text(".secret")
    user = next(each.known for each in site.service.users.all() if each.person.login == login)
    site.service.users.confirm(user.id, user.version, "key:another")

    page = open_page(None, language, script=False)
    sign_in_as(page, login, password)
    assert page.url.endswith("/console/password")
    page.fill("#old", password)
    for field in ("#password", "#again"):
        page.fill(field, OWN)
    page.click("form[action='/console/password'] button")
    assert page.url.endswith("/console/queue")
    assert MARKUP in page.inner_text(".me")
    assert page.locator("img[src=x]").count() == 0


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_forms_answer_is_accessible_too(open_page: OpenPage, site: Site, language: str) -> None:
    """A page to check, one with mistakes, one that tells of a conflict, a refused document, a choice of password."""
    page, other = open_page(Role.SUPERVISOR, language, 390), open_page(Role.REVIEWER, language)
    case = case_of(site)
    for each in (page, other):
        each.goto(case)
    other.click("aside .can button")
    with page.expect_response(lambda response: response.status == 412):
        page.click("aside .can button")
    assert violations(page) == []
    other.goto(f"{case}/note")
    other.fill("#text", "x")
    other.goto(f"{case}/conclude")
    with other.expect_response(lambda response: response.status == 422):
        other.click("button[value=check]")
    assert violations(other) == []
    other.goto(f"{case}/release")
    assert violations(other) == []
    other.goto(case)
    other.click("aside details.more summary")
    other.set_input_files("#document", {"name": "a.pdf", "mimeType": "application/pdf", "buffer": b"<script>"})
    other.click(".attach button")
    assert violations(other) == []

    chooser = open_page(None, language, 390)
    sign_in_as(chooser, "li.wang", site.password)
    chooser.goto("/console/password")
    assert violations(chooser) == []
    assert re.search("王丽", chooser.inner_text(".me"))
