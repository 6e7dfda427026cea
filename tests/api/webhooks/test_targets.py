"""Where events may go: addresses as they are written, and what they resolve to."""

from __future__ import annotations

import pytest

from api.errors import InvalidBody
from api.webhooks.targets import Forbidden, Gate, Unresolved, is_public, parse

INSIDE = [
    "127.0.0.1", "127.8.8.8", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0",
    "224.0.0.1", "255.255.255.255", "192.0.2.1", "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1",
    "ff02::1", "::ffff:10.0.0.1", "::ffff:127.0.0.1", "64:ff9b::a00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::",
    "2002:a00:1::", "2001:0:a00:1::",
]  # fmt: skip
OUTSIDE = ["8.8.8.8", "93.184.216.34", "2606:4700::1111", "::ffff:8.8.8.8", "64:ff9b::808:808"]

WRITTEN = {
    "https://hooks.example.com": ("https", "hooks.example.com", 443, "/"),
    "https://hooks.example.com:8443/a/b?c=d&e=%20": ("https", "hooks.example.com", 8443, "/a/b?c=d&e=%20"),
    "https://hooks.example.com?c=d": ("https", "hooks.example.com", 443, "/?c=d"),
    "http://[::1]:80/x": ("http", "::1", 80, "/x"),
}
NOT_TAKEN = [
    "", "hooks.example.com", "//hooks.example.com/", "ftp://hooks.example.com/", "file:///etc/passwd", "HTTPS://a.example/",
    "https://", "https:///x", "https://user@hooks.example.com/", "https://a.example@10.0.0.1/", "https://a.example/#x",
    "https://a.example\\@10.0.0.1/", "https://a.example:0/", "https://a.example:65536/", "https://a.example:/",
    "https://a example/", "https://a.example/ x", "https://a.example/\r\nX: y", "https://a.example/\n", "https://例.example/",
    "https://a.example/" + "x" * 2_000, "https://-a.example/", "https://a.example./", "https://[::1/", 'https://a.example/"',
]  # fmt: skip


def resolving(*addresses: str) -> Gate:
    """Make a gate whose names all have these addresses."""
    return Gate(private=False, resolve=lambda _host, _port: list(addresses))


@pytest.mark.parametrize("address", INSIDE)
def test_what_is_inside_is_not_public(address: str) -> None:
    """Private, link-local, shared, reserved and multicast addresses are not, nor IPv6 ones that carry such."""
    assert not is_public(address)


@pytest.mark.parametrize("address", OUTSIDE)
def test_what_is_outside_is_public(address: str) -> None:
    """Addresses of the public network are, also carried in IPv6."""
    assert is_public(address)


@pytest.mark.parametrize("url", WRITTEN)
def test_an_address_is_taken_apart(url: str) -> None:
    """Scheme, host, port and path are what was written."""
    assert parse(url) == WRITTEN[url]


@pytest.mark.parametrize("url", NOT_TAKEN)
def test_what_could_be_read_in_two_ways_is_not_taken(url: str) -> None:
    """User names, fragments, backslashes, blanks, line breaks, odd ports and names outside ASCII are refused."""
    assert parse(url) is None


def test_one_address_inside_is_enough_to_refuse() -> None:
    """A name with a public and a private address is refused, when it is given and when it is connected to."""
    gate = resolving("8.8.8.8", "10.0.0.1")

    with pytest.raises(InvalidBody, match="inside this network"):
        gate.admit("https://both.example/")
    with pytest.raises(Forbidden):
        gate.addresses("both.example", 443)


def test_a_name_without_an_address_is_refused() -> None:
    """It is said so, and nothing is sent there."""
    with pytest.raises(InvalidBody, match="has no address"):
        resolving().admit("https://nowhere.example/")
    with pytest.raises(Unresolved):
        resolving().addresses("nowhere.example", 443)


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "[::1]", "localhost", "[::ffff:127.0.0.1]"]
)
def test_this_machine_by_any_of_its_names_is_refused(host: str) -> None:
    """However it is spelt: the system that resolves it says what it is."""
    with pytest.raises(InvalidBody):
        Gate(private=False).admit(f"https://{host}/")


def test_plain_http_is_for_this_machine_alone() -> None:
    """With the setting, http goes to loopback and https anywhere; without it http goes nowhere."""
    private = Gate(private=True, resolve=lambda host, _port: [host])

    assert private.admit("http://127.0.0.1:8080/x").port == 8080
    assert private.admit("https://10.0.0.1/x").host == "10.0.0.1"
    with pytest.raises(InvalidBody, match="only https"):
        private.admit("http://10.0.0.1/x")
    with pytest.raises(InvalidBody, match="only https"):
        resolving("8.8.8.8").admit("http://dns.example/")
