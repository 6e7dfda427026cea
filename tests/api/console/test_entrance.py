"""The way into the console: who gets in, for how long, and what no other site can make them do."""

from __future__ import annotations

import datetime as dt
import json
import re
from http.cookies import SimpleCookie

import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute

from api.admission import Because
from api.console.entrance import SESSION_COOKIE, inside
from api.roles import Role
from tests.api.conftest import Clock, NewKey, ask, service_of
from tests.api.console.conftest import Visitor, hidden


def session_of(visitor: Visitor) -> str:
    """Give what the browser holds."""
    return visitor.client.cookies[SESSION_COOKIE]


def test_a_stranger_is_sent_to_the_sign_in_and_back(visitor: Visitor, new_key: NewKey) -> None:
    """Whoever is not signed in is asked to, and then sees the page they wanted."""
    answer = visitor.get("/console/decisions?outcome=reject")

    assert answer.status_code == 303
    assert answer.headers["location"] == "/console/sign-in?next=%2Fconsole%2Fdecisions%3Foutcome%3Dreject"

    signed = visitor.sign_in(new_key(Role.REVIEWER), "%2Fconsole%2Fdecisions%3Foutcome%3Dreject")

    assert signed.headers["location"] == "/console/decisions?outcome=reject"
    assert visitor.get("/console/decisions?outcome=reject").status_code == 200


@pytest.mark.parametrize(
    "wanted",
    [
        "https://evil.example/",
        "//evil.example",
        "/console/../decisions\\evil",
        "/decisions",
        "/console/sign-out",
        "\n/console/x",
    ],
)
def test_the_way_back_never_leads_outside(wanted: str) -> None:
    """After the sign-in a browser goes to a page of the console, whatever the link said."""
    assert inside(wanted) == "/console/"


def test_the_cookie_is_the_browsers_alone(visitor: Visitor, new_key: NewKey) -> None:
    """No script reads it, no other host or site gets it, and it never travels in the clear."""
    answer = visitor.sign_in(new_key(Role.REVIEWER))
    cookie = SimpleCookie(next(each for each in answer.headers.get_list("set-cookie") if SESSION_COOKIE + "=" in each))

    morsel = cookie[SESSION_COOKIE]
    assert (morsel["httponly"], morsel["secure"], morsel["samesite"].lower()) == (True, True, "lax")
    assert (morsel["path"], morsel["domain"]) == ("/", "")
    assert len(morsel.value) >= 43


def test_signing_in_always_begins_a_new_session(visitor: Visitor, new_key: NewKey) -> None:
    """A session somebody planted beforehand (fixation) is not the one that is opened, and never becomes good."""
    visitor.client.cookies.set(SESSION_COOKIE, "planted", domain="testserver.local")
    visitor.sign_in(new_key(Role.REVIEWER))
    fresh = session_of(visitor)

    assert fresh != "planted"
    visitor.client.cookies.set(SESSION_COOKIE, "planted", domain="testserver.local")
    assert visitor.get("/console/decisions").status_code == 303


def test_who_signs_out_is_out_everywhere(reviewer: Visitor) -> None:
    """A copy of the cookie is worth nothing after the sign-out, and another sign-out changes nothing."""
    copied = session_of(reviewer)
    assert reviewer.post("/console/sign-out", {"token": reviewer.token()}).status_code == 303
    reviewer.client.cookies.set(SESSION_COOKIE, copied, domain="testserver.local")

    assert reviewer.get("/console/decisions").status_code == 303


def test_a_session_ends_by_itself(reviewer: Visitor, clock: Clock) -> None:
    """After its hours a session is over."""
    clock.now += dt.timedelta(hours=11, minutes=59)
    assert reviewer.get("/console/decisions").status_code == 200
    clock.now += dt.timedelta(minutes=2)

    assert reviewer.get("/console/decisions").status_code == 303


def test_a_revoked_key_ends_its_sessions(app: Litestar, visitor: Visitor, new_key: NewKey) -> None:
    """With the key go the sessions it opened, at once."""
    key = new_key(Role.REVIEWER)
    visitor.sign_in(key)
    service_of(app).keyring.revoke(key.split("_")[1], "cli", Because.LOST)

    assert visitor.get("/console/decisions").status_code == 303


@pytest.mark.parametrize("key", ["", "gk_0_0", "gk_000000000000_" + "x" * 43, "nonsense", "'; drop table --"])
def test_a_wrong_key_gets_no_particulars(visitor: Visitor, key: str) -> None:
    """The form comes back with one sentence, the same for every wrong key, and no session."""
    answer = visitor.sign_in(key)

    assert answer.status_code == 403
    assert ("not known here, or not good any more" if key else "Nobody is known here") in answer.text
    assert SESSION_COOKIE not in visitor.client.cookies


def test_a_machine_has_no_use_for_the_console(visitor: Visitor, key: str) -> None:
    """An integrator's key is good, but opens no session."""
    answer = visitor.sign_in(key)

    assert answer.status_code == 403
    assert "its role has no use" in answer.text


