"""How long a lost connection waits before it comes back."""

import pytest

from flashsms.carriers.smpp.link import _backoff


@pytest.mark.parametrize("failures", [0, 1, 2, 10, 1024, 1025, 100_000])
def test_the_pause_grows_to_its_limit_and_never_fails_however_long_a_carrier_is_away(failures):
    assert 0.25 <= _backoff(failures) <= 30
