"""Debian's chromium, driven by Playwright; a page that complains or asks another host for something fails its test."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, Error, Page, Request, sync_playwright

from api.roles import Role
from tests.browser.site import Site, served

FLAGS = (
    "--no-sandbox",  # CI runs as root
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
LOCALES = {"zh": "zh-CN", "en": "en-GB"}
OpenPage = Callable[..., Page]
NOWHERE = "/console/decisions/nobody"  #: a page that is not there, on purpose


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Start a browser for a file of tests; without one they are skipped, and with CI set that is a failure.

    Playwright's event loop stays in this thread until it is stopped; tests of other files want loops of their own.
    """
    path = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if path is None:
        message = "no chromium on PATH (Debian: apt-get install chromium)"
        pytest.fail(message) if os.environ.get("CI") else pytest.skip(message)
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=path, args=[*FLAGS])
        yield started
        started.close()


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Serve the site all tests look at."""
    with served(tmp_path_factory.mktemp("site")) as made:
        yield made


@pytest.fixture
def open_page(browser: Browser, site: Site) -> Iterator[OpenPage]:
    """Open pages as somebody of a role, in a language, at a width; what a page complains about fails the test."""
    contexts, complaints = [], []

    def hear(message: ConsoleMessage) -> None:
        meant = message.location["url"].endswith(NOWHERE) or re.search(r"status of 4(03|12|22)", message.text)
        if message.type in {"error", "warning"} and not meant:
            complaints.append(message.text)

    def watch(request: Request) -> None:
        if not request.url.startswith((site.address, "data:", "blob:")):
            complaints.append(f"asked for {request.url}")

    def fail(error: Error) -> None:
        complaints.append(str(error))

    def make(
        role: Role | None = Role.COMPLIANCE,
        language: str = "en",
        width: int = 1280,
        *,
        script: bool = True,
        dark: bool = False,
    ) -> Page:
        context = browser.new_context(
            base_url=site.address,
            locale=LOCALES[language],
            viewport={"width": width, "height": 900},
            java_script_enabled=script,
            color_scheme="dark" if dark else "light",
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", hear)
        page.on("request", watch)
        page.on("pageerror", fail)
        if role is not None:
            sign_in(page, site.keys[role])
        return page

    yield make
    for context in contexts:
        context.close()
    assert complaints == []


def sign_in_as(page: Page, user: str, password: str) -> None:
    """Sign in by name and password."""
    page.goto("/console/sign-in")
    page.fill("#user", user)
    page.fill("#password", password)
    page.click("form[action='/console/sign-in'] button")


def sign_in(page: Page, key: str) -> None:
    """Sign in by hand."""
    page.goto("/console/sign-in")
    page.click("details summary")
    page.fill("#key", key)
    page.click("form[action='/console/sign-in'] button")
