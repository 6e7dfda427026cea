"""A case changes in one place: read from the syntax tree, so that no second way in can be built by accident."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.repository import ROOT


def callers(name: str) -> Iterator[str]:
    """Give the files of the service that call something of this name."""
    for path in sorted((ROOT / "api").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Call) and getattr(node.func, "attr", getattr(node.func, "id", "")) == name:
                yield path.relative_to(ROOT / "api").as_posix()


def test_only_the_desk_appends_steps() -> None:
    """Entries of casework are written by the desk, and by the two ways in which a case begins."""
    assert {*callers("transition")} == {"casework/appeals.py", "casework/desk.py", "casework/opening.py"}


def test_only_the_desk_applies_the_state_machine() -> None:
    """Nobody takes a step but the desk; the pages only ask what would be allowed."""
    assert {each for each in callers("after") if each.startswith("casework/")} == {"casework/desk.py"}
    assert {*callers("why_not")} == {"casework/desk.py", "casework/viewing.py"}


def test_only_a_conclusion_records_the_decision_of_a_person() -> None:
    """The engine's decisions are recorded by the workflow, a person's by the ruling of a concluded case."""
    assert {*callers("decision_made")} == {"casework/ruling.py", "recording/recorder.py"}
