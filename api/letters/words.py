"""The fixed words of letters (`words/*.toml`), and values, dates and periods as a language writes them."""

from __future__ import annotations

import datetime as dt
import functools
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from babel import Locale
from babel.dates import format_date

from api.clocks import Length
from engine.decision import Shown
from engine.explaining.wording import percent, yuan
from engine.vocabulary import Language, Text

FOLDER = Path(__file__).parent / "words"
_LOCALES = {Language.ZH: Locale.parse("zh_Hans_CN"), Language.EN: Locale("en", "GB")}


class Both(Protocol):
    """Anything that is there in both languages."""

    @property
    def zh(self) -> str:
        """In Chinese."""

    @property
    def en(self) -> str:
        """In English."""


class Words:
    """One language."""

    def __init__(self, language: Language) -> None:
        self.language = language
        self._said = _read(language)

    def __call__(self, path: str, **values: object) -> str:
        """Give the words at a path such as ``title.decided``, with values filled in."""
        said: Any = self._said
        for name in path.split("."):
            said = said[name]
        return str(said).format(**values)

    def has(self, group: str, name: str) -> bool:
        """Whether a group of words has a name."""
        return name in self._said[group]

    def of(self, text: Both) -> str:
        """Choose this language."""
        return text.zh if self.language is Language.ZH else text.en

    def day(self, day: dt.date) -> str:
        """Write a day out."""
        return format_date(day, "long", locale=_LOCALES[self.language])

    def period(self, length: Length) -> str:
        """Write a period out."""
        return self(f"units.{length.unit}{'s' if length.count > 1 else ''}", count=length.count)

    def value(self, kind: str, value: Shown, named: Mapping[str, Text]) -> str:
        """Write the value of a fact of a kind (money, rate, date ...), in base units, as people say it."""
        if isinstance(value, bool):
            return self("yes" if value else "no")
        if isinstance(value, int):
            return self._number(kind, value)
        if kind == "date":
            return self.day(dt.date.fromisoformat(value))
        return self.of(named[value]) if value in named else value

    def _number(self, kind: str, value: int) -> str:
        if kind == "money":
            return self("offer.limit_value", yuan=yuan(value))
        return percent(value) if kind == "rate" else f"{value:,}"


@functools.cache
def words(language: Language) -> Words:
    """Give the words of a language."""
    return Words(language)


def _read(language: Language) -> Mapping[str, Any]:
    return tomllib.loads((FOLDER / f"{language}.toml").read_text(encoding="utf-8"))
