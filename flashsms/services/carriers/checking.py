"""Whether a carrier's URL works, step by step: it needs no database and no running installation.

A session of its own is opened beside any that runs. Receipts and texts that arrive on it and are
not of its own test message are told to come again, to whoever they are for.
"""

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import partial

from flashsms.carriers.contract import CarrierError, Fate, Outcome
from flashsms.carriers.http import reach
from flashsms.carriers.smpp.pdu import (
    BIND_RECEIVER,
    BIND_TRANSCEIVER,
    BIND_TRANSMITTER,
    ProtocolError,
)
from flashsms.carriers.smpp.probe import Probe
from flashsms.carriers.urls import CarrierOptions, options, provider, redact
from flashsms.services.carriers import failing
from flashsms.services.carriers.sample import Heard, Sample, Trial

_OVER_SMPP = ("smpp", "smpps", "simulator")
_ROLES = {
    "transceiver": {BIND_TRANSCEIVER: "Sign-in"},
    "pair": {BIND_TRANSMITTER: "Sign-in to send", BIND_RECEIVER: "Sign-in to receive"},
}
_NO_NUMBER = "No message was sent: name a number with --to."
_OPEN = {
    "Message": "whether it takes messages; try another number or sender",
    "Receipt": "whether messages arrive; try another number, or wait longer with --wait",
}
_FAILURES = (CarrierError, ProtocolError, OSError, UnicodeError)


class Mark(StrEnum):
    """How a step went."""

    WORKS = "works"
    FAILS = "fails"
    OPEN = "open"  # this one message does not tell: the carrier took part and said something
    LEFT_OUT = "left out"


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a check; `said` is for the operator, `seconds` how long it took, if it did."""

    name: str
    mark: Mark
    said: str
    seconds: float = 0.0


Steps = AsyncGenerator[Step, None]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What it comes to, in words; `works` when nothing failed and nothing is open."""

    works: bool
    sentence: str


def check(trial: Trial) -> Iterator[Step]:
    """Yield each step as soon as it is known, until one fails or all are done.

    Blocks meanwhile: for the receipt up to `trial.wait`, for everything else as long as the
    carrier's own time-outs. Leaving early hangs up.
    """
    with _quiet(), asyncio.Runner() as runner:
        steps = _steps(trial)
        try:
            while (step := runner.run(_next(steps))) is not None:
                yield step
        finally:
            runner.run(steps.aclose())


