"""The processes that work: an RQ worker that keeps carrier sessions open, and the RQ cron."""

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import click
from flask import Flask, current_app
from flask.logging import default_handler
from redis import Redis
from redis.client import Pipeline
from rq import Queue, SimpleWorker
from rq.cron import CronScheduler
from rq.job import Job
from sqlalchemy.exc import SQLAlchemyError

from flashsms import queue
from flashsms.carriers.contract import Arrival, Inbound, Receipt
from flashsms.carriers.sessions import Sessions
from flashsms.jobs import schedule
from flashsms.services import carriers, inbound, receipts
from flashsms.services.carriers.faults import Faults
from flashsms.services.carriers.watching import REPORT_SECONDS, Reporter
from flashsms.services.webhooks.courier import Courier

TICK_SECONDS = 2
WORKER_TTL = 45  # seconds after which a worker that was killed is no longer counted, and a minute

log = logging.getLogger(__name__)


class CarrierWorker(SimpleWorker):
    """RQ's worker that does not fork, because a carrier session survives no fork.

    On SIGTERM it writes nothing more to carriers, settles what is in flight, and leaves.
    """

    app: Flask
    _beat_at = 0.0

    def execute_job(self, job: Job, queue: Queue) -> None:
        """Run a job within an application context of its own."""
        with self.app.app_context():
            super().execute_job(job, queue)

    def heartbeat(self, timeout: int | None = None, pipeline: Pipeline | None = None) -> None:
        """Beat once a second at most: RQ would beat thrice a job, three round trips each."""
        if pipeline is not None or time.monotonic() - self._beat_at >= 1:
            self._beat_at = time.monotonic()
            super().heartbeat(timeout, pipeline)

    def handle_warm_shutdown_request(self) -> None:
        """Called by RQ in its signal handler: a second signal would lose what is in flight."""
        self.app.extensions["carriers"].stop_sending()
        self.app.extensions["courier"].leave()


def work(app: Flask, queue_names: Sequence[str]) -> None:
    """Work off the queues until a signal says stop; returns once everything is settled."""
    sessions = Sessions(_recorder(app))
    app.extensions["carriers"] = sessions
    app.extensions["courier"] = courier = Courier(app.config["WEBHOOK_ALLOW"])
    if queue.WEBHOOKS in queue_names:  # one that was killed left its mark, and what it held
        queue.end_delivering()
        queue.enqueue_webhooks()
    connection = Redis.from_url(app.config["REDIS_URL"])
    queues = [Queue(name, connection=connection) for name in queue_names]
    worker = CarrierWorker(queues, worker_ttl=WORKER_TTL)
    worker.app = app
    worker.log_job_description = False
    try:
        with _looking_after(app, sessions, worker.name, open_all=queue.BULK in queue_names):
            worker.work(logging_level="WARNING")
    finally:
        sessions.close()
        courier.close()


@contextmanager
def _looking_after(app: Flask, sessions: Sessions, name: str, *, open_all: bool) -> Iterator[None]:
    """Look after the carriers in a thread: while a worker waits for jobs, nothing else runs."""
    over = threading.Event()
    reporter, faults = Reporter(name), Faults()

    def look_after() -> None:
        while not over.is_set():
            with app.app_context():
                _keep(sessions, faults, open_all=open_all)
                _tell(sessions, reporter)
            over.wait(REPORT_SECONDS)
        with app.app_context():
            reporter.leave(sessions.stats())

    thread = threading.Thread(target=look_after, name="reporter", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(timeout=REPORT_SECONDS)


def _keep(sessions: Sessions, faults: Faults, *, open_all: bool) -> None:
    """Close what was switched off, and open what was added: receipts may wait there.

    What has a fault that only the operator can mend is paused, and opened anew when it is resumed.

    A worker for urgent work alone binds when it has some, so that of a carrier that allows one
    bind the worker that can do everything gets it. One look that fails must not end the looking.
    """
    try:
        wanted = {one.id: one for one in carriers.listening() if one.url}
        mended = faults.look(wanted, sessions.stats())
        sessions.keep({key: one.dialled for key, one in wanted.items()}, open_all=open_all)
        for key in mended:
            sessions.reopen(key)
    except SQLAlchemyError as error:
        log.warning("Which carriers there are cannot be read: %s", type(error).__name__)
    except Exception:
        log.exception("The carriers could not be looked after.")


def _tell(sessions: Sessions, reporter: Reporter) -> None:
    """Tell how they stand; a carrier that cannot say so must not silence the others for good."""
    try:
        stats = sessions.stats()
        reporter.tell(stats, {key: sessions.trouble(key) for key in stats})
    except Exception:
        log.exception("How the carriers stand could not be told.")


def _recorder(app: Flask) -> Callable[[int, Sequence[Arrival]], None]:
    def record(carrier_id: int, arrivals: Sequence[Arrival]) -> None:
        with app.app_context():
            receipts.apply(carrier_id, [one for one in arrivals if isinstance(one, Receipt)])
            inbound.take(carrier_id, [one for one in arrivals if isinstance(one, Inbound)])

    return record


@click.command("worker")
@click.option(
    "--queue",
    "queue_names",
    multiple=True,
    type=click.Choice(queue.QUEUES),
    help="A queue to work on; repeat for several. All that send when left out.",
)
def worker_command(queue_names: tuple[str, ...]) -> None:
    """Send messages and take receipts until stopped."""
    _log_to_stderr()
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    work(app, [name for name in queue.QUEUES if name in (queue_names or queue.SENDING)])


@click.command("cron")
def cron_command() -> None:
    """Queue the periodic job every few seconds until stopped."""
    _log_to_stderr()
    cron = CronScheduler(connection=Redis.from_url(current_app.config["REDIS_URL"]))
    cron.register(
        schedule.tick,
        queue_name=queue.URGENT,
        interval=TICK_SECONDS,
        job_timeout=queue.JOB_TIMEOUT,
        result_ttl=0,
        failure_ttl=queue.KEEP_FAILED,
        ttl=5 * TICK_SECONDS,  # ticks that no worker took must not pile up
    )
    cron.start()  # type: ignore[no-untyped-call]


def init_app(app: Flask) -> None:
    """Register the commands of these processes."""
    app.cli.add_command(worker_command)
    app.cli.add_command(cron_command)


def _log_to_stderr() -> None:
    logging.basicConfig(level=logging.INFO, format="%(levelname)s %(name)s: %(message)s")
    current_app.logger.removeHandler(default_handler)  # or every line is written twice
    logging.getLogger("rq").setLevel(logging.WARNING)
