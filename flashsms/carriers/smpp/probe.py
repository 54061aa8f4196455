"""One sign-in by hand, a step at a time, for whoever asks which step fails.

Sends no message and takes nothing: what the carrier wants to deliver meanwhile is answered with a
temporary error, so that it comes again to whoever it is for.
"""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress

from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp import pdu as smpp
from flashsms.carriers.smpp import tls
from flashsms.carriers.smpp.bind import BindRefusedError
from flashsms.carriers.smpp.pdu import Pdu, ProtocolError
from flashsms.carriers.smpp.status import TRY_LATER

CONNECT_TIMEOUT = 10.0  # seconds
_UNBIND_TIMEOUT = 1.0  # seconds
_READ = 65536


class Probe:
    """One connection. Each step returns the seconds that it took, and raises when it fails.

    All of them raise OSError (TimeoutError, ConnectionError and ssl.SSLError are some) or
    ProtocolError.
    """

    def __init__(self, options: CarrierOptions, role: int = smpp.BIND_TRANSCEIVER) -> None:
        self._options = options
        self._role = role
        self._sequence = 0
        self._bound = False
        self._pdus = smpp.Reader()
        self._waiting: list[Pdu] = []
        self._reader: asyncio.StreamReader
        self._writer: asyncio.StreamWriter | None = None

    async def connect(self) -> float:
        """Find the host and connect to its port. Raises UnicodeError for what is no host name."""
        options = self._options

        async def act() -> None:
            self._reader, self._writer = await asyncio.open_connection(options.host, options.port)

        return await _timed(act, CONNECT_TIMEOUT)

    async def secure(self) -> float:
        """Begin TLS, with the certificate checked as the URL says."""
        context = tls.context(self._options)
        if context is None:
            raise ValueError("this carrier's URL asks for no TLS")
        host = self._options.host
        return await _timed(
            lambda: self._line.start_tls(context, server_hostname=host), CONNECT_TIMEOUT
        )

    async def sign_in(self) -> float:
        """Bind. Raises BindRefusedError with the carrier's reason."""
        options = self._options
        body = smpp.encode_bind(
            options.user, options.password, options.system_type, options.address_range
        )

        async def act() -> None:
            answer = await self._ask(self._role, body)
            if answer.status or answer.command == smpp.GENERIC_NACK:
                raise BindRefusedError(answer.status, self._role)
            self._bound = True

        return await _timed(act, options.response_timeout)

    async def enquire(self) -> float:
        """Ask whether the carrier is there, by enquire_link; any answer to it shows that."""
        return await _timed(lambda: self._ask(smpp.ENQUIRE_LINK), self._options.response_timeout)

    async def hang_up(self) -> None:
        """Unbind if there is a bind, and close; never raises, and does nothing the second time."""
        if self._writer is None:
            return
        with suppress(OSError, ProtocolError):
            if self._bound:
                await _timed(lambda: self._ask(smpp.UNBIND), _UNBIND_TIMEOUT)
        self._writer.transport.abort()
        self._writer = None

    @property
    def _line(self) -> asyncio.StreamWriter:
        if self._writer is None:
            raise RuntimeError("a probe connects before anything else")
        return self._writer

    async def _ask(self, command: int, body: bytes = b"") -> Pdu:
        """Send a request and return its answer; what comes in between is told to come again."""
        self._sequence += 1
        self._line.write(smpp.encode(command, self._sequence, body))
        while True:
            pdu = await self._next()
            is_answer = pdu.command in (command | smpp.RESPONSE, smpp.GENERIC_NACK)
            if is_answer and pdu.sequence in (self._sequence, 0):
                return pdu
            if pdu.command in (smpp.DELIVER_SM, smpp.DATA_SM):
                self._answer(pdu, b"\0", TRY_LATER)
            elif pdu.command == smpp.ENQUIRE_LINK:
                self._answer(pdu)

    async def _next(self) -> Pdu:
        while not self._waiting:
            data = await self._reader.read(_READ)
            if not data:
                raise ConnectionResetError("the carrier hung up")
            self._waiting = list(self._pdus.feed(data))
        return self._waiting.pop(0)

    def _answer(self, pdu: Pdu, body: bytes = b"", status: int = 0) -> None:
        self._line.write(smpp.encode(pdu.command | smpp.RESPONSE, pdu.sequence, body, status))


async def _timed(act: Callable[[], Awaitable[object]], longest: float) -> float:
    began = time.perf_counter()
    async with asyncio.timeout(longest):
        await act()
    return time.perf_counter() - began
