"""Asking a provider what became of messages: a few questions at once, for a few seconds.

Whatever goes wrong, the question is asked again later: nothing is sent by asking.
"""

import asyncio
import logging
from collections.abc import Iterator, Sequence
from http import HTTPStatus

from aiohttp import ClientError, ClientSession

from flashsms.carriers.contract import Receipt
from flashsms.carriers.http.exchange import Exchange, NoAnswerError
from flashsms.carriers.http.provider import AskedProvider

logger = logging.getLogger(__name__)

AT_ONCE = 4  # questions under way; sending shares the connections with them

# These say nothing of a message: the other questions would be answered like this, too.
_ENOUGH = (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.TOO_MANY_REQUESTS)


async def ask(
    session: ClientSession, provider: AskedProvider, questions: Sequence[str], within: float
) -> list[Sequence[Receipt] | None]:
    """Ask in order until `within` seconds are over or the provider has enough (`AskedCarrier`)."""
    asking = _Asking(session, provider, iter(questions))
    try:
        async with asyncio.timeout(within):
            await asyncio.gather(*(asking.work() for _ in range(AT_ONCE)))
    except TimeoutError:
        asking.failures.append("no answer in time")
    if asking.failures:
        missing = asking.answers.count(None)
        logger.warning(
            "%d of %d questions for receipts were not answered: %s",
            missing,
            len(questions),
            asking.failures[0],
        )
    return asking.answers


class _Asking:
    """One round of questions: `answers` has a place for each that was asked."""

    def __init__(
        self, session: ClientSession, provider: AskedProvider, waiting: Iterator[str]
    ) -> None:
        self._session = session
        self._provider = provider
        self._waiting = waiting
        self._enough = False
        self.answers: list[Sequence[Receipt] | None] = []
        self.failures: list[str] = []

    async def work(self) -> None:
        """Ask one question after another, of those that nobody else has asked."""
        while not (self._enough or self._session.closed):
            question = next(self._waiting, None)
            if question is None:
                return
            place = len(self.answers)
            self.answers.append(None)
            self.answers[place] = await self._ask(question)

    async def _ask(self, question: str) -> Sequence[Receipt] | None:
        try:
            answer = await Exchange(()).make(self._session, self._provider.question(question))
        except (ClientError, OSError, NoAnswerError) as error:  # its text may have the address
            self.failures.append(type(error).__name__)
            return None
        if answer.status != HTTPStatus.OK:
            self._enough = self._enough or answer.status in _ENOUGH
            self.failures.append(f"HTTP {answer.status}")
            return None
        try:
            return self._provider.told(question, answer)
        except Exception:  # an answer of a shape that nobody thought of
            logger.exception("an answer to a question for receipts could not be read")
            return None
