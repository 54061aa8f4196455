"""One connection that comes back: connect, bind, live, lose, wait, again."""

import asyncio
import logging
import random
import ssl
from collections.abc import Callable

from flashsms.carriers import connecting
from flashsms.carriers.contract import Take
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp import tls
from flashsms.carriers.smpp.bind import BindRefusedError
from flashsms.carriers.smpp.pdu import BIND_TRANSCEIVER
from flashsms.carriers.smpp.session import Session

logger = logging.getLogger(__name__)

_CONNECT_TIMEOUT = 10.0  # seconds
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0
_STABLE = 5.0  # seconds a session must live for the pauses to start over
_MISCONFIGURED_PAUSE = 30.0  # seconds: only a person can help, so there is no hurry


class Link:
    """Keeps one session alive between `open` and `close`.

    `role` is the command of its bind, `context` says how to connect by TLS. `fault` is what only
    the operator can mend, from the moment it is known until a sign-in succeeds.
    """

    def __init__(
        self,
        options: CarrierOptions,
        take: Take,
        *,
        role: int = BIND_TRANSCEIVER,
        context: ssl.SSLContext | None = None,
    ) -> None:
        self._options = options
        self._take = take
        self._role = role
        self._context = context
        self._task: asyncio.Task[None] | None = None
        self.session: Session | None = None
        self._trouble = "The carrier is not open."
        self.reconnects = 0
        self.fault = ""
        self._submitted = self._receipts = 0  # by sessions that have ended
        self._latency = 0.0

    @property
    def trouble(self) -> str:
        """What keeps it from being ready, or did so last."""
        session = self.session
        return session.failure if session and session.failure else self._trouble

    @property
    def ready(self) -> bool:
        """Whether a submission would reach the wire now."""
        session = self.session  # read once: another thread may ask while it is lost
        return session is not None and session.ready

    @property
    def submitted(self) -> int:
        """Parts written since `open`."""
        session = self.session
        return self._submitted + (session.outbox.submitted if session else 0)

    @property
    def receipts(self) -> int:
        """Receipts taken since `open`."""
        session = self.session
        return self._receipts + (session.inbox.taken if session else 0)

    @property
    def latency(self) -> float:
        """Seconds that answers take lately, 0 as long as there was none."""
        session = self.session
        return (session.outbox.latency if session else 0.0) or self._latency

    def open(self) -> None:
        """Start connecting; returns at once."""
        if self._task is None:
            self._trouble = f"Connecting to {self._address}."
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def close(self, grace: float) -> None:
        """Drain the session within `grace` seconds, hang up, and stay away."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        self._trouble = "The carrier is closed."
        if self.session is not None:
            self.session.drain("The carrier is being closed.", grace)
            await asyncio.wait([self.session.ended])

    @property
    def _address(self) -> str:
        return f"{self._options.host}:{self._options.port}"

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        failures = 0
        while True:
            started = loop.time()
            slow = await self._live()
            failures = 0 if loop.time() - started > _STABLE else failures + 1
            logger.warning("carrier %s: %s", self._address, self.trouble)
            await asyncio.sleep(_MISCONFIGURED_PAUSE if slow else _backoff(failures))

    async def _live(self) -> bool:
        """One session from connect to its end; whether to take our time before the next."""
        try:
            session = await self._connect()
        except BindRefusedError as refused:
            self._trouble = refused.reason
            self.fault = refused.reason if refused.fault else self.fault
            return refused.permanent
        except UnicodeError:  # what a host name such as a..b makes of the resolver
            self._trouble = self.fault = f"{self._options.host!r} is no host name."
            return True
        except ssl.SSLCertVerificationError as error:
            self._trouble = self.fault = tls.distrust(error, self._options.host)
            return True
        except (OSError, TimeoutError) as error:
            self._trouble = connecting.trouble(error, self._options.host, self._options.port)
            return False
        logger.info("bound to %s as %s", self._address, self._options.user)
        self.session = session
        self.fault = ""
        await asyncio.wait([session.ended])
        self._retire(session)
        return bool(session.fault)

    def _retire(self, session: Session) -> None:
        self._trouble = session.failure
        self.fault = session.fault
        self._latency = session.outbox.latency or self._latency
        self.reconnects += 1
        self._submitted += session.outbox.submitted
        self._receipts += session.inbox.taken
        self.session = None

    async def _connect(self) -> Session:
        options = self._options
        factory: Callable[[], Session] = lambda: Session(options, self._take, self._role)  # noqa: E731
        async with asyncio.timeout(_CONNECT_TIMEOUT):
            _, session = await asyncio.get_running_loop().create_connection(
                factory, options.host, options.port, ssl=self._context
            )
        await session.bind()
        return session


def _backoff(failures: int) -> float:
    """Seconds to wait, with jitter so that many workers do not come back in step."""
    doublings = min(max(failures - 1, 0), 30)  # after 1024 of them a float is at its end
    longest = min(_LONGEST_PAUSE, _FIRST_PAUSE * 2.0**doublings)
    return longest * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret
