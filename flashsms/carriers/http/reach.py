"""Whether a provider can be reached: found out by connecting, not by sending."""

import asyncio
import logging
import random
import ssl
from urllib.parse import urlsplit

from flashsms.carriers import connecting

logger = logging.getLogger(__name__)

_CONNECT_TIMEOUT = 10.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0


def address(base: str) -> tuple[str, int, bool]:
    """Return the host and the port of an address, and whether it asks for TLS."""
    split = urlsplit(base)
    secure = split.scheme == "https"
    return split.hostname or "", split.port or (443 if secure else 80), secure


def trust(*, verify: bool) -> ssl.SSLContext:
    """Return how TLS is done: with the certificate checked, or with nobody looking at it."""
    made = ssl.create_default_context()
    if not verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


async def touch(host: str, port: int, context: ssl.SSLContext | None) -> None:
    """Connect once, and hang up. Raises OSError (TimeoutError and SSLError are some) and, for what
    is no host name, UnicodeError.
    """
    async with asyncio.timeout(_CONNECT_TIMEOUT):
        _, writer = await asyncio.open_connection(host, port, ssl=context)
    writer.transport.abort()


class Reach:
    """Knows of one address whether it answers; after `lost` it tries until it does.

    A try is a TCP connection, and TLS on it, that is closed at once: it costs nothing, where a
    request might send something.
    """

    def __init__(self, base: str, context: ssl.SSLContext) -> None:
        self._host, self._port, secure = address(base)
        self._context = context if secure else None
        self._task: asyncio.Task[None] | None = None
        self.ready = False
        self.trouble = "The carrier is not open."
        self.losses = 0

    def open(self) -> None:
        """Start trying; returns at once."""
        self._try(f"Connecting to {self._host}.")

    def lost(self, reason: str) -> None:
        """Take note that it could not be reached, and start trying."""
        if self.ready:
            self.ready = False
            self.losses += 1
            self._try(reason)

    async def close(self) -> None:
        """Stop trying, for good."""
        self.ready = False
        self.trouble = "The carrier is closed."
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    def why(self, error: Exception) -> str:
        """Say in a sentence why it cannot be reached; never with a URL, which may have a key."""
        return connecting.trouble(error, self._host, self._port)

    def _try(self, reason: str) -> None:
        self.trouble = reason
        self._task = asyncio.get_running_loop().create_task(self._until_reached())

    async def _until_reached(self) -> None:
        pause = _FIRST_PAUSE
        while not await self._reached():
            logger.warning("%s", self.trouble)
            await asyncio.sleep(pause * random.uniform(0.5, 1.0))  # noqa: S311 - not a secret
            pause = min(2 * pause, _LONGEST_PAUSE)

    async def _reached(self) -> bool:
        try:
            await touch(self._host, self._port, self._context)
        except (OSError, UnicodeError) as error:
            self.trouble = self.why(error)
            return False
        self.ready, self.trouble = True, ""
        return True
