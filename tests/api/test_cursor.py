"""The mark between two pages belongs to one search, and shows if anybody changed it."""

from __future__ import annotations

import re

import pytest
from httpx import Client
from hypothesis import given
from hypothesis import strategies as st

from api.cursor import Cursor, Cursors
from api.errors import InvalidParameter
from api.roles import Role
from tests.api.conftest import NewKey, as_role, ask

numbers = st.integers(min_value=0, max_value=10**15)


@given(numbers, numbers, st.dictionaries(st.text(), st.none() | st.text() | st.integers(0, 9)))
def test_a_cursor_is_read_back_by_its_own_search(size: int, index: int, search: dict[str, object]) -> None:
    """What was written is read, whatever the search; another search, or another log's secret, refuses it."""
    written = Cursors(b"secret").write(search, Cursor(size, index))
    assert Cursors(b"secret").read(search, written) == Cursor(size, index)
    for cursors, other in ((Cursors(b"secret"), {**search, "more": 1}), (Cursors(b"other"), search)):
        with pytest.raises(InvalidParameter, match="another search"):
            cursors.read(other, written)


@given(st.data())
def test_a_cursor_with_any_change_is_refused(data: st.DataObject) -> None:
    """One character more, less or other, anywhere in it, and it is no cursor of this search."""
    written = Cursors(b"secret").write("search", Cursor(1_200, 77))
    place = data.draw(st.integers(0, len(written)))
    changed = written[:place] + data.draw(st.text(max_size=2)) + written[place + data.draw(st.integers(0, 1)) :]
    if changed != written:
        with pytest.raises(InvalidParameter):
            Cursors(b"secret").read("search", changed)


def test_a_foreign_cursor_is_refused_with_its_remedy(http: Client, new_key: NewKey) -> None:
    """Taken to other filters, another order, another list, or by another caller: 400, and how to go on."""
    for _ in range(3):
        ask(http)
    mark = http.get("/decisions", params={"limit": 1}).json()["next"]
    assert re.fullmatch(r"[0-9a-f-]+", mark)
    reviewer = as_role(http, new_key(Role.REVIEWER))
    assert http.get("/decisions", params={"limit": 2, "cursor": mark}).status_code == 200
    for path, params, headers in (
        ("/decisions", {"outcome": "approve"}, None),
        ("/decisions", {"order": "oldest"}, None),
        ("/decisions", {}, reviewer),
        ("/log/entries", {}, reviewer),
        ("/decisions", {"cursor": mark[:-1]}, None),
        ("/decisions", {"cursor": "x"}, None),
    ):
        refused = http.get(path, params={"cursor": mark, **params}, headers=headers or {})
        assert refused.status_code == 400, (path, params)
        assert "leave the cursor out" in refused.json()["errors"][0]["remedy"]
