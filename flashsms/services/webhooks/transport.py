"""One POST over the wire: whom it may reach, how long it may take, how much is read of the answer.

Neither proxies, cookies, redirects nor compressed answers; and every connection is checked when it
is made, because a name may mean another address than when the endpoint was saved.
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Collection
from datetime import UTC
from email.utils import parsedate_to_datetime

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorDNSError,
    ClientConnectorError,
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    InvalidURL,
    TCPConnector,
)

from flashsms.models import now
from flashsms.services.webhooks.parcels import Parcel, Result
from flashsms.services.webhooks.targets import Network, may_reach
from flashsms.text.printable import printable

TIMEOUT = 10.0  # seconds for a whole request, from the look-up of the name to the answer
LONGEST_ANSWER = 2000  # characters that are kept of an answer
MOST_BYTES = 8192  # that are read of one
PATIENCE = 2.0  # seconds for the rest of an answer whose status is known
# Servers close a connection that idles, most of them after 5 s or more: ours are closed before.
KEEP_ALIVE = 4.0

_HEADERS = {
    "Content-Type": "application/json",
    "User-Agent": "FlashSMS",
    "Accept-Encoding": "identity",
}

AddressInfo = tuple[
    int | socket.AddressFamily, int | socket.SocketKind, int, str, tuple[str | int, ...]
]


class PrivateAddressError(OSError):
    """A connection that would have gone to an address that endpoints may not be at."""


def new_session(allowed: Collection[Network]) -> ClientSession:
    """Return a session that reaches public addresses and `allowed` networks; within a loop."""

    def guarded(found: AddressInfo) -> socket.socket:
        family, kind, protocol, _, address = found
        if not may_reach(str(address[0]), allowed):
            raise PrivateAddressError
        return socket.socket(family, kind, protocol)

    return ClientSession(
        connector=TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE, socket_factory=guarded),
        cookie_jar=DummyCookieJar(),
        headers=_HEADERS,
        timeout=ClientTimeout(total=TIMEOUT),
        auto_decompress=False,
    )


async def post(session: ClientSession, parcel: Parcel) -> Result:
    """Send a parcel, once. Never raises."""
    if not parcel.signature:
        return Result(parcel, 0, error="Its secret cannot be read. Replace it.")
    began = time.monotonic()
    try:
        async with session.post(
            parcel.url,
            data=parcel.body.encode(),
            headers={
                "webhook-id": parcel.name,
                "webhook-timestamp": str(int(parcel.signed_at.timestamp())),
                "webhook-signature": parcel.signature,
            },
            allow_redirects=False,
        ) as response:
            answer = await _answer(response)
            return Result(
                parcel,
                _since(began),
                status=response.status,
                answer=answer,
                retry_after=_retry_after(response.headers.get("Retry-After")),
            )
    except (ClientError, OSError, ValueError) as error:  # a TimeoutError is an OSError
        return Result(parcel, _since(began), error=_why(error))


async def _answer(response: ClientResponse) -> str | None:
    """Return the beginning of an answer; one that goes on is left and its connection closed."""
    body = bytearray()
    try:
        async with asyncio.timeout(PATIENCE):
            async for chunk in response.content.iter_any():
                body += chunk[:MOST_BYTES]
                if len(body) >= MOST_BYTES:
                    response.close()
                    break
    except (ClientError, OSError):  # its status was heard, and that is what counts
        response.close()
    return _shown(bytes(body[:MOST_BYTES]).decode("utf-8", "replace"))


def _shown(text: str) -> str | None:
    lines = (printable(line) for line in text.splitlines())
    return "\n".join(lines)[:LONGEST_ANSWER] or None


def _retry_after(given: str | None) -> float | None:
    """Return the seconds that a header asks to wait: a number, or until a moment."""
    if not given:
        return None
    if given.isascii() and given.isdecimal():
        return float(given[:9])
    try:
        moment = parsedate_to_datetime(given)
    except (ValueError, OverflowError):  # of a date as far away as the receiver likes
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now()).total_seconds())


def _since(began: float) -> int:
    return int((time.monotonic() - began) * 1000)


def _why(error: Exception) -> str:
    """Say why there was no answer, to whoever runs the receiver."""
    if isinstance(error, TimeoutError):
        return f"It did not answer within {TIMEOUT:g} seconds."
    if isinstance(error, ClientConnectorDNSError):
        return "The name of its host means no address."
    if isinstance(error, ClientConnectorCertificateError):
        return "Its certificate is not valid for this address."
    if isinstance(error, ClientConnectorError):
        return _why_unreached(error.os_error)
    if isinstance(error, InvalidURL):
        return "Its address is no URL that can be called."
    return "It hung up before it had answered, or its answer was no HTTP."


def _why_unreached(error: OSError) -> str:
    if isinstance(error, PrivateAddressError):
        return "Its address is private now, and nothing is sent to those."
    if isinstance(error, ConnectionRefusedError):
        return "Nobody listens there: the connection was refused."
    if isinstance(error, ssl.SSLError):
        return "No encrypted connection could be made."
    return printable(f"It could not be reached: {error.strerror or 'no route'}.")[:200]
