"""Fakes of providers, each on a port of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from tests.carriers.http.fakes.server import FakeServer


@pytest.fixture
def serve() -> Iterator[Callable[[FakeServer], FakeServer]]:
    """Start a fake provider; it stops when the test is over."""
    with ExitStack() as stack:
        yield lambda fake: stack.enter_context(fake.running())
