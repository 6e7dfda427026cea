"""The words of the console: every message has its Chinese, every code its name."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from api import casework
from api.casework.refusals import Why
from api.casework.states import Action, CaseKind, Cause, Result, State
from api.console.languages import FOLDER
from api.console.names import NAMED
from api.console.views.acts import FORMS
from api.derived import ROWS
from api.roles import Role
from engine.policy import Outcome

_CONSOLE = Path(casework.__file__).parent.parent / "console"
_METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
_KEYWORDS = {"_": None, "N_": None, "gettext": None, "ngettext": (1, 2)}


def asked() -> set[str]:
    """Give the messages that templates and code ask for."""
    found = extract_from_dir(
        _CONSOLE, _METHODS, keywords=_KEYWORDS, options_map={"**/templates/**.html": {"trimmed": "true"}}
    )
    return {message if isinstance(message, str) else message[0] for _, _, message, _, _ in found}


def test_every_message_is_translated_and_none_is_left_over() -> None:
    """The Chinese catalogue holds just the messages that are asked for, each with a text of its own."""
    with (FOLDER / "zh.po").open("rb") as file:
        catalogue: Catalog = read_po(file, locale="zh")
    texts = {m.id if isinstance(m.id, str) else m.id[0]: m.string for m in catalogue if m.id}

    assert set(texts) == asked()
    assert all(text if isinstance(text, str) else text and all(text) for text in texts.values())


def test_a_percent_sign_is_no_placeholder() -> None:
    """Texts are filled in by gettext's rules: what stands in a translation stands in the message, and nothing else."""
    with (FOLDER / "zh.po").open("rb") as file:
        catalogue: Catalog = read_po(file, locale="zh")

    for message in catalogue:
        for text in [message.string] if isinstance(message.string, str) else message.string or ():
            given = message.id if isinstance(message.id, str) else message.id[0]
            assert set(re.findall(r"%(?:\(\w+\)s)?", text)) == set(re.findall(r"%(?:\(\w+\)s)?", given)), text


def test_every_code_has_a_name() -> None:
    """Whatever codes a page shows, it has a name for in both languages."""
    wanted: dict[str, Iterable[object]] = {
        "outcome": Outcome,
        "role": Role,
        "case_kind": CaseKind,
        "case_state": State,
        "case_cause": Cause,
        "case_result": Result,
        "case_action": [action for action in Action if action in FORMS],
        "case_why": [why for why in Why if why not in {Why.ROLE, Why.CONCLUDED}],
        "entry": ROWS,
    }
    for family, codes in wanted.items():
        assert {str(code) for code in codes} - {*NAMED[family]} == set(), family
    for named in NAMED.values():
        assert all(each.zh and each.en for each in named.values())
