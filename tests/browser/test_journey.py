"""Whole journeys: a referral from the queue to its answer through two people, and what happens when two are at once."""

from __future__ import annotations

import re
import uuid

import httpx
import pytest
from playwright.sync_api import Page

from api.roles import Role
from tests.browser.conftest import OpenPage
from tests.browser.site import MARKUP, Site, refer

GROUNDS = f"Checked with the bureau. {MARKUP}"


def conclude(page: Page, outcome: str, limit: str = "") -> None:
    """Fill in the form that ends a case, and stop at the page to check."""
    page.check("input[name='because.judgement']")
    page.check(f"input[name=outcome][value={outcome}]")
    if limit:
        page.fill("#limit", limit)
        page.fill("#apr", "10.95")
        page.fill("#term", "12")
    else:
        page.click("summary")
        page.locator("details input[type=checkbox]").first.check()
    page.fill("#grounds", GROUNDS)
    page.fill("#answer_zh", "经人工复核作出决定。")
    page.fill("#answer_en", "A person looked at your application.")
    page.click("button[value=check]")


def case_of(site: Site) -> str:
    """Refer a decision and give the address of its case."""
    return f"/console/cases/{refer(site)}"


def test_from_the_queue_to_the_answer(open_page: OpenPage, site: Site) -> None:
    """Claimed by key, the applicant asked, answered, recommended, declined by nobody, approved by a second person."""
    case = refer(site)
    first = open_page(Role.REVIEWER)
    first.goto("/console/queue")
    for _ in range(first.locator("a.row").count()):
        first.keyboard.press("j")
        if first.locator("[aria-selected] a.row").get_attribute("href") == f"/console/cases/{case}":
            break
    first.keyboard.press("c")
    first.wait_for_url(re.compile(rf"/console/cases/{case}\?done=claim"))
    first.click("text=Ask the applicant")
    first.fill("#question_zh", "请补充收入证明。")
    first.fill("#question_en", "Please send proof of your income.")
    first.click("button[value=check]")
    assert first.locator("h1").inner_text().startswith("Check before it stands")
    first.click("button[value=confirm]")
    assert "waiting for the applicant" in first.inner_text("dl.facts-line")

    answer(site, case)
    first.reload()
    assert "Here it is." in first.inner_text("#file ~ .part >> nth=1")
    first.click("aside >> text=Recommend")
    conclude(first, "approve", "60,000.00")
    assert "60,000.00" in first.inner_text("dl.check")
    first.click("button[value=confirm]")
    assert first.locator("[role=alert]").all_inner_texts() == []
    assert first.locator("[id=why-approve]").inner_text() == "it takes another person"

    second = open_page(Role.SUPERVISOR)
    second.goto(f"/console/cases/{case}")
    assert "Recommended by" in second.inner_text("p.waits")
    second.click("aside >> text=Approve")
    second.click("button[value=confirm]")
    assert "This case is concluded" in second.inner_text("aside")
    second.click("text=The decision it led to")
    assert "approve" in second.inner_text("h1")


def answer(site: Site, case: str, text: str = "Here it is.") -> None:
    """Answer as the integrator that asked for the decision."""
    with httpx.Client(
        base_url=site.address, headers={"Authorization": f"Bearer {site.keys[Role.INTEGRATOR]}"}
    ) as client:
        seen = client.get(f"/cases/{case}")
        headers = {"If-Match": seen.headers["ETag"], "Idempotency-Key": str(uuid.uuid4())}
        answered = client.post(f"/cases/{case}/answer", json={"text": text}, headers=headers)
        assert answered.status_code == 200, answered.text


def test_what_is_wrong_with_a_form_is_said_and_nothing_lost(open_page: OpenPage, site: Site) -> None:
    """A form without reasons comes back with what is missing, and with everything that was written."""
    page = open_page(Role.REVIEWER)
    page.goto(case_of(site))
    page.click("aside >> text=Claim")
    page.click("aside >> text=Conclude")
    page.fill("#grounds", GROUNDS)
    with page.expect_response(lambda response: response.status == 422):
        page.click("button[value=check]")

    assert "tick one to five reasons" in page.inner_text("[role=alert]")
    assert page.input_value("#grounds") == GROUNDS


def test_who_comes_second_is_told_what_happened(open_page: OpenPage, site: Site) -> None:
    """Two people open the same case; the slower one's click changes nothing and explains itself."""
    case = case_of(site)
    slow, fast = open_page(Role.REVIEWER), open_page(Role.SUPERVISOR)
    for page in (slow, fast):
        page.goto(case)
    fast.click("aside >> text=Claim")
    with slow.expect_response(lambda response: response.status == 412):
        slow.click("aside >> text=Claim")

    assert "The case has changed" in slow.inner_text("h1")
    assert "claimed" in slow.inner_text("main")


def test_a_button_that_is_off_says_why(open_page: OpenPage, site: Site) -> None:
    """Before anybody claims a case, concluding is off, and the reason stands beside the button."""
    page = open_page(Role.REVIEWER)
    page.goto(case_of(site))

    assert page.locator("[aria-describedby=why-conclude]").is_disabled()
    assert page.inner_text("#why-conclude") == "claim it first"


def test_the_queue_renews_itself(open_page: OpenPage, site: Site) -> None:
    """A case that is opened while somebody looks at the queue appears without a reload."""
    page = open_page(Role.REVIEWER)
    with page.expect_response("**/console/queue/news"):
        page.goto("/console/queue?whose=all")
    page.wait_for_timeout(1_500)  # the stream tells changes since it began
    case = refer(site)

    page.wait_for_selector(f"a[href='/console/cases/{case}']")


@pytest.mark.parametrize("script", [True, False])
def test_markup_in_free_text_stays_text(open_page: OpenPage, site: Site, *, script: bool) -> None:
    """What a reviewer writes is shown letter by letter, on the page to check and in the file."""
    page = open_page(Role.REVIEWER, script=script)
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(case_of(site))
    page.click("aside >> text=Claim")
    page.click("aside >> text=Note")
    page.fill("#text", GROUNDS)
    page.click("button[value=check]")

    assert MARKUP in page.inner_text(".part")
    assert page.locator("img[src=x]").count() == 0
