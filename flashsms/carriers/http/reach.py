"""Whether a provider can be reached: found out by connecting, not by sending."""

import asyncio
import logging
import random
import ssl
from urllib.parse import urlsplit

logger = logging.getLogger(__name__)

_CONNECT_TIMEOUT = 10.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.25, 15.0


class Reach:
    """Knows of one address whether it answers; after `lost` it tries until it does.

    A try is a TCP connection, and TLS on it, that is closed at once: it costs nothing, where a
    request might send something.
    """

    def __init__(self, base: str, context: ssl.SSLContext) -> None:
        split = urlsplit(base)
        secure = split.scheme == "https"
        self._host = split.hostname or ""
        self._port = split.port or (443 if secure else 80)
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
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"The certificate of {self._host} is not to be trusted: {error.verify_message}."
        if isinstance(error, ssl.SSLError):
            return f"{self._host} does not speak TLS as it should."
        if isinstance(error, UnicodeError):  # what a host name such as a..b makes of the resolver
            return f"{self._host!r} is no host name."
        if isinstance(error, TimeoutError):
            return f"Cannot connect to {self._host}: there was no answer in time."
        what = error.strerror if isinstance(error, OSError) and error.strerror else "it hung up"
        return f"Cannot connect to {self._host}: {what.rstrip('.')}."

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
            async with asyncio.timeout(_CONNECT_TIMEOUT):
                _, writer = await asyncio.open_connection(self._host, self._port, ssl=self._context)
        except (OSError, UnicodeError) as error:  # TimeoutError and SSLError are OSErrors
            self.trouble = self.why(error)
            return False
        writer.transport.abort()
        self.ready, self.trouble = True, ""
        return True
