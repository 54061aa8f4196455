"""`smpps://`: whose certificate is trusted, and what the operator reads when none is."""

import asyncio

import pytest

from flashsms.carriers.contract import Fate
from flashsms.simulator import Simulator
from tests.carriers.certificates import make
from tests.carriers.helpers import Taken, open_carrier, some, until


def run(scenario) -> None:
    asyncio.run(asyncio.wait_for(scenario, 20))


def url(simulator: Simulator, host: str = "localhost", query: str = "") -> str:
    return f"smpps://flashsms:simulated@{host}:{simulator.port}{query}"


def trust(monkeypatch, certificate) -> None:
    """Make it one of the authorities of this machine."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))


def test_messages_and_receipts_go_through_tls_to_the_host_that_was_asked_for(tmp_path, monkeypatch):
    async def scenario():
        taken = Taken()
        async with simulator, open_carrier(url(simulator, query="?bind=pair"), taken) as carrier:
            outcomes = await carrier.submit(some(200))
            assert {outcome.fate for outcome in outcomes} == {Fate.ACCEPTED}
            await until(lambda: len(taken) == 200)
            assert (carrier.trouble, carrier.stats.fault) == ("", "")

    certificate, asked = make(tmp_path), []
    trust(monkeypatch, certificate)
    context = certificate.server()
    context.sni_callback = lambda _socket, name, _context: asked.append(name)
    simulator = Simulator(tls=context)
    run(scenario())
    assert set(asked) == {"localhost"}


@pytest.mark.parametrize(
    ("host", "trusted", "days", "words"),
    [
        ("localhost", False, 1, "not trusted"),
        ("localhost", True, -1, "expired"),
        ("127.0.0.1", True, 1, "another name than 127.0.0.1"),
    ],
)
def test_a_certificate_that_proves_nothing_is_the_operators_business(
    tmp_path, monkeypatch, host, trusted, days, words
):
    async def scenario():
        async with (
            Simulator(tls=certificate.server()) as simulator,
            open_carrier(url(simulator, host), bound=False) as carrier,
        ):
            await until(lambda: words in carrier.trouble)
            assert carrier.stats.fault == carrier.trouble
            assert (await carrier.submit(some(1)))[0].fate is Fate.UNSENT

    certificate = make(tmp_path, days=days)
    if trusted:
        trust(monkeypatch, certificate)
    run(scenario())


def test_the_check_can_be_switched_off(tmp_path):
    async def scenario():
        async with (
            Simulator(tls=make(tmp_path).server()) as simulator,
            open_carrier(url(simulator, "127.0.0.1", "?verify=0")) as carrier,
        ):
            assert (await carrier.submit(some(1)))[0].fate is Fate.ACCEPTED

    run(scenario())


def test_a_port_without_tls_is_named_as_one_and_may_be_mended_by_the_carrier():
    async def scenario():
        async with (
            Simulator() as simulator,
            open_carrier(url(simulator), bound=False) as carrier,
        ):
            await until(lambda: "no TLS on that port" in carrier.trouble)
            assert carrier.stats.fault == ""

    run(scenario())
