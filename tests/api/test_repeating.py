"""What docs/repeating.md says about sending a request again, held against the OpenAPI document."""

from __future__ import annotations

import re
from typing import Any

from httpx import Client

from tests.repository import ROOT

PAGE = (ROOT / "docs" / "repeating.md").read_text(encoding="utf-8")


def changing(http: Client) -> dict[str, set[str]]:
    """Give the operations that change something, each with the headers it takes."""
    paths: dict[str, dict[str, Any]] = http.get("/schema/openapi.json").json()["paths"]
    return {
        operation["operationId"]: {each["name"] for each in operation.get("parameters", ()) if each["in"] == "header"}
        for item in paths.values()
        for method, operation in item.items()
        if method != "get"
    }


def named(section: str) -> set[str]:
    """Give the operations named in a section of the page."""
    return set(re.findall(r"`([a-z]+_[a-z_]+)`", section)) - {"dry_run"}


def test_every_operation_that_changes_something_stands_there(http: Client) -> None:
    """None is left out, and none is named that does not exist."""
    assert named(PAGE) == set(changing(http))


def test_those_under_a_key_take_one(http: Client) -> None:
    """Whatever stands in the first table takes an Idempotency-Key, in a header or with each item; no other does."""
    keyed, _, rest = PAGE.partition("**By version.**")
    taking = {name for name, headers in changing(http).items() if "Idempotency-Key" in headers}

    assert named(keyed) == taking | {"decisions_decide_all"}
    assert {name for name, headers in changing(http).items() if "If-Match" in headers} == {
        *named(rest.partition("**As it is.**")[0]),
        *(name for name in named(keyed) if name.startswith("cases_")),
    }
