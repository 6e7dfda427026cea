"""What changed between two versions of a policy, in the words of the page."""

from __future__ import annotations

import shutil
from pathlib import Path

from litestar import Litestar

from api.console.differing import differences
from api.roles import Role
from engine import PolicySet, load_policies
from engine.authoring.retelling import ToldPolicy, retell
from tests.api.conftest import TINY, NewKey
from tests.api.console.conftest import Visitor


def told(policies: PolicySet) -> ToldPolicy:
    """Say the tiny policy in words."""
    return retell(policies["tiny"], {})


def changed(folder: Path, before: str, after: str) -> PolicySet:
    """Load the tiny policies with one text in place of another."""
    shutil.copytree(TINY, folder)
    file = folder / "tiny.yaml"
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    return load_policies(folder)


def test_a_version_does_not_differ_from_itself() -> None:
    """Nothing is shown where nothing changed."""
    assert differences(told(load_policies(TINY)), told(load_policies(TINY))) == []


def test_a_threshold_that_moved_is_shown_on_both_sides(tmp_path: Path) -> None:
    """The one rule that says something else is shown as it was and as it is."""
    found = differences(told(load_policies(TINY)), told(changed(tmp_path / "next", "score < 600", "score < 610")))

    assert [each.section for each in found] == ["rules"]
    assert found[0].before is not None
    assert found[0].after is not None
    assert "600" in found[0].before.en
    assert "610" in found[0].after.zh


def test_a_service_shows_the_one_version_it_ever_had(app: Litestar, visitor: Visitor, new_key: NewKey) -> None:
    """With one version there is nothing to compare, and an unknown digest is said to be none of them."""
    visitor.sign_in(new_key(Role.AUTHOR))

    assert "Only one version was ever in force here" in visitor.get("/console/policies/tiny/versions").text
    assert visitor.get("/console/policies/tiny/versions?before=abc").status_code == 404
    assert visitor.get("/console/policies/nothing/versions").status_code == 404
