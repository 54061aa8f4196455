"""A provider over HTTP as a carrier: connections, waiting and what a silence means.

What HTTP itself says of a submission, where the provider's documentation says nothing (RFC 9110):
nothing was written when no connection came about; 401, 402, 403, 404, 405 and a permanent redirect
mean that nobody looked at the message, and are for the operator to mend: 401 at once, the others,
which gateways in front of a provider say, too, when they last (`fault`). 429 was not taken. A 5xx
answer is UNKNOWN, since a gateway in between says 502 or 504 of a message that went out, and so is
every answer that cannot be read. What was written is never written again.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Sequence
from dataclasses import replace
from http import HTTPStatus

from aiohttp import (
    ClientConnectorCertificateError,
    ClientConnectorError,
    ClientError,
    ClientSession,
    TCPConnector,
)

from flashsms.carriers.contract import CarrierStats, Fate, Outcome, Receipt, Submission, Take
from flashsms.carriers.http import asking
from flashsms.carriers.http.exchange import KEEP_ALIVE, Exchange, NoAnswerError, new_session
from flashsms.carriers.http.fault import Fault
from flashsms.carriers.http.provider import Answer, AskedProvider, Provider, everyone
from flashsms.carriers.http.reach import Reach, trust
from flashsms.carriers.options import CarrierOptions
from flashsms.text.segments import count_parts

logger = logging.getLogger(__name__)

# Seconds until what a slow provider left unwritten comes back: a batch must end within its lease.
LONGEST_WRITE = 20.0
_SMOOTHING = 0.2  # how much one answer counts in the running average

_CLOSING = "The carrier is being closed."
_CUT = "The carrier was closed before it answered."
_TOO_SLOW = "The carrier is too slow for more at once."
_NO_ANSWER = "The carrier did not answer."
_UNCLEAR = "The carrier's answer does not say whether it took the message."
_SIGN_IN = "The carrier refused the sign-in: check the name and the secret in its URL."
_NO_CREDIT = "The account at the carrier has no credit left: top it up."
_NOT_ALLOWED = "The carrier does not let us in: check the URL, and whether it allows our address."
_ADDRESS = "The carrier's API is not at this address: check the host in its URL."
_FAULTS = {
    HTTPStatus.UNAUTHORIZED: _SIGN_IN,
    HTTPStatus.PAYMENT_REQUIRED: _NO_CREDIT,
    HTTPStatus.FORBIDDEN: _NOT_ALLOWED,
    HTTPStatus.NOT_FOUND: _ADDRESS,
    HTTPStatus.METHOD_NOT_ALLOWED: _ADDRESS,
    # 302 and 303 are missing: some send them after a success.
    HTTPStatus.MOVED_PERMANENTLY: _ADDRESS,
    HTTPStatus.TEMPORARY_REDIRECT: _ADDRESS,
    HTTPStatus.PERMANENT_REDIRECT: _ADDRESS,
}


class HttpCarrier:
    """Implements the `Carrier` contract for any provider, and `AskedCarrier` for those asked.

    `stats` counts requests in `in_flight` and `window`, and parts in `submitted`. Receipts come by
    callbacks to the web processes or are asked for, so that `receipts` is 0 here and `take` is
    never called.
    """

    def __init__(self, options: CarrierOptions, provider: Provider, take: Take) -> None:
        self._options = options
        self._provider = provider
        self._context = trust(verify=options.verify)
        self._reach = Reach(provider.base, self._context)
        self._places = asyncio.Semaphore(options.window)
        self._session: ClientSession | None = None
        self._tasks: dict[asyncio.Task[list[Outcome]], Exchange] = {}
        self._in_flight = self._submitted = 0
        self._latency = 0.0
        self._fault = Fault()
        self._closing = False

    @property
    def ready(self) -> bool:
        """Whether a submission would reach the wire now."""
        return self._reach.ready and not (self._fault.quiet or self._closing)

    @property
    def trouble(self) -> str:
        """Why it is not ready, as a sentence for the operator; empty when it is."""
        if self.ready:
            return ""
        return _CLOSING if self._closing else self._reach.trouble or self._fault.words

    @property
    def stats(self) -> CarrierStats:
        """The figures of this moment."""
        return CarrierStats(
            ready=self.ready,
            in_flight=self._in_flight,
            window=self._options.window,
            submitted=self._submitted,
            receipts=0,
            reconnects=self._reach.losses,
            latency=self._latency,
            fault=self._fault.lasting,
        )

    async def open(self) -> None:
        """Start finding out whether the provider can be reached; returns at once."""
        if self._session is None:
            connector = TCPConnector(
                limit=self._options.window, keepalive_timeout=KEEP_ALIVE, ssl=self._context
            )
            self._session = new_session(self._options, connector)
            self._reach.open()

    async def submit(self, submissions: Sequence[Submission]) -> list[Outcome]:
        """One outcome each, in order; all UNSENT at once when it is not ready. Never raises."""
        if not self.ready:
            return everyone(submissions, Fate.UNSENT, self.trouble)
        until = asyncio.get_running_loop().time() + LONGEST_WRITE
        groups = _groups(submissions, self._provider.most)
        exchanges = [Exchange([submissions[index] for index in group]) for group in groups]
        tasks = [self._start(exchange, until) for exchange in exchanges]
        found: dict[int, Outcome] = {}
        results = await asyncio.gather(*tasks, return_exceptions=True)
        for group, exchange, result in zip(groups, exchanges, results, strict=True):
            outcomes = (
                _interrupted(exchange, result) if isinstance(result, BaseException) else result
            )
            found.update(zip(group, outcomes, strict=True))
        return [found[index] for index in range(len(submissions))]

    async def ask(self, questions: Sequence[str], within: float) -> list[Sequence[Receipt] | None]:
        """Ask for receipts; without an answer at all for a provider that pushes them."""
        provider, session = self._provider, self._session
        if session is None or self._closing or not self._reach.ready:
            return []
        if not isinstance(provider, AskedProvider):
            return []
        return await asking.ask(session, provider, questions, within)

    async def close(self, grace: float) -> None:
        """Write nothing more, wait up to `grace` seconds for answers, hang up."""
        self._closing = True
        await self._reach.close()
        for task, exchange in self._tasks.items():
            if not exchange.written:
                task.cancel()
        if self._tasks:
            await asyncio.wait([*self._tasks], timeout=grace)
        for task in self._tasks:
            task.cancel()
        if self._tasks:
            await asyncio.wait([*self._tasks])
        if self._session is not None:
            await self._session.close()

    # --- one request

    def _start(self, exchange: Exchange, until: float) -> asyncio.Task[list[Outcome]]:
        task = asyncio.get_running_loop().create_task(self._send(exchange, until))
        self._tasks[task] = exchange
        task.add_done_callback(self._tasks.pop)
        return task

    async def _send(self, exchange: Exchange, until: float) -> list[Outcome]:
        """Wait for a place in the window until `until`, then ask."""
        try:
            async with asyncio.timeout_at(until):
                await self._places.acquire()
        except TimeoutError:
            return everyone(exchange.group, Fate.UNSENT, _TOO_SLOW)
        self._in_flight += 1
        try:
            if not self.ready:
                return everyone(exchange.group, Fate.UNSENT, self.trouble)
            return await self._ask(exchange)
        finally:
            self._in_flight -= 1
            self._places.release()

    async def _ask(self, exchange: Exchange) -> list[Outcome]:
        session = self._session
        if session is None:
            raise RuntimeError("a carrier is ready only once it is open")
        try:
            request = self._provider.request(exchange.group)
        except ValueError as error:
            return everyone(exchange.group, Fate.REFUSED, str(error))
        self._fault.trying()
        started = time.monotonic()
        try:
            answer = await exchange.make(session, request)
        except (ClientError, OSError, NoAnswerError) as error:  # a TimeoutError is an OSError
            return self._unanswered(exchange, error)
        finally:
            self._count(exchange)
        self._time(time.monotonic() - started)
        return self._judge(exchange.group, answer)

    def _unanswered(self, exchange: Exchange, error: Exception) -> list[Outcome]:
        if exchange.written:
            return everyone(exchange.group, Fate.UNKNOWN, _NO_ANSWER)
        reason = self._reach.why(_cause(error))
        self._reach.lost(reason)
        return everyone(exchange.group, Fate.UNSENT, reason)

    def _judge(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        """What the answer means, and what it means for the carrier."""
        outcomes, certain = self._read(group, answer)
        faults = [one.reason for one in outcomes if one.fate is Fate.UNSENT]
        if faults:
            self._fault.found(faults[0], certain=certain)
            logger.error("carrier %s: %s", self._options.scheme, faults[0])
        elif any(one.fate is not Fate.UNKNOWN for one in outcomes):
            self._fault.mended()
        return outcomes

    def _read(self, group: Sequence[Submission], answer: Answer) -> tuple[list[Outcome], bool]:
        """What an answer says, and whether no gateway would say that.

        The provider's word goes first, then that of HTTP.
        """
        certain = True
        try:
            outcomes = self._provider.read(group, answer)
        except Exception:  # an answer of a shape that nobody thought of
            logger.exception("an answer of %s could not be read", self._options.scheme)
            outcomes = []
        if len(outcomes) != len(group):
            outcomes = everyone(group, Fate.UNKNOWN, code=f"HTTP {answer.status}")
        if all(one.fate is Fate.UNKNOWN for one in outcomes):
            certain = answer.status == HTTPStatus.UNAUTHORIZED
            outcomes = _by_status(group, answer.status) or outcomes
        return [
            one if one.reason or one.fate is not Fate.UNKNOWN else _unclear(one) for one in outcomes
        ], certain

    def _count(self, exchange: Exchange) -> None:
        if exchange.written:
            self._submitted += count_parts(exchange.group[0].text) * len(exchange.group)

    def _time(self, seconds: float) -> None:
        weight = _SMOOTHING if self._latency else 1.0
        self._latency += weight * (seconds - self._latency)


def _by_status(group: Sequence[Submission], status: int) -> list[Outcome]:
    """What HTTP says of a message; nothing where it leaves that open."""
    code = f"HTTP {status}"
    if status in _FAULTS:
        return everyone(group, Fate.UNSENT, _FAULTS[HTTPStatus(status)], code)
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return everyone(group, Fate.THROTTLED, "The carrier asks to send more slowly.", code)
    return []


def _unclear(outcome: Outcome) -> Outcome:
    return replace(outcome, reason=_UNCLEAR)


def _interrupted(exchange: Exchange, error: BaseException) -> list[Outcome]:
    """What became of a group whose task was cancelled by `close`, or failed by a fault of ours."""
    if not isinstance(error, asyncio.CancelledError):
        where = "".join(traceback.format_tb(error.__traceback__))  # its words may have the address
        logger.error("a request could not be made: %s\n%s", type(error).__name__, where)
    if exchange.written:
        return everyone(exchange.group, Fate.UNKNOWN, _CUT)
    return everyone(exchange.group, Fate.UNSENT, _CLOSING)


def _groups(submissions: Sequence[Submission], most: int) -> list[list[int]]:
    """Positions of what can go in one request: one sender, one text, no number twice."""
    groups: list[list[int]] = []
    filling: dict[tuple[str, str, int], tuple[list[int], set[str]]] = {}
    for index, sub in enumerate(submissions):
        key = (sub.sender, sub.text, sub.validity)
        group, phones = filling.get(key, ([], set()))
        if not group or len(group) >= most or sub.to in phones:
            group, phones = filling[key] = ([], set())
            groups.append(group)
        group.append(index)
        phones.add(sub.to)
    return groups


def _cause(error: Exception) -> Exception:
    """What aiohttp wrapped up."""
    if isinstance(error, ClientConnectorCertificateError):
        return error.certificate_error
    return error.os_error if isinstance(error, ClientConnectorError) else error
