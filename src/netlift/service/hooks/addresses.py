"""Where news may be sent: to the world by https, or to this machine; never into the networks around it."""

import ipaddress
import socket
from typing import NamedTuple
from urllib.parse import urlsplit

from netlift.service.core.refusals import Refused

_NAT64 = ipaddress.ip_network("64:ff9b::/96")
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})
LONGEST = 500

Address = ipaddress.IPv4Address | ipaddress.IPv6Address


class Place(NamedTuple):
    """Where a URL leads."""

    tls: bool
    host: str
    port: int
    path: str
    """With the query."""

    @property
    def here(self) -> bool:
        """This machine, by a name that can mean nothing else."""
        return self.host in _HERE


def place(url: str) -> Place:
    """The parts of an address that news may be sent to; whether it leads somewhere is seen at delivery.

    Raises:
        Refused: neither https nor this machine, or something in it that does not belong there.

    >>> place("https://shop.example/hooks?from=netlift")
    Place(tls=True, host='shop.example', port=443, path='/hooks?from=netlift')
    """
    try:
        parts = urlsplit(url)
        host, port = (parts.hostname or "").rstrip("."), parts.port
    except ValueError:
        raise _refused("it is not a URL") from None
    if len(url) > LONGEST or not url.isascii() or any(character <= " " or character == "\x7f" for character in url):
        raise _refused(f"it may have {LONGEST} characters, all of them ASCII and none of them blank")
    if parts.scheme not in {"https", "http"} or not host or "%" in host:
        raise _refused("it must begin with https:// and a host")
    if parts.username is not None or parts.password is not None or parts.fragment:
        raise _refused("it may hold no user, password or #fragment: what is sent is signed instead")
    if port == 0:
        raise _refused("there is no port 0")
    tls, query = parts.scheme == "https", f"?{parts.query}" if parts.query else ""
    found = Place(tls, host, port or (443 if tls else 80), (parts.path or "/") + query)
    if not tls and not found.here:
        raise _refused("http is for this machine only (localhost): use https")
    return found


def resolved(where: Place) -> tuple[str, ...]:
    """The network addresses to connect to; the name is not looked up again after it, so it cannot change its mind.

    Raises:
        Refused: the name is unknown, or any of its addresses is not one of the public Internet.
    """
    try:
        found = socket.getaddrinfo(where.host, where.port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise _refused("its host is not known") from None
    addresses = [ipaddress.ip_address(str(one[4][0]).partition("%")[0]) for one in found]
    allowed = _loopback if where.here else _public
    if not addresses or not all(allowed(one) for one in addresses):
        raise _refused("its host is inside a private network")
    return tuple(str(one) for one in addresses)


def _public(address: Address) -> bool:
    inner = _carried(address)
    return address.is_global and not address.is_multicast and (inner is None or _public(inner))


def _loopback(address: Address) -> bool:
    return address.is_loopback


def _carried(address: Address) -> ipaddress.IPv4Address | None:
    """The address of version 4 that traffic to one of version 6 ends at."""
    if isinstance(address, ipaddress.IPv4Address):
        return None
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo[1] if address.teredo else None)


def _refused(why: str) -> Refused:
    return Refused(f"news cannot be sent to this address: {why}", "bad_address")
