"""The proof badge: the browser itself checks entry, tree and signature, and says so if one of them does not fit."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, Route

from tests.browser.conftest import OpenPage
from tests.browser.site import Site
from tests.browser.test_pages import address

Forgery = Callable[[dict[str, str]], None]


def shown(page: Page) -> str:
    """Wait for the badge's last word."""
    page.wait_for_selector(".badge[data-state=proven], .badge[data-state=failed], .badge[data-state=unable]")
    state = page.get_attribute(".badge", "data-state")
    assert state is not None
    return state


def flip(text: str, at: int) -> str:
    """Change one bit of bytes in base64."""
    raw = bytearray(base64.b64decode(text))
    raw[at] ^= 1
    return base64.b64encode(raw).decode()


def _entry(proof: dict[str, str]) -> None:
    proof["entry"] = flip(proof["entry"], 40)


def _path(proof: dict[str, str]) -> None:
    lines = proof["receipt"].split("\n")
    lines[2] = flip(lines[2], 0)
    proof["receipt"] = "\n".join(lines)


def _short_path(proof: dict[str, str]) -> None:
    lines = proof["receipt"].split("\n")
    del lines[2]
    proof["receipt"] = "\n".join(lines)


def _root(proof: dict[str, str]) -> None:
    proof["receipt"] = _line_after(proof["receipt"], 3)


def _signature(proof: dict[str, str]) -> None:
    head, _, signature = proof["receipt"].rstrip("\n").rpartition(" ")
    proof["receipt"] = f"{head} {flip(signature, 20)}\n"


def _key(proof: dict[str, str]) -> None:
    name, hashed, key = proof["vkey"].split("+", 2)  # base64 has this sign, too
    proof["vkey"] = f"{name}+{hashed}+{flip(key, 5)}"


def _line_after(receipt: str, number: int) -> str:
    """Change a line of the checkpoint."""
    proof, _, note = receipt.partition("\n\n")
    lines = note.split("\n")
    lines[number - 1] = flip(lines[number - 1], 0)
    return f"{proof}\n\n" + "\n".join(lines)


def test_a_decision_is_proven_in_the_browser(open_page: OpenPage, site: Site) -> None:
    """The entry's hash leads to the signed root, and the signature is the log's."""
    page = open_page()
    page.goto(address(site, "a rejection"))

    assert shown(page) == "proven"


@pytest.mark.parametrize("forge", [_entry, _path, _short_path, _root, _signature, _key])
def test_whatever_is_forged_is_noticed(open_page: OpenPage, site: Site, forge: Forgery) -> None:
    """One bit of the entry, the path, the root, the signature or the key, or a hash left out: not proven."""

    def tampered(route: Route) -> None:
        proof = route.fetch().json()
        forge(proof)
        route.fulfill(body=json.dumps(proof), content_type="application/json")

    page = open_page()
    page.route("**/console/log/proofs/*", tampered)
    page.goto(address(site, "a rejection"))

    assert shown(page) == "failed"
