"""Imports whose turns run where the test says."""

import pytest
from flask import Flask
from rq import Queue

from flashsms import queue
from flashsms.services import imports
from tests.services.imports.files import Run


@pytest.fixture
def run_turns(app: Flask) -> Run:
    """Run the turns that wait in the queue, and those that they queue."""
    waiting = Queue(queue.BULK, connection=queue.redis())

    def run() -> int:
        count = 0
        while (taken := Queue.dequeue_any([waiting], None, connection=queue.redis())) is not None:
            job, _ = taken
            job.delete()
            if job.func_name == queue.RUN_LEDGER_CHECK:
                continue  # the tick asks for tonight's
            assert job.func_name == queue.RUN_IMPORT
            imports.run(*job.args)
            count += 1
        return count

    return run
