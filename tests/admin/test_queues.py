"""Queues, workers, what the sweep found, and jobs that failed."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from redis.exceptions import ConnectionError as RedisGone
from rq import Queue, SimpleWorker
from rq.job import Job
from rq.job_lifecycle import record_job_failure
from sqlalchemy import select

from flashsms import queue
from flashsms.extensions import db
from flashsms.models import AuditEntry, now
from flashsms.services.audit import Action
from flashsms.services.operations import failed_jobs, sweeps
from flashsms.services.sending import Woken
from tests.admin.test_overview import words
from tests.web.browsing import fill, token

DASH = "\u2013"
SCRIPT = "<script>alert('x')</script>"


def failed(name: str = "bulk", *args: object, error: str = "It broke.") -> Job:
    """Make a job that a worker has failed to do."""
    there = Queue(name, connection=queue.redis())
    job = there.enqueue(queue.SEND_BATCH, *args, failure_ttl=queue.KEEP_FAILED)
    there.remove(job)
    with queue.redis().pipeline() as pipe:
        record_job_failure(
            job, f"Traceback (most recent call last):\n  File x\nOops: {error}", pipe
        )
        pipe.execute()
    return job


def entries(action: Action) -> list[AuditEntry]:
    db.session.commit()
    found = select(AuditEntry).where(AuditEntry.action == action).order_by(AuditEntry.id)
    return list(db.session.scalars(found))


def waiting(name: str = "bulk") -> list[str]:
    return Queue(name, connection=queue.redis()).job_ids


def listed(client: FlaskClient) -> list[str]:
    return re.findall(r'<article [^>]*id="job-([^"]+)"', client.get("/admin/queues").text)


def take_redis_away(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisGone("no Redis here")

    monkeypatch.setattr(app.extensions["redis"].connection_pool, "get_connection", refuse)


def test_an_idle_installation_says_so(operator: FlaskClient) -> None:
    said = words(operator.get("/admin/queues").text)
    assert "No job failed" in said
    assert "No sweep is known of." in said
    assert "No worker is running" in said


def test_queues_and_workers_are_shown(app: Flask, operator: FlaskClient) -> None:
    with time_machine.travel(now() - timedelta(minutes=3), tick=False):
        Queue("bulk", connection=queue.redis()).enqueue(queue.SEND_BATCH, 1, 1)
    Queue("bulk", connection=queue.redis()).enqueue(queue.SEND_BATCH, 2, 1)
    failed("urgent")
    worker = SimpleWorker(["urgent", "bulk"], name="w1", connection=queue.redis())
    worker.register_birth()
    worker.set_state("idle")
    said = words(operator.get("/admin/queues").text)
    assert re.search(r"bulk 2 3 min 0 0", said)
    assert re.search(rf"urgent 0 {DASH} 0 1", said)
    assert re.search(rf"w1 \S+ urgent, bulk idle {DASH} \d s ago", said)


def test_a_job_that_expired_while_it_waited_has_no_age(operator: FlaskClient) -> None:
    job = Queue("bulk", connection=queue.redis()).enqueue(queue.SEND_BATCH, 1, 1)
    queue.redis().delete(job.key)
    assert re.search(r"bulk 1 unknown 0 0", words(operator.get("/admin/queues").text))


def test_a_worker_that_is_not_heard_of_is_called_silent(operator: FlaskClient) -> None:
    worker = SimpleWorker(["bulk"], name="w1", connection=queue.redis())
    worker.register_birth()
    worker.set_state("idle")
    with time_machine.travel(now() + timedelta(minutes=2), tick=False):
        assert f"silent {DASH} 2 min ago" in words(operator.get("/admin/queues").text)


def test_failed_jobs_are_listed_newest_first_with_their_traceback_as_text(
    operator: FlaskClient,
) -> None:
    with time_machine.travel(now() - timedelta(hours=1), tick=False):
        older = failed("urgent", 1, 2)
    newer = failed("bulk", 3, 4, error=SCRIPT)
    page = operator.get("/admin/queues").text
    assert listed(operator) == [newer.id, older.id]
    assert SCRIPT not in page
    assert "Oops: &lt;script&gt;" in page
    assert "flashsms.jobs.sending.send_batch (3, 4)" in words(page)
    assert "Traceback (most recent call last):" in page


def test_what_a_worker_failed_to_do_shows_its_own_traceback_each_time(
    operator: FlaskClient,
) -> None:
    queue.enqueue_mail("no such letter", "ama@example.com")
    worker = SimpleWorker(["urgent"], connection=queue.redis())
    worker.work(burst=True, logging_level="CRITICAL")
    page = operator.get("/admin/queues").text
    assert "KeyError: &#39;no such letter&#39;" in page
    assert "in send_letter" in page
    [job_id] = listed(operator)
    fill(operator, "/admin/queues", f"/admin/queues/failed/{job_id}/retry")
    assert listed(operator) == []
    worker.work(burst=True, logging_level="CRITICAL")
    assert listed(operator) == [job_id]
    assert "in send_letter" in operator.get("/admin/queues").text


def test_a_job_whose_call_cannot_be_read_is_listed_too(operator: FlaskClient) -> None:
    job = failed()
    queue.redis().hset(job.key, "data", b"\x00not a pickle")
    assert listed(operator) == [job.id]
    assert "unreadable" in operator.get("/admin/queues").text


def test_pages_of_failed_jobs_are_bounded(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(failed_jobs, "PER_PAGE", 2)
    monkeypatch.setattr(failed_jobs, "PAGES", 3)
    for number in range(9):
        with time_machine.travel(now() + timedelta(seconds=number), tick=False):
            failed("bulk" if number % 2 else "urgent", number)
    seen = []
    for page in (1, 2, 3):
        text = operator.get(f"/admin/queues?page={page}").text
        seen += re.findall(r"send_batch</strong>\((\d),?\)", text)
    assert seen == list("876543")
    assert 'rel="next"' not in text
    assert "5 to 6 of 9" in words(text)
    for odd in ("0", "-3", "x", "9" * 50):
        assert operator.get(f"/admin/queues?page={odd}").status_code == 200


def test_a_failed_job_is_tried_again_and_that_is_written_down(operator: FlaskClient) -> None:
    job = failed("bulk", 7, 1)
    answer = fill(operator, "/admin/queues", f"/admin/queues/failed/{job.id}/retry")
    assert answer.status_code == 302
    assert waiting() == [job.id]
    assert listed(operator) == []
    [entry] = entries(Action.JOB_RETRIED)
    assert (entry.subject, entry.actor) == (job.id, "boss@example.com")
    assert entry.before == {
        "function": "flashsms.jobs.sending.send_batch",
        "arguments": "7, 1",
        "queue": "bulk",
    }


def test_a_discarded_job_is_asked_about_first(operator: FlaskClient) -> None:
    job = failed()
    there = f"/admin/queues/failed/{job.id}/discard"
    asked = fill(operator, "/admin/queues", there)
    assert asked.status_code == 200
    assert "Discard this job?" in asked.text
    assert entries(Action.JOB_DISCARDED) == []
    assert fill(operator, "/admin/queues", there, sure="yes").status_code == 302
    assert listed(operator) == []
    assert not Job.exists(job.id, connection=queue.redis())
    assert [entry.subject for entry in entries(Action.JOB_DISCARDED)] == [job.id]


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_a_job_that_was_handled_already_is_a_sentence(operator: FlaskClient, act: str) -> None:
    job = failed()
    there = f"/admin/queues/failed/{job.id}/{act}"
    assert fill(operator, "/admin/queues", there, sure="yes").status_code == 302
    again = fill(operator, "/admin/queues", there, sure="yes")
    assert again.status_code in (404, 409)
    assert "any more" in again.text
    assert len(entries(Action.JOB_RETRIED)) + len(entries(Action.JOB_DISCARDED)) == 1


@pytest.mark.parametrize("id", ["nothing", "a:b", "%00", "x" * 500, "%F0%9F%98%80", "..%5c"])
@pytest.mark.parametrize("act", ["retry", "discard"])
def test_an_unknown_job_is_a_sentence(operator: FlaskClient, id: str, act: str) -> None:
    answer = fill(operator, "/admin/queues", f"/admin/queues/failed/{id}/{act}", sure="yes")
    assert answer.status_code == 404
    assert "This job is not there any more" in answer.text
    assert entries(Action.JOB_RETRIED) + entries(Action.JOB_DISCARDED) == []


def test_all_that_are_listed_are_tried_again_each_with_its_own_row(operator: FlaskClient) -> None:
    jobs = [failed("bulk", number) for number in range(3)]
    failed_jobs.discard(jobs[2].id)
    data = {"job": [job.id for job in jobs], "csrf_token": token(operator, "/admin/queues")}
    operator.post("/admin/queues/failed/retry", data=data)
    said = words(operator.get("/admin/queues").text)
    assert "2 jobs wait for a worker again. 1 were handled" in said
    assert sorted(waiting()) == sorted(job.id for job in jobs[:2])
    assert {entry.subject for entry in entries(Action.JOB_RETRIED)} == {job.id for job in jobs[:2]}


@pytest.mark.parametrize("act", ["retry", "discard"])
def test_without_redis_nothing_is_done_and_nothing_is_written_down(
    app: Flask, operator: FlaskClient, monkeypatch: pytest.MonkeyPatch, act: str
) -> None:
    job = failed()
    asked = token(operator, "/admin/queues")
    take_redis_away(app, monkeypatch)
    answer = operator.post(
        f"/admin/queues/failed/{job.id}/{act}", data={"csrf_token": asked, "sure": "yes"}
    )
    assert answer.status_code == 503
    assert "Redis cannot be reached" in answer.text
    page = operator.get("/admin/queues")
    assert page.status_code == 200
    assert "Redis cannot be reached." in words(page.text)
    assert entries(Action.JOB_RETRIED) + entries(Action.JOB_DISCARDED) == []


def test_redis_that_goes_away_in_between_takes_the_row_with_it(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = failed()

    def refuse(*_: object) -> None:
        raise RedisGone("gone")

    monkeypatch.setattr("rq.registry.FailedJobRegistry.requeue", refuse)
    answer = fill(operator, "/admin/queues", f"/admin/queues/failed/{job.id}/retry")
    assert answer.status_code == 503
    assert entries(Action.JOB_RETRIED) == []
    assert listed(operator) == [job.id]


def test_what_the_sweep_found_is_shown(operator: FlaskClient) -> None:
    sweeps.note(Woken())
    sweeps.note(Woken(launched=2, missed=1, interrupted=1))
    said = words(operator.get("/admin/queues").text)
    assert "The last sweep was 0 s ago." in said
    assert "The last 1 sweep that found something" in said
    assert "2 schedules started; 1 schedule missed and refunded; 1 attempt interrupted" in said


def test_a_sweep_that_is_late_is_a_warning(operator: FlaskClient) -> None:
    sweeps.note(Woken())
    with time_machine.travel(now() + timedelta(seconds=29), tick=False):
        assert "It should run every few seconds" not in operator.get("/admin/queues").text
    with time_machine.travel(now() + timedelta(seconds=33), tick=False):
        assert "It should run every few seconds" in operator.get("/admin/queues").text


def test_what_changes_all_the_time_is_asked_for_alone(operator: FlaskClient) -> None:
    failed()
    part = operator.get("/admin/queues", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="standing"')
    assert "Failed jobs" not in part
