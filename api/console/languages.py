"""The languages of the console: English stands in the templates, Chinese in ``locale/zh.po`` (gettext).

Dates, amounts and percents are written as each language writes them (Unicode CLDR, by Babel).
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal, get_args

from babel import Locale, negotiate_locale
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = get_args(Language)
COOKIE = "grounds-language"
FOLDER = Path(__file__).parent / "locale"
LOCALES: Mapping[Language, Locale] = {"zh": Locale.parse("zh_Hans_CN"), "en": Locale.parse("en_GB")}
NAMES: Mapping[Language, str] = {"zh": "中文", "en": "English"}


def N_(message: str) -> str:  # noqa: N802  # gettext's name for a message that is translated later
    """Mark a message for translation."""
    return message


@cache
def translations(language: Language) -> NullTranslations:
    """Give the messages of a language; English needs none."""
    if language == "en":
        return NullTranslations()
    compiled = io.BytesIO()
    with (FOLDER / f"{language}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale=language))
    compiled.seek(0)
    return Translations(compiled)


def chosen(cookie: str | None, accepted: str) -> Language:
    """Give the language a browser asked for: by the cookie, else by ``Accept-Language``, else English."""
    if cookie in LANGUAGES:
        return cookie
    wanted = [part.split(";")[0].strip().replace("-", "_") for part in accepted.split(",")]
    found = negotiate_locale([*wanted, *(tag.split("_")[0] for tag in wanted)], LANGUAGES)
    return found if found in LANGUAGES else "en"
