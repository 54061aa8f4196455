"""Carriers over HTTP: what a silence means, and how many connections it takes."""

import asyncio
import json
import socket
import ssl
import subprocess
import threading
from collections.abc import Sequence

import pytest

from flashsms.carriers.contract import Fate, Outcome, Submission
from flashsms.carriers.http import carrier as carrier_module
from flashsms.carriers.http.carrier import HttpCarrier
from flashsms.carriers.http.exchange import Exchange
from flashsms.carriers.http.fault import PAUSE, Fault
from flashsms.carriers.http.provider import Answer, Call, Heard, Request, base, everyone
from flashsms.carriers.options import options
from flashsms.carriers.sessions import Sessions
from flashsms.carriers.urls import create
from tests.carriers.helpers import Taken, until
from tests.carriers.http.fakes.hubtel import FakeHubtel
from tests.carriers.http.fakes.server import FakeServer, Reply, Seen
from tests.carriers.http.steps import fates, run, text_to


class Plain:
    """A provider that asks by GET or POST and takes what is answered with `taken`."""

    def __init__(self, at: str, most: int = 1, method: str = "POST") -> None:
        self.base, self.most, self._method = at, most, method

    def request(self, group: Sequence[Submission]) -> Request:
        if group[0].text == "unsendable":
            raise ValueError("This cannot be sent.")
        body = json.dumps([sub.to for sub in group]).encode()
        return Request(self._method, f"{self.base}/send?key=secret", {}, body)

    def read(self, group: Sequence[Submission], answer: Answer) -> list[Outcome]:
        if answer.body == b"broken":
            raise KeyError("nobody thought of this")
        if answer.status == 402:
            return everyone(group, Fate.UNSENT, "No credit left.")
        if answer.body != b"taken":
            return everyone(group, Fate.UNKNOWN, "This is no answer.")
        return [Outcome(sub.reference, Fate.ACCEPTED, ("id",)) for sub in group]

    def hear(self, call: Call) -> Heard:
        raise NotImplementedError


