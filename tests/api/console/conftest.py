"""Somebody who signs in by hand, form by form, as a browser would."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from httpx import Client, Response
from litestar import Litestar
from litestar.testing import TestClient

from api.roles import Role
from tests.api.conftest import NewKey

_FIELD = re.compile(r'<input type="hidden" name="([^"]+)" value="([^"]*)"')


class Visitor:
    """One browser."""

    def __init__(self, client: Client) -> None:
        self.client = client
        client.headers.pop("Authorization", None)

    def get(self, path: str) -> Response:
        """Follow a link."""
        return self.client.get(path, follow_redirects=False)

    def post(self, path: str, fields: dict[str, str], **headers: str) -> Response:
        """Send a form."""
        return self.client.post(path, data=fields, headers=headers, follow_redirects=False)

    def sign_in(self, key: str, wanted: str = "") -> Response:
        """Fill in the sign-in form."""
        return self.post("/console/sign-in", {**hidden(self.get(f"/console/sign-in?next={wanted}").text), "key": key})

    def sign_in_as(self, user: str, password: str, wanted: str = "") -> Response:
        """Fill it in with a name and a password."""
        fields = hidden(self.get(f"/console/sign-in?next={wanted}").text)
        return self.post("/console/sign-in", {**fields, "user": user, "password": password})

    def token(self) -> str:
        """Give the token of this session's forms."""
        return hidden(self.get("/console/policies").text)["token"]


def hidden(page: str) -> dict[str, str]:
    """Give the hidden fields of a page, the last of each name."""
    return dict(_FIELD.findall(page))


@pytest.fixture
def visitor(app: Litestar) -> Iterator[Visitor]:
    """Open a browser on a site served over TLS, since the cookies ask for it."""
    with TestClient(app, base_url="https://testserver.local", raise_server_exceptions=False) as client:
        yield Visitor(client)


@pytest.fixture
def reviewer(visitor: Visitor, new_key: NewKey) -> Visitor:
    """Open a browser in which a reviewer is signed in."""
    assert visitor.sign_in(new_key(Role.REVIEWER)).status_code == 303
    return visitor
