"""Where a request comes from: the peer of the connection, or behind proxies that settings name, whom they name.

`X-Forwarded-For` is believed from the right, as far as trusted proxies wrote it; what stands further left anybody may
have made up.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Sequence

from litestar.types import Scope

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network
_HEADER = b"x-forwarded-for"
_NOWHERE = "unknown"


class Addresses:
    """Names the address a request counts for."""

    def __init__(self, proxies: Sequence[Network]) -> None:
        self._proxies = tuple(proxies)

    def of(self, scope: Scope) -> str:
        """Give the client's address; of IPv6 the /64, since one subscriber has all of it."""
        client = scope.get("client")
        peer = client[0] if client else _NOWHERE
        if self._proxies and self._trusted(peer):
            peer = self._behind(peer, scope)
        return _grouped(peer)

    def _behind(self, peer: str, scope: Scope) -> str:
        for hop in _hops(scope):
            if _parsed(hop) is None:
                return peer
            peer = hop
            if not self._trusted(peer):
                return peer
        return peer

    def _trusted(self, text: str) -> bool:
        address = _parsed(text)
        return address is not None and any(address in network for network in self._proxies)


def _hops(scope: Scope) -> Iterator[str]:
    """Give the addresses that were forwarded for, the nearest first."""
    lines = [value.decode("latin-1") for name, value in scope["headers"] if name == _HEADER]
    return (hop.strip() for line in reversed(lines) for hop in reversed(line.split(",")))


def _parsed(text: str) -> Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return mapped or address


def _grouped(text: str) -> str:
    address = _parsed(text)
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return text if address is None else str(address)