class Clock:
    """Time that passes when a test says so."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


class Taking(FakeServer):
    def answer(self, seen: Seen) -> Reply:
        return Reply(body=b"taken")


@pytest.fixture
def fake(serve) -> FakeServer:
    return serve(Taking())


def to_fake(fake: FakeServer, extra: str = "", **plain) -> HttpCarrier:
    """A carrier of `Plain` to a fake over http."""
    read = options(f"hubtel://me:secret@127.0.0.1:{fake.port}?tls=0{extra}")
    return HttpCarrier(read, Plain(base(read, ""), **plain), Taken())


async def opened(carrier: HttpCarrier) -> HttpCarrier:
    await carrier.open()
    await until(lambda: carrier.ready)
    return carrier


def outcomes_of(carrier: HttpCarrier, submissions: Sequence[Submission]) -> list[Outcome]:
    found: list[Outcome] = []

    async def scenario() -> None:
        await opened(carrier)
        found.extend(await carrier.submit(submissions))
        await carrier.close(1.0)

    run(scenario())
    return found


# --- one request, one fate


def test_what_is_taken_is_accepted_in_the_order_it_was_given(fake):
    carrier = to_fake(fake)
    outcomes = outcomes_of(carrier, text_to(5))
    assert [one.reference for one in outcomes] == [0, 1, 2, 3, 4]
    assert {one.fate for one in outcomes} == {Fate.ACCEPTED}
    assert carrier.stats.submitted == 5
    assert carrier.stats.latency > 0
    assert carrier.stats.in_flight == 0


def test_nothing_to_send_is_no_request(fake):
    assert outcomes_of(to_fake(fake), []) == []
    assert fake.seen == []


@pytest.mark.parametrize("method", ["POST", "GET"])
@pytest.mark.parametrize("cut", [0, 20], ids=["hangs up at once", "hangs up within the answer"])
def test_a_request_without_an_answer_is_unknown_and_not_repeated(fake, method, cut):
    carrier = to_fake(fake, method=method)
    first, second = text_to(2)
    found: list[Outcome] = []

    async def scenario() -> None:
        await opened(carrier)
        await carrier.submit([first])  # the next one goes over a connection that is kept open
        fake.replies.append(Reply(body=b"taken", cut=cut))
        found.extend(await carrier.submit([second]))
        await carrier.close(1.0)

    run(scenario())
    assert fates(found) == ["unknown"]
    assert len(fake.seen) == 2
    assert fake.connections == 1


def test_an_answer_that_does_not_come_in_time_is_unknown_and_asked_for_once(fake):
    fake.held.clear()
    carrier = to_fake(fake, "&response_timeout=0.2")
    assert fates(outcomes_of(carrier, text_to(1))) == ["unknown"]
    assert len(fake.seen) == 1
    assert carrier.stats.submitted == 1


@pytest.mark.parametrize(
    "reply",
    [
        Reply(body=b"<html>"),
        Reply(body=b"broken"),
        Reply(status=500),
        Reply(status=502, body=b"taken?"),
        Reply(status=503),
        Reply(status=302, headers={"Location": "/elsewhere"}),
        Reply(body=b"x" * 1_000_001),
        Reply(body=b"not gzip", headers={"Content-Encoding": "gzip"}),
    ],
    ids=["no JSON", "a shape nobody knows", "500", "502", "503", "302", "too long", "bad gzip"],
)
def test_an_answer_that_cannot_be_read_is_unknown(fake, reply):
    fake.replies.append(reply)
    assert fates(outcomes_of(to_fake(fake), text_to(1))) == ["unknown"]
    assert len(fake.seen) == 1


def test_too_many_requests_is_throttled(fake):
    fake.replies.append(Reply(status=429))
    carrier = to_fake(fake)
    assert fates(outcomes_of(carrier, text_to(1))) == ["throttled"]
    assert carrier.stats.fault == ""


def test_what_a_provider_cannot_send_is_refused_without_a_request(fake):
    (outcome,) = outcomes_of(to_fake(fake), text_to(1, "unsendable"))
    assert (outcome.fate, outcome.reason) == (Fate.REFUSED, "This cannot be sent.")
    assert fake.seen == []


# --- what the operator has to mend


STRAY = [403, 404, 405, 301, 307, 308]


@pytest.mark.parametrize("status", [401, 402, *STRAY])
def test_a_fault_of_the_configuration_makes_the_carrier_rest_and_says_so(fake, status):
    fake.replies.append(Reply(status=status, headers={"Location": "/elsewhere"}))
    carrier = to_fake(fake)

    async def scenario() -> None:
        await opened(carrier)
        assert fates(await carrier.submit(text_to(1))) == ["unsent"]
        assert not carrier.ready
        assert carrier.trouble != ""
        assert carrier.stats.fault == ("" if status in STRAY else carrier.trouble)
        assert fates(await carrier.submit(text_to(3))) == ["unsent"] * 3
        await carrier.close(1.0)

    run(scenario())
    assert len(fake.seen) == 1


@pytest.mark.parametrize("status", STRAY)
def test_an_answer_that_a_gateway_may_give_is_a_fault_once_it_lasts(fake, status):
    fake.replies += [Reply(status=status, headers={"Location": "/elsewhere"})] * 3
    carrier, clock = to_fake(fake), Clock()
    carrier._fault = Fault(clock)

    async def scenario() -> None:
        await opened(carrier)
        for told in ("", "", carrier_module._FAULTS[status]):
            assert fates(await carrier.submit(text_to(1))) == ["unsent"]
            assert carrier.stats.fault == told
            clock.now += PAUSE
        assert fates(await carrier.submit(text_to(1))) == ["accepted"]
        assert (carrier.trouble, carrier.stats.fault) == ("", "")
        await carrier.close(1.0)

    run(scenario())
    assert len(fake.seen) == 4


def test_many_stray_answers_at_once_are_one_try():
    clock = Clock()
    fault = Fault(clock)
    for _ in range(16):
        fault.found("Nobody is here.", certain=False)
    clock.now += 61
    fault.found("Nobody is here.", certain=False)
    assert (fault.words, fault.lasting) == ("Nobody is here.", "")
    clock.now += PAUSE
    fault.found("Nobody is here.", certain=False)
    assert fault.lasting == "Nobody is here."


def test_three_stray_answers_within_a_minute_are_no_fault_yet():
    clock = Clock()
    fault = Fault(clock)
    for _ in range(3):
        fault.found("Nobody is here.", certain=False)
        clock.now += 20
    assert fault.quiet
    assert fault.lasting == ""


def test_what_the_provider_says_itself_is_a_fault_at_once():
    fault = Fault(Clock())
    fault.found("Nobody is here.", certain=False)
    fault.found("No credit left.", certain=True)
    assert fault.lasting == "No credit left."
    fault.mended()
    assert (fault.words, fault.lasting, fault.quiet) == ("", "", False)


def test_a_request_that_cannot_be_made_is_logged_without_its_address(fake, caplog, monkeypatch):
    def fail(_exchange: object, _session: object, request: Request) -> None:
        raise ValueError(f"cannot read {request.url}")

    monkeypatch.setattr(Exchange, "make", fail)
    assert fates(outcomes_of(to_fake(fake), text_to(1))) == ["unsent"]
    assert "ValueError" in caplog.text
    assert "key=secret" not in caplog.text
    assert "secret" not in repr(Plain("http://x").request(text_to(1)))


def test_one_request_finds_out_that_a_fault_is_mended(fake, monkeypatch):
    fake.replies += [Reply(status=401), Reply(status=401)]
    carrier = to_fake(fake, "&window=4")

    async def scenario() -> None:
        await opened(carrier)
        await carrier.submit(text_to(1))
        carrier._fault._quiet_until = 0.0  # half a minute later
        assert fates(await carrier.submit(text_to(4))) == ["unsent"] * 4
        assert len(fake.seen) == 2
        carrier._fault._quiet_until = 0.0
        assert fates(await carrier.submit(text_to(1))) == ["accepted"]
        assert (carrier.ready, carrier.stats.fault) == (True, "")
        await carrier.close(1.0)

    run(scenario())


# --- reaching the provider


def test_a_refused_connection_is_unsent_and_comes_back_by_itself(serve):
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    read = options(f"hubtel://me:secret@127.0.0.1:{port}?tls=0")
    carrier = HttpCarrier(read, Plain(base(read, "")), Taken())

    async def scenario() -> None:
        await carrier.open()
        await until(lambda: "Cannot connect" in carrier.trouble)
        (outcome,) = await carrier.submit(text_to(1))
        assert (outcome.fate, outcome.reason) == (Fate.UNSENT, carrier.trouble)
        server = socket.create_server(("127.0.0.1", port))
        await until(lambda: carrier.ready)
        assert carrier.trouble == ""
        server.close()
        (outcome,) = await carrier.submit(text_to(1))
        assert outcome.fate is Fate.UNSENT
        assert not carrier.ready
        assert carrier.stats.reconnects == 1
        assert carrier.stats.submitted == 0
        await carrier.close(1.0)

    run(scenario())


def test_a_name_that_nobody_knows_is_unsent_and_the_key_is_not_told():
    carrier = create("mnotify://top-secret@nobody.invalid", Taken())

    async def scenario() -> None:
        await carrier.open()
        await until(lambda: "Cannot connect to nobody.invalid" in carrier.trouble)
        (outcome,) = await carrier.submit(text_to(1))
        assert outcome.fate is Fate.UNSENT
        assert "top-secret" not in outcome.reason
        await carrier.close(1.0)

    run(scenario())


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> ssl.SSLContext:
    """A server's certificate that nobody signed."""
    folder = tmp_path_factory.mktemp("tls")
    key, cert = folder / "key.pem", folder / "cert.pem"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", "2", "-subj", "/CN=localhost"]
    subprocess.run(
        [*command, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(cert, key)
    return context


def test_an_untrusted_certificate_is_unsent_unless_verification_is_off(serve, certificate):
    fake = serve(Taking(certificate))

    async def scenario() -> None:
        read = options(f"hubtel://me:secret@127.0.0.1:{fake.port}")
        strict = HttpCarrier(read, Plain(base(read, "")), Taken())
        await strict.open()
        await until(lambda: "certificate" in strict.trouble)
        assert fates(await strict.submit(text_to(1))) == ["unsent"]
        await strict.close(1.0)
        read = options(f"hubtel://me:secret@127.0.0.1:{fake.port}?verify=0")
        lax = await opened(HttpCarrier(read, Plain(base(read, "")), Taken()))
        assert fates(await lax.submit(text_to(1))) == ["accepted"]
        await lax.close(1.0)

    run(scenario())
    assert len(fake.seen) == 1


# --- grouping and the window


def test_requests_hold_one_text_of_one_sender_and_no_number_twice(fake):
    carrier = to_fake(fake, most=3)
    one, two = text_to(5, "one"), text_to(1, "two")
    late = Submission(9, one[0].to, "SHOP", "one")
    outcomes = outcomes_of(carrier, [one[0], two[0], *one[1:], late])
    assert [one.reference for one in outcomes] == [0, 0, 1, 2, 3, 4, 9]
    groups = sorted((json.loads(seen.body) for seen in fake.seen), key=str)
    assert sorted(map(len, groups)) == [1, 3, 3]
    assert all(len(set(group)) == len(group) for group in groups)


def test_many_requests_reuse_few_connections_and_never_exceed_the_window(serve):
    window = 4
    together = threading.Barrier(window)

    class Meeting(Taking):
        def answer(self, seen: Seen) -> Reply:
            together.wait(5)  # only a full window gets past
            return super().answer(seen)

    fake = serve(Meeting())
    carrier = to_fake(fake, f"&window={window}")

    async def scenario() -> None:
        await opened(carrier)
        both = await asyncio.gather(carrier.submit(text_to(30)), carrier.submit(text_to(10)))
        assert fates([*both[0], *both[1]]) == ["accepted"] * 40
        await carrier.close(1.0)

    run(scenario())
    assert len(fake.seen) == 40
    assert fake.busiest == window
    assert fake.connections == window


def test_what_finds_no_place_in_the_window_in_time_comes_back_unsent(fake, monkeypatch):
    monkeypatch.setattr(carrier_module, "LONGEST_WRITE", 0.1)
    fake.held.clear()
    carrier = to_fake(fake, "&window=1&response_timeout=0.5")
    assert fates(outcomes_of(carrier, text_to(2))) == ["unknown", "unsent"]
    assert len(fake.seen) == 1


# --- closing


def test_closing_ends_what_waits_as_unsent_and_what_was_asked_as_unknown(fake):
    fake.held.clear()
    carrier = to_fake(fake, "&window=1")

    async def scenario() -> None:
        await opened(carrier)
        sending = asyncio.create_task(carrier.submit(text_to(3)))
        await until(lambda: fake.seen)
        assert carrier.stats.in_flight == 1
        await carrier.close(0.1)
        assert fates(await sending) == ["unknown", "unsent", "unsent"]
        assert not carrier.ready
        assert fates(await carrier.submit(text_to(1))) == ["unsent"]

    run(scenario())
    assert len(fake.seen) == 1


def test_closing_waits_for_answers_within_its_grace(fake):
    fake.held.clear()
    carrier = to_fake(fake)

    async def scenario() -> None:
        await opened(carrier)
        sending = asyncio.create_task(carrier.submit(text_to(2)))
        await until(lambda: len(fake.seen) == 2)
        closing = asyncio.create_task(carrier.close(5.0))
        await until(lambda: not carrier.ready)
        fake.held.set()
        await closing
        assert fates(await sending) == ["accepted", "accepted"]

    run(scenario())


def test_the_sessions_of_a_worker_open_it_use_it_and_close_it(serve):
    fake = serve(FakeHubtel())
    sessions = Sessions(lambda key, arrivals: None)
    url = f"hubtel://me:secret@127.0.0.1:{fake.port}?tls=0"
    try:
        assert fates(sessions.submit(7, url, text_to(3))) == ["accepted"] * 3
        assert sessions.ready(7, url)
        assert sessions.stats()[7].submitted == 3
    finally:
        sessions.close()
    assert fates(sessions.submit(7, url, text_to(1))) == ["unsent"]
    assert len(fake.seen) == 1
