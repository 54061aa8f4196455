"""What the tests of all providers do: send over a URL, and call back."""

import asyncio
from collections.abc import Coroutine, Sequence
from urllib.parse import parse_qsl, urlsplit

from flashsms.carriers.contract import CarrierStats, Outcome, Receipt, Submission
from flashsms.carriers.http.provider import Call, Step
from tests.carriers.helpers import open_carrier, until
from tests.carriers.http.fakes.server import FakeServer

# Several parts, and characters that GSM-7 lacks: one of them is two UTF-16 units.
LONG = "Medaase! " * 60 + "\u20b5" + "\U0001f600"


def run(scenario: Coroutine) -> None:
    """A scenario of a test; fails when it takes 20 s."""
    asyncio.run(asyncio.wait_for(scenario, 20))


def text_to(count: int, text: str = "Your parcel is ready.") -> list[Submission]:
    return [Submission(number, f"23324412{number:04d}", "SHOP", text) for number in range(count)]


def send(url: str, submissions: Sequence[Submission]) -> list[Outcome]:
    """What becomes of them, and nothing else."""
    return send_and_look(url, submissions)[0]


def send_and_look(
    url: str, submissions: Sequence[Submission]
) -> tuple[list[Outcome], CarrierStats]:
    """What becomes of them, and the figures of the carrier after that."""
    found: list[tuple[list[Outcome], CarrierStats]] = []

    async def scenario() -> None:
        async with open_carrier(url) as carrier:
            outcomes = await carrier.submit(submissions)
            found.append((outcomes, carrier.stats))

    run(scenario())
    return found[0]


def send_and_ask(
    url: str, submissions: Sequence[Submission], within: float = 5.0
) -> tuple[list[Outcome], list[Sequence[Receipt] | None]]:
    """What becomes of them, and what the provider says of them when it is asked."""
    found: list[tuple[list[Outcome], list[Sequence[Receipt] | None]]] = []

    async def scenario() -> None:
        async with open_carrier(url) as carrier:
            outcomes = await carrier.submit(submissions)
            questions = list(dict.fromkeys(one.ask for one in outcomes))
            found.append((outcomes, await carrier.ask(questions, within)))

    run(scenario())
    return found[0]


def fates(outcomes: Sequence[Outcome]) -> list[str]:
    return [str(one.fate) for one in outcomes]


def call(step: Step, url: str = "https://sms.example/callbacks/car_1/x", **changes) -> Call:
    """A call as the web layer hands it on; the query is read from the address."""
    values = {"method": "GET", "headers": {}, "form": (), "body": b"", **changes}
    query = tuple(parse_qsl(urlsplit(url).query, keep_blank_values=True))
    return Call(step, url=url, query=query, **values)


def assert_silence_is_unknown(fake: FakeServer, url: str) -> None:
    """A provider that does not answer: unknown, and asked once."""
    fake.held.clear()
    assert fates(send(f"{url}&response_timeout=0.2", text_to(1))) == ["unknown"]
    assert len(fake.seen) == 1


def assert_absence_is_unsent(url: str) -> None:
    """A provider that is not there at all, on a port that nobody listens on."""

    async def scenario() -> None:
        async with open_carrier(url, bound=False) as carrier:
            await until(lambda: "Cannot connect" in carrier.trouble)
            assert fates(await carrier.submit(text_to(1))) == ["unsent"]

    run(scenario())
