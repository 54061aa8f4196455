"""Where an endpoint may be: at a public address, so that nobody looks around the house with it.

The same rule holds when an endpoint is saved (`check`) and whenever a connection is made to it
(`may_reach`), for by then a name may mean another address.
"""

import re
import socket
from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from urllib.parse import SplitResult, urlsplit

from flask import current_app

from flashsms.services.errors import DomainError

LONGEST_URL = 500
LONGEST_LOOK_UP = 3  # seconds; a name that takes longer is looked at when it is connected to

Network = IPv4Network | IPv6Network

_VISIBLE = re.compile(r"[!-~]+")
_NAME = re.compile(r"(?=.{1,253}$)[a-z0-9_]([a-z0-9_-]{0,62}[a-z0-9_])?(\.[a-z0-9_-]{1,63})*", re.I)
_NUMBER = re.compile(r"([0-9]+|0x[0-9a-f]*)$", re.I)  # as the last label: no name, but an address
_PUBLIC_6 = IPv6Network("2000::/3")
_TUNNELS = tuple(  # addresses that hold another one, which a gateway may take for the target
    IPv6Network(network) for network in ("2001::/32", "2002::/16", "3fff::/20")
)
_RELAYS = IPv4Network("192.88.99.0/24")
_lookups = ThreadPoolExecutor(16, thread_name_prefix="lookup")


def check(url: str) -> None:
    """Refuse what is no http or https URL of a public address.

    A name that means nothing now is let through: it may tomorrow, and is checked then. Raises
    DomainError `bad_url`.
    """
    host = _parts(url).hostname or ""
    literal = _literal(host)
    found = [literal] if literal else _look_up(host)
    allowed = current_app.config["WEBHOOK_ALLOW"]
    if not all(may_reach(address, allowed) for address in found):
        raise _bad(
            f"{host[:80]!r} is a private address. Give one that is reached over the internet, or "
            "ask whoever runs this installation to allow it (WEBHOOK_ALLOW)."
        )


def may_reach(address: str, allowed: Collection[Network] = ()) -> bool:
    """Say whether an IP address is public, or in one of the networks that the operator allows."""
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = ip.ipv4_mapped if isinstance(ip, IPv6Address) else None
    return _is_public(ip) or any((inner or ip) in network for network in allowed)


def _is_public(ip: IPv4Address | IPv6Address) -> bool:
    if not ip.is_global or ip.is_multicast or ip.is_reserved or ip in _RELAYS:
        return False
    if isinstance(ip, IPv4Address):
        return True
    return ip in _PUBLIC_6 and not any(ip in network for network in _TUNNELS)


def _parts(url: str) -> SplitResult:
    if len(url) > LONGEST_URL:
        raise _bad(f"it has {len(url):,} characters and may have at most {LONGEST_URL}.")
    if not _VISIBLE.fullmatch(url) or "\\" in url:
        raise _bad("use plain characters only, without blanks; write others as %20 or xn--.")
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
    except ValueError:  # a port that is no number, or half of a bracket
        usable = False
    if not usable:
        raise _bad("it must be a URL such as https://example.com/hooks.")
    if "@" in parts.netloc or "#" in url:
        raise _bad("leave out the user, the password and whatever follows a #.")
    return parts


def _literal(host: str) -> str | None:
    """Return an IP address that is written as one, or None for a name.

    Other spellings of addresses (2130706433, 0x7f.1, 127.1, 0177.0.0.1) are refused.
    """
    try:
        return str(ip_address(host))
    except ValueError:
        pass
    if not _NAME.fullmatch(host) or _NUMBER.fullmatch(host.rpartition(".")[2]):
        raise _bad(f"{host[:80]!r} is not the name of a host, such as example.com.")
    return None


def _look_up(host: str) -> list[str]:
    asked = _lookups.submit(socket.getaddrinfo, host, None, type=socket.SOCK_STREAM)
    try:
        return [str(found[4][0]) for found in asked.result(LONGEST_LOOK_UP)]
    except (OSError, UnicodeError):  # a TimeoutError is an OSError
        return []


def _bad(why: str) -> DomainError:
    return DomainError("bad_url", f"url: {why}")
