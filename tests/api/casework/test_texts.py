"""What people write: taken as it is where it can be read, refused where no page or letter could show it."""

from __future__ import annotations

import html
from collections.abc import Mapping
from typing import Any

import pytest

from tests.api.casework.conftest import ANSWER, Office, conclusion

#: Markup, an override of the direction of writing, a joined sign, a line break, and as much as is taken.
HOSTILE = {
    "markup": "<script>alert(1)</script>\" onmouseover='x' &amp; {{ 7*7 }}",
    "overrides": "\u202egpj.exe\u2066 \u200fمرحبا",
    "lines": "\u3000\u3000first\r\n\tsecond\n",
    "signs": "👩\u200d👩 \ufeff\u2028",
    "long": "长" * 10_000,
}
UNREADABLE = {
    "blank": " \u3000\u00a0\n\t ",
    "escape": "\x1b[2J\x1b[31mapproved",
    "bell": "read\x07me",
    "c1": "read\x9b31m",
    "delete": "read\x7fme",
    "long": "x" * 10_001,
}
#: Each action with a text: who, and the body around it.
TEXTS: Mapping[str, Any] = {
    "note": lambda text: {"text": text},
    "ask": lambda text: {"question": {"zh": text, "en": "?"}},
    "decline": lambda text: {"text": text},
    "escalate": lambda text: {"text": text},
    "extend": lambda text: {"text": text},
    "withdraw": lambda text: {"text": text},
    "conclude": lambda text: conclusion("uphold", answer={**ANSWER, "en": text}),
    "recommend": lambda text: conclusion("uphold", grounds=text),
}
#: In whose name each is taken, and what leads there.
BY = {"decline": "tom", "extend": "tom", "withdraw": "integrator"}
BEFORE = {"decline": "recommend"}


def _ready(office: Office, action: str) -> str:
    """Bring an appeal to where an action is allowed."""
    case = str(office.appeal(office.decide()["id"]).json()["id"])
    office.done("ada", case, "claim")
    if action in BEFORE:
        office.done("ada", case, BEFORE[action], conclusion("uphold"))
    return case


@pytest.mark.parametrize("action", TEXTS)
def test_a_text_is_kept_as_it_was_written(office: Office, action: str) -> None:
    """Whatever can be read is sealed and given back sign by sign, and never stands in the case itself."""
    for text in HOSTILE.values():
        case = _ready(office, action)
        office.done(BY.get(action, "ada"), case, action, TEXTS[action](text))
        body = office.get("auditor", f"/cases/{case}/file").json()["parts"][-1]["body"]

        assert text in _texts(body), (action, text[:20])
        assert text not in office.get("auditor", f"/cases/{case}").text


@pytest.mark.parametrize("action", TEXTS)
def test_a_text_nobody_can_read_is_refused(office: Office, action: str) -> None:
    """Nothing but spaces gives no reason, a control character is in no font: told with what to do, and nothing done."""
    case = _ready(office, action)
    for name, text in UNREADABLE.items():
        before = office.version(case)
        answer = office.act(BY.get(action, "ada"), case, action, TEXTS[action](text))
        problem = answer.json()

        assert (answer.status_code, problem["type"].rsplit(":", 1)[1]) == (422, "invalid-body"), (name, answer.text)
        assert problem["errors"][0]["remedy"].startswith("something that can be read"), name
        assert office.version(case) == before


@pytest.mark.parametrize(
    "text", [*HOSTILE.values(), *UNREADABLE.values()], ids=[*HOSTILE, *(f"no {each}" for each in UNREADABLE)]
)
def test_a_statement_is_taken_or_refused_alike(office: Office, text: str) -> None:
    """What an applicant states is held to the same."""
    decision = office.decide()["id"]
    answer = office.appeal(decision, statement=text)

    assert answer.status_code == (422 if text in UNREADABLE.values() else 201)


@pytest.mark.parametrize("name", HOSTILE)
def test_an_answer_that_is_taken_makes_a_letter(office: Office, name: str) -> None:
    """Every line of it stands in the letter as text, and none of it is markup or a template."""
    case = _ready(office, "conclude")
    office.done("ada", case, "conclude", TEXTS["conclude"](HOSTILE[name]))
    page = office.get("integrator", f"/cases/{case}/letter", language="en", format="html")

    assert (page.status_code, "<script" in page.text) == (200, False)
    read = html.unescape(page.text)
    assert all(line.strip() in read for line in HOSTILE[name].splitlines())


def _texts(value: Any) -> list[str]:
    if isinstance(value, dict):
        return [text for each in value.values() for text in _texts(each)]
    return [value] if isinstance(value, str) else []
