"""How long a lost connection waits before it comes back, and reading of one that is just lost."""

from types import SimpleNamespace

import pytest

from flashsms.carriers.options import options
from flashsms.carriers.smpp.carrier import SmppCarrier
from flashsms.carriers.smpp.link import Link, _backoff


@pytest.mark.parametrize("failures", [0, 1, 2, 10, 1024, 1025, 100_000])
def test_the_pause_grows_to_its_limit_and_never_fails_however_long_a_carrier_is_away(failures):
    assert 0.25 <= _backoff(failures) <= 30


class JustLost:
    """A session that is lost while another thread asks whether it is ready."""

    outbox = SimpleNamespace(in_flight=3, window=64, submitted=5, latency=0.5)
    inbox = SimpleNamespace(taken=2)
    failure = ""

    def __init__(self, link: Link) -> None:
        self._link = link

    @property
    def ready(self) -> bool:
        self._link.session = None
        return True


def test_the_figures_can_be_read_while_a_connection_is_lost():
    carrier = SmppCarrier(options("smpp://a:b@127.0.0.1:1"), lambda arrivals: None)
    [link] = carrier._links
    link.session = JustLost(link)
    assert carrier.stats.in_flight == 3
    link.session = JustLost(link)
    assert link.ready
    assert not link.ready
    assert carrier.stats.in_flight == 0
