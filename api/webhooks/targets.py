"""Where events may be sent: an https address that is not inside our own network, whatever its name resolves to.

Whoever subscribes makes this service open connections for them. Without this they could reach what only we can reach
(server-side request forgery, OWASP API7:2023), so the rule holds when an address is given and at every connection.
"""

from __future__ import annotations

import ipaddress
import re
import socket
from collections.abc import Callable
from typing import NamedTuple

from api.errors import InvalidBody, Mistake

Resolve = Callable[[str, int], list[str]]
LONGEST = 2_000  #: characters of an address

# Read once, here: two readers of one address that differ are a way round the rule. No names, no fragments, ASCII only.
_URL = re.compile(
    r"(?P<scheme>https?)://(?P<host>\[[0-9a-fA-F:.]+\]|[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?)(?::(?P<port>\d{1,5}))?"
    r"(?P<target>[/?][\x21\x24-\x3b\x3d\x3f-\x5b\x5d\x5f\x61-\x7a\x7e]*)?",
    re.ASCII,
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
_EXAMPLE = "write https://HOST/PATH, in ASCII, without a user name or a #fragment"


class Target(NamedTuple):
    """An address taken apart."""

    scheme: str
    host: str  #: without brackets
    port: int
    path: str


class Unresolved(Exception):
    """the name has no address"""


class Forbidden(Exception):
    """the name has an address inside this network"""


class Gate:
    """Lets addresses pass; `private` also those inside our own network, and plain http on this machine."""

    def __init__(self, private: bool, resolve: Resolve | None = None) -> None:
        self._private, self._resolve = private, resolve or _lookup

    def admit(self, url: str) -> Target:
        """Take an address that somebody gives us; raise InvalidBody if events may not be sent there."""
        target = parse(url)
        if target is None:
            raise _refusal("this is not an address events can be sent to", _EXAMPLE)
        try:
            found = self.addresses(target.host, target.port)
        except Unresolved:
            raise _refusal(f"`{target.host}` has no address", "give a name that resolves") from None
        except Forbidden:
            raise _refusal(f"`{target.host}` is inside this network", "give a public address") from None
        if target.scheme != "https" and not (self._private and all(map(_is_here, found))):
            raise _refusal("only https is taken", _EXAMPLE)
        return target

    def addresses(self, host: str, port: int) -> list[str]:
        """Resolve a name, again each time; raise Unresolved or, if any address is inside our network, Forbidden."""
        found = self._resolve(host, port)
        if not found:
            raise Unresolved(host)
        if not self._private and not all(map(is_public, found)):
            raise Forbidden(host)
        return found


def parse(url: str) -> Target | None:
    """Take an address apart; None if it is none that is taken."""
    found = _URL.fullmatch(url) if len(url) <= LONGEST else None
    if found is None:
        return None
    port = int(found["port"] or (443 if found["scheme"] == "https" else 80))
    path = found["target"] or "/"
    path = path if path.startswith("/") else f"/{path}"
    return Target(found["scheme"], found["host"].strip("[]"), port, path) if 0 < port < 65_536 else None


def is_public(address: str) -> bool:
    """Whether an address is one of the public network, and so is the IPv4 address it may carry."""
    ip = ipaddress.ip_address(address.partition("%")[0])
    carried = _carried(ip) if isinstance(ip, ipaddress.IPv6Address) else None
    return ip.is_global and not ip.is_multicast and (carried is None or is_public(str(carried)))


def _carried(ip: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if ip in _NAT64:
        return ipaddress.IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)


def _is_here(address: str) -> bool:
    return ipaddress.ip_address(address.partition("%")[0]).is_loopback


def _lookup(host: str, port: int) -> list[str]:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return []
    return list(dict.fromkeys(str(each[4][0]) for each in found))


def _refusal(problem: str, remedy: str) -> InvalidBody:
    return InvalidBody(mistakes=[Mistake("url", problem, remedy)])
