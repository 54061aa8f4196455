"""Asking a provider for receipts: in order, a few at once, and not longer than there is time."""

import asyncio
import logging
import time

import pytest

from flashsms.carriers.http import asking
from tests.carriers.helpers import open_carrier, until
from tests.carriers.http.fakes.hubtel import FakeHubtel
from tests.carriers.http.fakes.server import FakeServer, Reply
from tests.carriers.http.steps import run


@pytest.fixture
def hubtel(serve):
    return serve(FakeHubtel())


def ask(fake: FakeServer, count: int, within: float = 5.0, url: str = "") -> list:
    """The answers to so many questions, each as the states it tells."""
    found: list = []

    async def scenario() -> None:
        async with open_carrier(url or f"hubtel://me:secret@127.0.0.1:{fake.port}?tls=0") as one:
            found.extend(await one.ask([f"hub-23324412{n:04d}" for n in range(count)], within))

    run(scenario())
    return [told and [str(receipt.state) for receipt in told] for told in found]


def test_every_question_is_asked_once_and_answered_in_its_place(hubtel):
    hubtel.states = {"233244120003": "Expired"}
    assert ask(hubtel, 6) == [["delivered"]] * 3 + [["failed"]] + [["delivered"]] * 2
    assert sorted(hubtel.asked) == [f"/v1/messages/hub-23324412000{n}" for n in range(6)]
    assert hubtel.busiest <= asking.AT_ONCE


def test_one_that_fails_does_not_keep_the_others_from_being_asked(hubtel, caplog):
    hubtel.replies += [Reply(500, b""), Reply(404, b""), Reply(200, b"{"), Reply(cut=5)]
    answers = ask(hubtel, 8)
    assert sorted(map(str, answers)) == ["None"] * 3 + ["['delivered']"] * 4 + ["[]"]
    assert "3 of 8 questions for receipts were not answered" in caplog.text


@pytest.mark.parametrize("status", [401, 403, 429])
def test_a_provider_that_has_enough_is_not_asked_on(hubtel, status):
    hubtel.replies += [Reply(status, b"")] * 20
    answers = ask(hubtel, 20)
    assert answers == [None] * len(answers)
    assert 1 <= len(answers) == len(hubtel.asked) <= asking.AT_ONCE


def test_a_provider_that_does_not_answer_is_waited_for_no_longer_than_allowed(hubtel):
    hubtel.held.clear()
    started = time.monotonic()
    assert ask(hubtel, 20, within=0.3) == [None] * asking.AT_ONCE
    assert time.monotonic() - started < 3
    hubtel.held.set()


def test_what_is_logged_has_no_secret(serve, caplog):
    caplog.set_level(logging.DEBUG)
    fake = serve(FakeServer())
    fake.replies += [Reply(500, b""), Reply(cut=3)]
    url = f"mnotify://hush-hush@127.0.0.1:{fake.port}?tls=0"
    assert ask(fake, 2, url=url) == [None, None]
    assert "were not answered" in caplog.text
    assert "hush-hush" not in caplog.text


def test_a_provider_that_pushes_its_receipts_is_not_asked(serve):
    fake = serve(FakeServer())
    assert ask(fake, 3, url=f"arkesel://key@127.0.0.1:{fake.port}?tls=0") == []
    assert fake.seen == []


def test_nobody_is_asked_who_cannot_be_reached():
    found: list = []

    async def scenario() -> None:
        async with open_carrier("hubtel://me:secret@127.0.0.1:1?tls=0", bound=False) as carrier:
            found.append(await carrier.ask(["hub-1"], 5.0))

    run(scenario())
    assert found == [[]]


def test_closing_ends_the_questions(hubtel):
    hubtel.held.clear()

    async def scenario() -> None:
        url = f"hubtel://me:secret@127.0.0.1:{hubtel.port}?tls=0"
        async with open_carrier(url) as carrier:
            asked = asyncio.create_task(carrier.ask(["hub-1", "hub-2"], 60.0))
            await until(lambda: len(hubtel.asked) == 2)
            await carrier.close(0.1)
            assert await asyncio.wait_for(asked, 2) == [None, None]
            assert await carrier.ask(["hub-3"], 60.0) == []

    run(scenario())
    hubtel.held.set()
