"""Letters that are kept as they are to be; `python -m tests.api.letters.golden` writes them anew after a change."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from api.letters.letter import Letter
from api.letters.rendering import html
from tests.api.letters.basis import account, example, letter

FOLDER = Path(__file__).parent / "pages"


def _made(policy: str, name: str, language: str, jurisdiction: str) -> Letter:
    return letter(account(policy, example(policy, name)), language, jurisdiction)


CASES: dict[str, Callable[[], Letter]] = {
    "refused-zh-cn": partial(_made, "limit_increase", "a score below 600", "zh", "CN"),
    "refused-en-us": partial(_made, "limit_increase", "a score below 600", "en", "US"),
    "general-zh-cn": partial(_made, "limit_increase", "identity data that do not match", "zh", "CN"),
    "approved-en-uk": partial(_made, "limit_increase", "the income carries less than the full step", "en", "UK"),
    "referred-zh-eu": partial(_made, "limit_increase", "a restructured debt goes to a person", "zh", "EU"),
    "incomplete-en-cn": partial(_made, "limit_increase", "without the income nothing is decided", "en", "CN"),
}

if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name, make in CASES.items():
        (FOLDER / f"{name}.html").write_text(html(make()), encoding="utf-8")