def judge(steps: Sequence[Step]) -> Verdict:
    """Say what works and what does not."""
    fine = [step.name for step in steps if step.mark is Mark.WORKS and step.name != "URL"]
    last = steps[-1]
    if last.mark is Mark.OPEN:
        return Verdict(False, f"What works: {_listed(fine)}. What is open: {_OPEN[last.name]}.")
    if last.mark is not Mark.FAILS:
        return Verdict(True, f"This carrier works: {_listed(fine)}.")
    rest = f"; what works: {_listed(fine)}" if fine else ""
    return Verdict(False, f"This carrier does not work: {last.name.lower()} failed{rest}.")


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what carriers log from standing between the steps, which say all of it."""
    log = logging.getLogger("flashsms.carriers")
    before = log.level
    log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        log.setLevel(before)


async def _next(steps: Steps) -> Step | None:
    return await anext(steps, None)


async def _steps(trial: Trial) -> Steps:
    try:
        read = options(trial.url)
    except CarrierError as error:
        yield Step("URL", Mark.FAILS, error.reason)
        return
    yield Step("URL", Mark.WORKS, f"It can be read: {redact(trial.url)}")
    way = _Smpp(trial, read) if read.scheme in _OVER_SMPP else _Http(trial, read)
    try:
        for act in way.acts:
            step = await act()
            yield step
            if step.mark in (Mark.FAILS, Mark.OPEN):
                return
    finally:
        await way.close()


Act = Callable[[], Awaitable[Step]]


class _Smpp:
    """An SMPP carrier: by hand as far as the link, then as a worker would use it."""

    def __init__(self, trial: Trial, read: CarrierOptions) -> None:
        self._trial = trial
        self._read = read
        self._where = (read.host, read.port)
        self._sample = Sample(trial, read)
        self._probes = {role: Probe(read, role) for role in _ROLES[read.bind]}
        self._first = next(iter(self._probes.values()))

    @property
    def acts(self) -> Sequence[Act]:
        """The steps in their order."""
        signing = [partial(self._sign_in, role) for role in self._probes]
        message = partial(_message, self._trial, self._sample)
        return (self._connect, self._secure, *signing, self._enquire, message, self._receipt)

    async def close(self) -> None:
        """Hang up."""
        for probe in self._probes.values():
            await probe.hang_up()
        await self._sample.close()

    async def _connect(self) -> Step:
        said = f"{self._read.host} listens on port {self._read.port}"
        return await _tried(self._where, "Connection", self._first.connect, said)

    async def _secure(self) -> Step:
        if self._read.scheme != "smpps":
            plain = "There is none: smpps:// asks for it, where the carrier offers it."
            return Step("Encryption", Mark.LEFT_OUT, plain)
        said = "TLS, and the certificate is trusted"
        if not self._read.verify:
            said = "TLS, but nobody looked at the certificate (verify=0)"
        return await _tried(self._where, "Encryption", self._first.secure, said)

    async def _sign_in(self, role: int) -> Step:
        probe = self._probes[role]

        async def act() -> float:
            if probe is not self._first:
                await probe.connect()
                if self._read.scheme == "smpps":
                    await probe.secure()
            return await probe.sign_in()

        said = f"The carrier lets {self._read.user} in"
        return await _tried(self._where, _ROLES[self._read.bind][role], act, said)

    async def _enquire(self) -> Step:
        said = "The carrier answers when it is asked whether it is there"
        step = await _tried(self._where, "Link", self._first.enquire, said)
        for probe in self._probes.values():
            await probe.hang_up()  # some carriers allow an account one bind
        return step

    async def _receipt(self) -> Step:
        if not self._trial.to:
            return Step("Receipt", Mark.LEFT_OUT, "Without a message there is none.")
        if self._read.receipts == 0:
            return Step("Receipt", Mark.LEFT_OUT, "The URL asks for none (receipts=0).")
        heard, seconds = await self._sample.heard()
        if heard is Heard.NOTHING and self._read.receipts == 2:
            return Step("Receipt", Mark.LEFT_OUT, "Only failures are reported (receipts=2): none.")
        mark = Mark.WORKS if heard is Heard.DELIVERED else Mark.OPEN
        return Step("Receipt", mark, self._sample.story(heard, seconds), seconds)


class _Http:
    """A provider over HTTP: what it thinks of the sign-in shows with the message."""

    def __init__(self, trial: Trial, read: CarrierOptions) -> None:
        self._trial = trial
        self._read = read
        self._sample = Sample(trial, read)

    @property
    def acts(self) -> Sequence[Act]:
        """The steps in their order."""
        return (self._connect, partial(_message, self._trial, self._sample), self._receipt)

    async def close(self) -> None:
        """Hang up."""
        await self._sample.close()

    async def _connect(self) -> Step:
        base = provider(self._trial.url).base
        safe = "encrypted" if base.startswith("https:") else "not encrypted"
        said = f"{base} answers, {safe}; whether it knows the account shows with a message"
        host, port, secure = reach.address(base)
        context = reach.trust(verify=self._read.verify) if secure else None

        async def act() -> float:
            began = time.perf_counter()
            await reach.touch(host, port, context)
            return time.perf_counter() - began

        return await _tried((host, port), "Connection", act, said)

    async def _receipt(self) -> Step:
        return Step(
            "Receipt",
            Mark.LEFT_OUT,
            "The provider reports to the callback address of a running installation, not to this "
            "check: look at the message's report there.",
        )


async def _tried(
    where: tuple[str, int], name: str, act: Callable[[], Awaitable[float]], said: str
) -> Step:
    """Do one thing and say how it went; `said` is what it means when it went well.

    `where` is the host and the port that it has to do with.
    """
    try:
        seconds = await act()
    except _FAILURES as error:
        return Step(name, Mark.FAILS, failing.words(error, *where))
    return Step(name, Mark.WORKS, f"{said} ({seconds * 1000:.0f} ms).", seconds)


async def _message(trial: Trial, sample: Sample) -> Step:
    """Send the test message."""
    if not trial.to:
        return Step("Message", Mark.LEFT_OUT, _NO_NUMBER)
    try:
        await sample.open()
    except CarrierError as error:
        return Step("Message", Mark.FAILS, f"It was not sent. {error.reason}")
    outcome, seconds = await sample.send()
    mark = _MARKS.get(outcome.fate, Mark.OPEN)
    return Step("Message", mark, f"{told(outcome)} ({seconds * 1000:.0f} ms)", seconds)


# What was not even written, because of the sign-in for example, is not about this one message.
_MARKS = {Fate.ACCEPTED: Mark.WORKS, Fate.UNSENT: Mark.FAILS}
_MEANINGS = {
    Fate.REFUSED: "No other try will change that.",
    Fate.ELSEWHERE: "A worker would try the next carrier.",
    Fate.BUSY: "That may pass: a worker would try again.",
    Fate.THROTTLED: "That passes: a worker would go on more slowly.",
    Fate.UNSENT: "It was not sent.",
    Fate.UNKNOWN: "It may have been taken or not: a worker would not send it again.",
}


def told(outcome: Outcome) -> str:
    """Say what became of the message, and what that means."""
    if outcome.fate is not Fate.ACCEPTED:
        code = f" ({outcome.code})" if outcome.code else ""
        return f"{outcome.reason.rstrip('.')}{code}. {_MEANINGS[outcome.fate]}"
    ids = ", ".join(filter(None, outcome.carrier_ids)) or "none"
    return f"The carrier took it. Its id: {ids}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(name.lower() for name in names) or "nothing was tried"
