"""Pictures of the console for the documentation: `python -m tests.browser.screens` draws docs/screens anew."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from urllib.parse import urlencode

from playwright.sync_api import Browser, sync_playwright

from api.roles import Role
from tests.browser.conftest import FLAGS, LOCALES, sign_in
from tests.browser.site import Site, served
from tests.repository import ROOT

FOLDER = ROOT / "docs" / "screens"
#: name -> who looks, in which language, dark or not, at what
SCREENS: dict[str, tuple[Role, str, bool, str]] = {
    "queue": (Role.REVIEWER, "en", False, "/console/queue?whose=all"),
    "case": (Role.SUPERVISOR, "en", False, "case"),
    "appeal": (Role.SUPERVISOR, "en", False, "appeal"),
    "conclude": (Role.SUPERVISOR, "zh", False, "case/conclude"),
    "decisions": (Role.COMPLIANCE, "en", False, "/console/decisions"),
    "decision": (Role.COMPLIANCE, "zh", False, "decision"),
    "decision-dark": (Role.COMPLIANCE, "en", True, "decision"),
    "policies": (Role.AUTHOR, "zh", False, "/console/policies"),
    "policy": (Role.AUTHOR, "en", False, "/console/policies/opening"),
    "line": (Role.COMPLIANCE, "en", False, "line"),
    "statistics": (Role.SUPERVISOR, "en", False, "/console/statistics"),
    "log": (Role.COMPLIANCE, "en", False, "/console/log"),
    "verification": (Role.COMPLIANCE, "zh", False, "/console/log/check"),
    "users": (Role.ADMIN, "zh", False, "/console/users"),
    "keys": (Role.ADMIN, "en", False, "/console/keys"),
}


def main() -> None:
    """Draw every screen."""
    browser_path = shutil.which("chromium") or shutil.which("google-chrome")
    FOLDER.mkdir(exist_ok=True)
    with (
        tempfile.TemporaryDirectory() as folder,
        served(Path(folder), markup="", days=30) as site,
        sync_playwright() as tool,
    ):
        browser = tool.chromium.launch(executable_path=browser_path, args=[*FLAGS])
        _draw(browser, site, "sign-in", None, "en", False, "/console/sign-in")
        for name, (role, language, dark, path) in SCREENS.items():
            _draw(browser, site, name, role, language, dark, path)
        browser.close()


def _draw(browser: Browser, site: Site, name: str, role: Role | None, language: str, dark: bool, path: str) -> None:
    context = browser.new_context(
        base_url=site.address,
        locale=LOCALES[language],
        viewport={"width": 1280, "height": 860},
        color_scheme="dark" if dark else "light",
    )
    page = context.new_page()
    if role is not None:
        sign_in(page, site.keys[role])
    page.goto(_address(site, path))
    if name == "verification":
        page.click("form button.primary")
        page.wait_for_selector(".badge")
    page.wait_for_timeout(800)  # for the proof to be checked
    page.screenshot(path=FOLDER / f"{name}.png")
    context.close()


def _address(site: Site, path: str) -> str:
    if path == "decision":
        return f"/console/decisions/{site.decisions['opening/reject']}"
    if path == "appeal":
        return f"/console/cases/{site.appeal}"
    if path == "line":
        return f"/console/lines?{urlencode({'subject': site.reference})}"
    return f"/console/cases/{site.case}{path.removeprefix('case')}" if path.startswith("case") else path


if __name__ == "__main__":
    main()
