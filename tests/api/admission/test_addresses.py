"""Which address a request counts for: nobody chooses it by a header, unless a proxy we named wrote it."""

from __future__ import annotations

import ipaddress
from typing import Any, cast

import pytest
from litestar import Litestar
from litestar.types import Scope

from api.admission.addresses import Addresses
from api.commands.serve import _config
from api.settings import Settings

PROXIES = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("fd00::/8"))


def scope(peer: str | None, *forwarded: str) -> Scope:
    """Describe a connection from a peer with headers of that name."""
    headers = [(b"x-forwarded-for", value.encode()) for value in forwarded]
    made: dict[str, Any] = {"client": (peer, 1234) if peer else None, "headers": headers}
    return cast("Scope", made)


@pytest.mark.parametrize("proxies", [(), PROXIES])
def test_a_header_from_anybody_else_changes_nothing(proxies: tuple[ipaddress.IPv4Network, ...]) -> None:
    """Without proxies, and with them when another peer speaks, the peer is who it is."""
    assert Addresses(proxies).of(scope("192.0.2.1", "198.51.100.9")) == "192.0.2.1"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        (["198.51.100.9"], "198.51.100.9"),
        (["1.2.3.4, 198.51.100.9"], "198.51.100.9"),
        (["1.2.3.4", "198.51.100.9, 10.7.7.7"], "198.51.100.9"),
        (["10.1.1.1, 10.2.2.2"], "10.1.1.1"),
        (["nonsense, 10.2.2.2"], "10.2.2.2"),
        (["198.51.100.9, nonsense"], "10.0.0.1"),
        (["", ""], "10.0.0.1"),
        ([], "10.0.0.1"),
        (["::ffff:198.51.100.9"], "198.51.100.9"),
        (["2001:db8:1:2:3:4:5:6"], "2001:db8:1:2::/64"),
    ],
)
def test_trusted_proxies_are_believed_from_the_right(forwarded: list[str], expected: str) -> None:
    """The first address that no trusted proxy has is the client; what is no address ends the walk."""
    assert Addresses(PROXIES).of(scope("10.0.0.1", *forwarded)) == expected


def test_one_subscriber_of_ipv6_is_one_address() -> None:
    """All of a /64 counts together; a peer without an address is one, too."""
    here = Addresses(())
    assert here.of(scope("2001:db8::1")) == here.of(scope("2001:db8::ffff")) != here.of(scope("2001:db8:0:1::1"))
    assert here.of(scope("::ffff:192.0.2.1")) == "192.0.2.1"
    assert here.of(scope(None)) == "unknown"
    assert here.of(scope("testclient")) == "testclient"


def test_proxies_are_named_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Networks between commas; what is none is refused at the start."""
    monkeypatch.setenv("GROUNDS_PROXIES", "10.0.0.0/8, 192.0.2.7")
    assert [str(each) for each in Settings().proxies] == ["10.0.0.0/8", "192.0.2.7/32"]
    monkeypatch.setenv("GROUNDS_PROXIES", "everybody")
    with pytest.raises(ValueError, match="not a valid IPv4 or IPv6 network"):
        Settings()


def test_the_server_itself_believes_no_header(app: Litestar, settings: Settings) -> None:
    """uvicorn would take X-Forwarded-For from anybody on this machine; here it rewrites nobody's address."""
    assert _config(app, settings).proxy_headers is False
