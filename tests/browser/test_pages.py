"""Every page in both languages, wide and narrow, light and dark: accessible, inside its width, from this host only."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page

from api.roles import Role
from tests.browser.conftest import OpenPage
from tests.browser.site import Site

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text()
PAGES = {
    "sign-in": "/console/sign-in",
    "decisions": "/console/decisions",
    "decisions, narrowed": "/console/decisions?outcome=reject&since=2020-01-01",
    "decisions, none": "/console/decisions?rule=no-such-rule",
    "a rejection": "opening/reject",
    "an approval": "opening/approve",
    "a referral, whole graph": "opening/refer?graph=whole",
    "policies": "/console/policies",
    "a policy": "/console/policies/opening",
    "what changed in a policy": "/console/policies/opening/versions",
    "the queue": "/console/queue",
    "a case": "case",
    "a form": "case/conclude",
    "an appeal and a line": "appeal",
    "a line, not asked for": "/console/lines",
    "a line": "line",
    "statistics": "/console/statistics",
    "keys": "/console/keys",
    "users": "/console/users",
    "not theirs": "/console/queue",
    "a verification": "/console/log/check",
    "the log": "/console/log",
    "an entry": "/console/log/entries/1",
    "nothing there": "/console/decisions/nobody",
}

ROLES = {"keys": Role.ADMIN, "users": Role.ADMIN, "not theirs": Role.AUTHOR}
STATUS = {"nothing there": 404, "not theirs": 403}


def address(site: Site, page: str) -> str:
    """Give the address of a page of the table."""
    path = PAGES[page]
    if path.startswith("/"):
        return path
    if path == "appeal":
        return f"/console/cases/{site.appeal}"
    if path == "line":
        return f"/console/lines?{urlencode({'subject': site.reference})}"
    if path.startswith("case"):
        return f"/console/cases/{site.case}{path.removeprefix('case')}"
    decision, _, query = path.partition("?")
    return f"/console/decisions/{site.decisions[decision]}?{query}"


def violations(page: Page) -> list[str]:
    """Name what axe finds wrong with a page (WCAG 2.2 A and AA, and its best practices)."""
    page.evaluate(AXE)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{each['id']}: {node['html'][:200]} {node['failureSummary']}"
        for each in found["violations"]
        for node in each["nodes"]
    ]


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_a_page_is_accessible_and_fits(open_page: OpenPage, site: Site, page: str, language: str) -> None:
    """axe finds nothing, wide or narrow, light or dark, and nothing but the graph and tables scrolls sideways."""
    for width, dark in ((1280, False), (390, True)):
        shown = open_page(ROLES.get(page, Role.SUPERVISOR), language, width, dark=dark)
        answer = shown.goto(address(site, page))

        assert answer is not None
        assert answer.status == STATUS.get(page, 200)
        assert violations(shown) == []
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
        assert shown.get_attribute("html", "lang") == {"zh": "zh-CN", "en": "en"}[language]


def test_twice_the_size_still_fits(open_page: OpenPage, site: Site) -> None:
    """At 200 % zoom a page is as narrow as half the window, and still reads from top to bottom."""
    page = open_page(Role.COMPLIANCE, "en", 640)
    page.goto(address(site, "a rejection"))

    assert page.evaluate("document.documentElement.scrollWidth") <= 640


def test_pages_work_without_script(open_page: OpenPage, site: Site) -> None:
    """Signing in, searching, reading and signing out take no JavaScript; a proof says that it was not checked."""
    page = open_page(Role.COMPLIANCE, "en", script=False)
    page.goto("/console/decisions")
    page.fill("#since", "2020-01-01")
    page.click("text=Find")
    page.click(".counts a >> text=reject")
    page.click("a.row")

    assert "Not checked yet" in page.inner_text("[data-proof]")

    page.click("text=Sign out")

    assert page.url.endswith("/console/sign-in")
    page.goto("/console/decisions")
    assert "/console/sign-in" in page.url


def test_hostile_text_stays_text(open_page: OpenPage, site: Site) -> None:
    """A reference full of markup is shown as it was written, and nothing of it runs."""
    page = open_page()
    page.on("dialog", lambda dialog: pytest.fail(f"a script ran: {dialog.message}"))
    page.goto(address(site, "a rejection"))

    assert "<img src=x onerror=alert(1)>" in page.inner_text("dl.facts-line")
    assert page.locator("img[src=x]").count() == 0
