"""A carrier that takes everything, and jobs run where the test says."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from flask import Flask
from rq import Queue

from flashsms import queue
from flashsms.carriers.contract import Receipt
from flashsms.carriers.sessions import Sessions
from flashsms.models import Carrier
from flashsms.services import carriers, receipts, sending
from flashsms.simulator import Simulator
from flashsms.simulator.smsc import Behaviour
from tests import scripted


@pytest.fixture
def carrier(app: Flask) -> Carrier:
    return carriers.set_url("smpp://id:pw@127.0.0.1:1")


@pytest.fixture
def wire(app: Flask, carrier: Carrier) -> scripted.ScriptedSessions:
    """The carrier's sessions: accept everything unless the test says otherwise."""
    return scripted.install(app, scripted.accepted)


@pytest.fixture
def run_jobs(app: Flask) -> Callable[[], int]:
    """Run what waits in the queues, and what that queues, and return how many jobs ran."""

    queues = [Queue(name, connection=queue.redis()) for name in queue.SENDING]

    def run() -> int:
        count = 0
        while (taken := Queue.dequeue_any(queues, None, connection=queue.redis())) is not None:
            job, _ = taken
            job.delete()
            sending.send_next_batch(*job.args)
            count += 1
        return count

    return run


@pytest.fixture
def smsc(app: Flask) -> Iterator[Simulator]:
    """An SMSC that the application is connected to over SMPP."""
    with Simulator(Behaviour(late=0.3)) as smsc:
        carriers.set_url(smsc.url)

        def apply(carrier_id: int, heard: Sequence[Receipt]) -> None:
            with app.app_context():
                receipts.apply(carrier_id, heard)

        app.extensions["carriers"] = sessions = Sessions(apply)
        yield smsc
        sessions.close()
