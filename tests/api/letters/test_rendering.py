"""HTML that is safe, plain and accessible: what people wrote stays text, and nothing comes from outside."""

from __future__ import annotations

import base64
import hashlib
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import msgspec
import pytest

from api.letters.letter import Letter
from api.letters.rendering import content_policy, html, style
from tests.api.letters.basis import letter
from tests.api.letters.golden import CASES, FOLDER
from tests.api.letters.test_composing import REFUSED, of

ATTACKS = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'-alert(1)-'",
    "</style><svg/onload=alert(1)>",
    "</title></head><body onload=alert(1)>",
    "{{ 7 * 7 }}{% raw %}",
    "javascript:alert(1)",
    "&lt;b&gt;&amp;",
    "\u202e<b>\u2028\u2029",
]


class Seen(HTMLParser):
    """Takes a page apart into tags with the names of their attributes, and text."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []
        self.values: dict[str, list[str]] = {}
        self.text: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append((tag, tuple(name for name, _ in attrs)))
        for name, value in attrs:
            self.values.setdefault(f"{tag}.{name}", []).append(value or "")

    def handle_data(self, data: str) -> None:
        """Note text."""
        self.text.append(data)


def seen(page: str) -> Seen:
    """Read a page."""
    found = Seen()
    found.feed(page)
    return found


def everywhere(value: Any, text: str, keep: frozenset[str] = frozenset({"language", "id"})) -> Any:
    """Put a text into every text of a letter, but those that never come from people."""
    if isinstance(value, str):
        return text
    if isinstance(value, tuple):
        return tuple(everywhere(each, text) for each in value)
    fields = {name: getattr(value, name) for name in value.__struct_fields__}
    changed = {name: each if name in keep else everywhere(each, text) for name, each in fields.items()}
    return msgspec.structs.replace(value, **changed)


@pytest.mark.parametrize("attack", ATTACKS)
def test_whatever_people_wrote_stays_text(attack: str) -> None:
    """In each place of the letter: the tags and attributes are those of a harmless word, and the text is as written."""
    whole = letter(of(REFUSED))
    safe, tried = seen(html(everywhere(whole, "word"))), seen(html(everywhere(whole, attack)))

    assert tried.tags == safe.tags
    assert "".join(tried.text).count(attack) == "".join(safe.text).count("word") - style().count("word")
    assert set(tried.values["meta.content"]) <= {"width=device-width, initial-scale=1", "noindex", attack}


def test_every_text_of_a_letter_is_reached_by_that_test() -> None:
    """A letter with a word everywhere has no text of its own left but the style sheet."""
    whole = everywhere(letter(of(REFUSED)), "word")
    assert isinstance(whole, Letter)
    text = "".join(seen(html(whole)).text).replace(style(), "")

    assert set(text.replace("word", "")) <= {"\n", " "}


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_letter_is_accessible(language: str) -> None:
    """Language, title, one main heading, headings in order, named sections, tables with headers and captions."""
    page = html(letter(of(REFUSED), language))
    found = seen(page)
    names = [tag for tag, _ in found.tags]

    assert found.values["html.lang"] == [{"zh": "zh-Hans", "en": "en"}[language]]
    assert names.count("h1") == names.count("main") == names.count("title") == 1
    assert next(name for name in names if re.fullmatch(r"h[1-6]", name)) == "h1"
    assert not {"h3", "h4"} & set(names)
    assert set(found.values["section.aria-labelledby"]) <= set(found.values["h2.id"])
    assert len(set(found.values["h2.id"])) == len(found.values["h2.id"])
    assert names.count("caption") == names.count("table")
    assert set(found.values["th.scope"]) <= {"row", "col"}
    assert len(found.values["th.scope"]) == names.count("th")


def test_nothing_comes_from_outside() -> None:
    """No script, no link, no image, no address in the style sheet; the content policy lets in the style sheet alone."""
    page = html(letter(of(REFUSED)))
    digest = base64.b64encode(
        hashlib.sha256(re.findall(r"<style>(.*)</style>", page, re.DOTALL)[0].encode()).digest()
    ).decode()

    assert not {"script", "link", "img", "iframe", "object", "a", "form"} & {tag for tag, _ in seen(page).tags}
    assert not re.search(r"url\(|@import|https?:", style())
    assert f"style-src 'sha256-{digest}'" in content_policy()
    assert content_policy().startswith("default-src 'none'")


@pytest.mark.parametrize("name", CASES)
def test_letters_are_the_golden_ones(name: str) -> None:
    """Byte for byte; a change that is meant is written by `python -m tests.api.letters.golden`."""
    assert html(CASES[name]()) == (FOLDER / f"{name}.html").read_text(encoding="utf-8")


def test_there_is_no_golden_letter_too_many() -> None:
    """Each file belongs to a case."""
    assert {path.stem for path in Path(FOLDER).iterdir()} == set(CASES)