def test_signing_in_and_out_are_entries(app: Litestar, reviewer: Visitor) -> None:
    """The log tells who came and went, and nothing in it opens a session."""
    secret = session_of(reviewer)
    reviewer.post("/console/sign-out", {"token": reviewer.token()})
    log = service_of(app).log
    entries = [json.loads(log.entry(index)) for index in range(log.size())]
    kinds = [entry["kind"] for entry in entries]

    assert kinds[-2:] == ["session_opened", "session_closed"]
    assert entries[-1]["actor"] == entries[-2]["actor"]
    assert secret not in json.dumps(entries)


def forms(app: Litestar) -> list[str]:
    """Give the paths of the console that take a form from somebody who is signed in."""
    routes = [route for route in app.routes if isinstance(route, HTTPRoute) and route.path.startswith("/console")]
    return sorted(
        re.sub(r"\{[^}]*\}", "claim", route.path_format)
        for route in routes
        if "POST" in route.methods and not route.path.endswith("sign-in")
    )


def test_no_form_is_taken_from_elsewhere(app: Litestar, reviewer: Visitor) -> None:
    """Every form needs the token of its own session, and none that a browser says another site sent is taken."""
    token = reviewer.token()
    paths = forms(app)
    assert "/console/sign-out" in paths
    for path in paths:
        assert reviewer.post(path, {}).status_code == 403
        assert reviewer.post(path, {"token": "x" * 64}).status_code == 403
        assert reviewer.post(path, {"token": token}, Origin="https://evil.example").status_code == 403
        assert reviewer.post(path, {"token": token}, Origin="null").status_code == 403

    assert reviewer.get("/console/decisions").status_code == 200


def test_another_sessions_token_is_no_token(app: Litestar, reviewer: Visitor, new_key: NewKey) -> None:
    """A token belongs to one session; that of a colleague, or of the same person yesterday, does not do."""
    old = reviewer.token()
    reviewer.sign_in(new_key(Role.REVIEWER))

    assert reviewer.post("/console/sign-out", {"token": old}).status_code == 403


def test_the_sign_in_form_belongs_to_its_browser(visitor: Visitor, new_key: NewKey) -> None:
    """Nobody can sign somebody else's browser in under a key of theirs (login CSRF)."""
    fields = {**hidden(visitor.get("/console/sign-in").text), "key": new_key(Role.REVIEWER)}
    visitor.client.cookies.clear()

    assert visitor.post("/console/sign-in", fields).status_code == 403


def test_a_nul_in_a_form_is_a_mistake(visitor: Visitor) -> None:
    """What PostgreSQL can hold in no text is refused before anything is looked up."""
    answer = visitor.post("/console/sign-in", {**hidden(visitor.get("/console/sign-in").text), "key": "a\0"})

    assert answer.status_code == 422
    assert "NUL" in answer.text


def test_no_page_opens_for_a_role_that_may_not(visitor: Visitor, new_key: NewKey) -> None:
    """A policy author sees policies, and is told plainly that decisions and cases are not theirs."""
    visitor.sign_in(new_key(Role.AUTHOR))

    assert visitor.get("/console/policies").status_code == 200
    for path in ("/console/decisions", "/console/queue", "/console/log", "/console/cases/any"):
        answer = visitor.get(path)
        assert answer.status_code == 403
        assert "This is not yours to do" in answer.text


def test_an_api_key_in_a_header_opens_no_page(visitor: Visitor, new_key: NewKey) -> None:
    """The console knows sessions only, so that its forms cannot be sent by a page that learned a key."""
    headers = {"Authorization": f"Bearer {new_key(Role.REVIEWER)}"}

    assert visitor.client.get("/console/decisions", headers=headers, follow_redirects=False).status_code == 303


def test_nothing_inline_and_nothing_from_outside(reviewer: Visitor) -> None:
    """Each page forbids inline code and other hosts, and has none of either."""
    for path in ("/console/queue", "/console/decisions", "/console/policies/tiny", "/console/log"):
        page = reviewer.get(path)
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert policy.startswith("default-src 'none'; script-src 'self'; style-src 'self';")
        assert not re.search(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=|javascript:", page.text)
        assert not re.search(r'(?:src|href|action)="(?:https?:)?//', page.text)


def test_a_reader_chooses_the_language(reviewer: Visitor) -> None:
    """The browser's wish counts until the reader says otherwise; an unknown language is English."""
    assert 'lang="en"' in reviewer.client.get("/console/log", headers={"Accept-Language": "fr"}).text
    assert 'lang="zh-CN"' in reviewer.client.get("/console/log", headers={"Accept-Language": "zh-TW,zh;q=0.9"}).text
    answer = reviewer.get("/console/language?to=zh&back=/console/log")
    assert answer.headers["location"] == "/console/log"

    assert 'lang="zh-CN"' in reviewer.client.get("/console/log", headers={"Accept-Language": "en"}).text


def test_a_reference_is_shown_as_text(app: Litestar, reviewer: Visitor, key: str) -> None:
    """Markup in a reference is not markup in a page."""
    reviewer.client.headers["Authorization"] = f"Bearer {key}"
    made = ask(reviewer.client, {"policy": "tiny", "subject": "<script>x</script>", "facts": {"score": 400}}).json()
    del reviewer.client.headers["Authorization"]
    page = reviewer.get(f"/console/decisions/{made['id']}").text

    assert "<script>x" not in page
    assert "&lt;script&gt;x&lt;/script&gt;" in page
