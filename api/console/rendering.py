"""From a template and values to a page: autoescaped, in the reader's language, with nothing inline (strict CSP)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from fractions import Fraction
from functools import cache, cached_property
from typing import Any
from unicodedata import east_asian_width

import msgspec
from babel import Locale
from babel.dates import format_date, format_datetime, format_skeleton, format_timedelta
from babel.numbers import format_decimal, format_percent
from jinja2 import Environment, PackageLoader, StrictUndefined
from litestar import Request, Response
from litestar.datastructures import Cookie

from api.console.entrance import visitor_of
from api.console.languages import COOKIE, LANGUAGES, LOCALES, N_, NAMES, Language, chosen, translations
from api.console.names import NAMED
from api.roles import Permission, Principal
from api.service import Service
from engine.authoring.phrases import amount
from engine.kinds import INT, MONEY, RATE, Kind, natural
from engine.vocabulary import Text

Values = dict[str, Any]

#: Nothing inline and nothing from elsewhere.
CONTENT = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'none'"
)


class Reader(msgspec.Struct, frozen=True):
    """For whom a page is made: language and time zone, who they are, and the token of their forms."""

    language: Language
    zone: dt.tzinfo
    principal: Principal | None = None
    token: str = ""

    def may(self, permission: str) -> bool:
        """Whether the reader's role allows something, by the permission's name."""
        return self.principal is not None and self.principal.may(Permission(permission))


def reader_of(request: Request[Any, Any, Any]) -> Reader:
    """Tell for whom a page is made."""
    language = chosen(request.cookies.get(COOKIE), request.headers.get("accept-language", ""))
    zone = request.app.state.console_zone
    visitor = visitor_of(request)
    return Reader(language, zone, visitor.principal, visitor.session.token) if visitor else Reader(language, zone)


def page(
    request: Request[Any, Any, Any],
    template: str,
    values: Values,
    status: int = 200,
    cookies: list[Cookie] | None = None,
) -> Response[str]:
    """Render a page for whoever asked."""
    reader = reader_of(request)
    given = {**values, "reader": reader, "here": _here(request), "languages": NAMES, "people": People(request)}
    text = environment(reader.language).get_template(template).render(given, zone=reader.zone)
    headers = {
        "Content-Language": reader.language,
        "Content-Security-Policy": CONTENT,
        "Referrer-Policy": "same-origin",  # with `no-referrer` a browser sends forms without their origin
        "Vary": "Cookie, Accept-Language",
    }
    return Response(text, media_type="text/html; charset=utf-8", status_code=status, headers=headers, cookies=cookies)


class People(Mapping[str, str]):
    """What users are called, by actor; asked for when a page first names somebody."""

    def __init__(self, request: Request[Any, Any, Any]) -> None:
        self._request = request

    @cached_property
    def _names(self) -> Mapping[str, str]:
        service: Service = self._request.app.state.service
        return service.users.names()

    def __getitem__(self, actor: str) -> str:
        return self._names[actor]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def seen_other(path: str, cookies: list[Cookie] | None = None) -> Response[None]:
    """Send the browser on after a form (RFC 9110, 303)."""
    return Response(None, status_code=303, headers={"Location": path}, cookies=cookies)


@cache
def environment(language: Language) -> Environment:
    """Give the templates in a language, with its ways to write things."""
    made = Environment(
        loader=PackageLoader("api.console"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    made.install_gettext_translations(translations(language), newstyle=True)  # type: ignore[attr-defined]  # by i18n
    made.filters.update(_filters(language))
    made.globals["menu"] = menu
    made.filters["who"] = made.get_template("_who.html").module.who  # type: ignore[attr-defined]  # a macro there
    return made


def _filters(language: Language) -> Mapping[str, Any]:
    locale = LOCALES[language]

    def text(both: Text | Mapping[str, str]) -> str:
        said: str = both[language] if isinstance(both, Mapping) else getattr(both, language)
        return said

    def named(code: str, family: str) -> str:
        known = NAMED[family].get(code)
        return text(known) if known else code

    def moment(written: str | dt.datetime, zone: dt.tzinfo) -> str:
        when = dt.datetime.fromisoformat(written) if isinstance(written, str) else written
        return format_datetime(when, "medium", tzinfo=zone, locale=locale)

    return {
        "clipped": clipped,
        "text": text,
        "named": named,
        "moment": moment,
        "period": lambda period: _period(period, locale),
        "day": lambda day: format_date(day, "long", locale=locale),
        "until": lambda due, now: format_timedelta(
            dt.datetime.fromisoformat(due) - now, add_direction=True, locale=locale, threshold=1.2
        ),
        "offered": lambda value, member: text(amount(*OFFERED[member](value))),
        "count": lambda number: format_decimal(number, locale=locale),
        "share": lambda part, whole: format_percent(part / whole if whole else 0, "0.0%", locale=locale),
    }


def _period(period: str, locale: Locale) -> str:
    """Write a day or a month as a language does; a week is its number (ISO 8601) in all of them."""
    match period.count("-"), "W" in period:
        case 2, False:
            return format_date(dt.date.fromisoformat(period), "medium", locale=locale)
        case 1, False:
            return format_skeleton("yMMM", dt.date.fromisoformat(f"{period}-01"), locale=locale)
        case _:
            return period


OFFERED: Mapping[str, Callable[[int], tuple[Kind, int | Fraction, str]]] = {
    "limit_fen": lambda fen: (MONEY, natural(MONEY, fen), ""),
    "apr_bp": lambda points: (RATE, natural(RATE, points), ""),
    "term_months": lambda months: (INT, months, "months"),
}
_MENU = (
    ("/console/queue", N_("Queue"), Permission.READ_CASES),
    ("/console/decisions", N_("Decisions"), Permission.READ_ALL),
    ("/console/lines", N_("Lines"), Permission.READ_ALL),
    ("/console/policies", N_("Policies"), Permission.READ_POLICIES),
    ("/console/statistics", N_("Statistics"), Permission.READ_STATISTICS),
    ("/console/log", N_("Log"), Permission.READ_LOG),
    ("/console/users", N_("Users"), Permission.READ_USERS),
    ("/console/keys", N_("Keys"), Permission.READ_KEYS),
)


def menu(reader: Reader) -> list[tuple[str, str]]:
    """Give the pages a reader may open, by address and English name."""
    return [(path, name) for path, name, permission in _MENU if reader.may(permission)]


def clipped(text: str, columns: int) -> str:
    """Shorten a text to so many columns, of which a Chinese character takes two."""
    taken = 0
    for place, character in enumerate(text):
        taken += 2 if east_asian_width(character) in "WF" else 1
        if taken > columns:
            return f"{text[:place].rstrip()}…"
    return text


def _here(request: Request[Any, Any, Any]) -> str:
    query = request.scope["query_string"].decode("ascii", "replace")
    path: str = request.scope["path"]
    return path + (f"?{query}" if query else "")


def language_cookie(language: str) -> Cookie:
    """Remember the reader's choice for a year; an unknown language changes nothing."""
    known = language if language in LANGUAGES else "en"
    return Cookie(COOKIE, value=known, path="/", max_age=31_536_000, secure=True, samesite="lax")
