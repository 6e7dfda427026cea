"""Golden decisions: the whole document of an example of each outcome, byte for byte.

They change when a policy or the document changes, and only then. Look at the difference, then regenerate:
`python -m tests.engine.test_golden`
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from engine import Engine, PolicySet, load_policies
from engine.examples import moment
from engine.policy import Example, Policy
from tests.engine.conftest import POLICIES

GOLDEN = Path(__file__).parent / "golden"
NAMES = sorted(path.stem for path in POLICIES.glob("*.yaml") if path.stem not in ("facts", "reasons"))


def chosen(policy: Policy) -> dict[str, Example]:
    """The first example of each outcome, by its name."""
    first: dict[str, Example] = {}
    for example in policy.examples:
        first.setdefault(example.outcome, example)
    return {example.name: example for example in first.values()}


def golden(policies: PolicySet, name: str) -> str:
    """The documents of the chosen examples as they stand in the golden file."""
    policy, engine = policies[name], Engine(policies)
    documents = {
        title: engine.decide_given(policy, example.given, moment(policy, example)).document()
        for title, example in chosen(policy).items()
    }
    engine.close()
    return json.dumps(documents, ensure_ascii=False, indent=1) + "\n"


@pytest.mark.parametrize("name", NAMES)
def test_decisions_of_a_shipped_policy_are_as_recorded(shipped: PolicySet, name: str) -> None:
    """Outcome, offer, reasons, trace, statements and digest of an example of each outcome are the recorded bytes."""
    recorded = (GOLDEN / f"{name}.json").read_bytes()

    assert golden(shipped, name).encode() == recorded


def test_there_is_a_golden_file_for_each_policy_and_no_other() -> None:
    """A new policy needs a golden file; a removed one takes its file with it."""
    assert sorted(path.stem for path in GOLDEN.glob("*.json")) == NAMES


def regenerate() -> None:
    """Write the golden files anew."""
    GOLDEN.mkdir(exist_ok=True)
    for old in GOLDEN.glob("*.json"):
        old.unlink()
    policies = load_policies(POLICIES)
    for name in policies.names:
        (GOLDEN / f"{name}.json").write_text(golden(policies, name), encoding="utf-8")


if __name__ == "__main__":
    regenerate()
