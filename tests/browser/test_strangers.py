"""What others try on somebody's browser: forms from elsewhere, a wrong token, a session planted before."""

from __future__ import annotations

from playwright.sync_api import Page, Route

from api.console.entrance import SESSION_COOKIE
from api.roles import Role
from tests.browser.conftest import OpenPage, sign_in
from tests.browser.site import Site, refer

ELSEWHERE = "http://elsewhere.localhost/"
PLANTED = "p" * 43
CLAIM = "aside .can >> text='Claim'"  #: the whole word, not that of `Renew the claim`


def held(page: Page) -> str:
    """Give the session a browser holds, empty if none."""
    return next((each["value"] for each in page.context.cookies() if each["name"] == SESSION_COOKIE), "")


def claimable(page: Page, case: str) -> bool:
    """Whether nobody holds a case."""
    page.goto(f"/console/cases/{case}")
    return page.locator(CLAIM).count() == 1


def test_a_form_from_elsewhere_does_nothing(open_page: OpenPage, site: Site) -> None:
    """Another site posts a claim from the browser of somebody who is signed in (CSRF): nobody claims."""
    case = refer(site)
    page = open_page(Role.SUPERVISOR)
    form = f"<form method=post action='{site.address}/console/cases/{case}/claim'><button>Win</button></form>"

    def serve(route: Route) -> None:
        route.fulfill(body=form, content_type="text/html")

    other = page.context.new_page()
    other.route(f"{ELSEWHERE}**", serve)
    other.goto(ELSEWHERE)
    with other.expect_response(lambda answer: answer.url.endswith("/claim")) as caught:
        other.click("button")

    assert caught.value.status in {303, 403}
    assert claimable(page, case)


def test_a_form_with_another_token_does_nothing(open_page: OpenPage, site: Site) -> None:
    """The form of a case, sent with the token of somebody else's session, is refused; with its own it is taken."""
    case = refer(site)
    page = open_page(Role.SUPERVISOR)
    assert claimable(page, case)
    page.evaluate("document.querySelectorAll('input[name=token]').forEach(each => each.value = 'f'.repeat(64))")
    with page.expect_response(lambda answer: answer.request.method == "POST") as caught:
        page.click(CLAIM)

    assert caught.value.status == 403
    assert claimable(page, case)
    with page.expect_navigation():
        page.click(CLAIM)
    assert not claimable(page, case)


def test_a_planted_session_never_becomes_good(open_page: OpenPage, site: Site) -> None:
    """Who knows a browser's session from before the sign-in (fixation) is not signed in by it afterwards."""
    victim, attacker = open_page(None), open_page(None)
    for page in (victim, attacker):
        page.goto("/console/sign-in")
        page.evaluate("value => document.cookie = value", f"{SESSION_COOKIE}={PLANTED}; Secure; Path=/")
        assert held(page) == PLANTED
    sign_in(victim, site.keys[Role.REVIEWER])
    attacker.goto("/console/queue")

    assert held(victim) not in {"", PLANTED}
    assert victim.url.endswith("/console/queue")
    assert "/console/sign-in" in attacker.url
