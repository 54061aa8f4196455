"""Deliveries to real receivers that take, fail, hang, redirect, go on for ever or are gone."""

import socket
import time
from datetime import timedelta

import pytest
from flask import Flask
from redis.exceptions import ConnectionError as RedisGone
from sqlalchemy import select, update

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.models import (
    Account,
    AuditEntry,
    DeliveryStatus,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.services import webhooks
from flashsms.services.people import letters
from flashsms.services.webhooks import claiming, secrets, settling, signing, transport
from tests.factories import Member
from tests.receivers import Answer, Receiver, goes_on, hangs_up, says
from tests.services.webhooks.conftest import SECRET, fresh, listen, tell, waiting


def attempts() -> list[WebhookAttempt]:
    db.session.commit()
    return list(db.session.scalars(select(WebhookAttempt).order_by(WebhookAttempt.id)))


def deliveries() -> list[WebhookDelivery]:
    db.session.commit()
    query = select(WebhookDelivery).order_by(WebhookDelivery.id)
    return list(db.session.scalars(query, execution_options={"populate_existing": True}))


def again(endpoint: WebhookEndpoint, **values: object) -> None:
    """Deliver once more as if the pause were over."""
    with transaction():
        changed = update(WebhookEndpoint).where(WebhookEndpoint.id == endpoint.id)
        db.session.execute(changed.values(retry_at=None, **values))
    webhooks.deliver_due()


def test_what_waits_arrives_signed_in_one_request_and_in_order(
    ama: Member, receiver: Receiver
) -> None:
    listen(ama, receiver.url)
    tell(ama, 150)
    webhooks.deliver_due()
    [arrival] = receiver.arrivals
    body = arrival.verified(SECRET)
    assert [event["data"]["number"] for event in body["events"]] == list(range(150))
    assert body["id"] == arrival.headers["webhook-id"] == deliveries()[0].public_id
    assert set(body["events"][0]) == {"id", "type", "createdAt", "data"}
    assert body["events"][0]["createdAt"].endswith("Z")
    assert arrival.headers["User-Agent"] == "FlashSMS"
    assert arrival.headers["Content-Type"] == "application/json"
    [attempt] = attempts()
    assert (attempt.status_code, attempt.answer) == (200, "ok")
    assert deliveries()[0].status is DeliveryStatus.DELIVERED
    assert (deliveries()[0].attempts, deliveries()[0].event_count) == (1, 150)
    assert waiting() == 0


def test_more_than_fits_goes_in_several_requests(ama: Member, receiver: Receiver) -> None:
    listen(ama, receiver.url)
    tell(ama, 450)
    webhooks.deliver_due()
    assert [len(arrival.events) for arrival in receiver.arrivals] == [200, 200, 50]
    assert [event["data"]["number"] for event in receiver.events] == list(range(450))


def test_long_events_go_in_smaller_requests(
    ama: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claiming, "MOST_CHARACTERS", 300)
    listen(ama, receiver.url)
    tell(ama, 5)
    webhooks.deliver_due()
    assert len(receiver.events) == 5
    assert all(len(arrival.body) < 400 for arrival in receiver.arrivals)
    assert len(receiver.arrivals) > 2


def test_nothing_goes_to_the_endpoints_of_another_account(
    ama: Member, kofi: Member, receiver: Receiver
) -> None:
    listen(kofi, receiver.url)
    tell(ama, 3)
    webhooks.deliver_due()
    assert receiver.arrivals == []
    assert waiting() == 0


def test_both_secrets_sign_until_the_old_one_is_over(ama: Member, receiver: Receiver) -> None:
    endpoint = listen(ama, receiver.url)
    newer = signing.new_secret()
    replaced = {"secret": secrets.seal(newer), "old_secret": secrets.seal(SECRET)}
    tell(ama)
    again(endpoint, **replaced, old_secret_until=now() + timedelta(hours=1))
    assert receiver.arrivals[0].verified(newer) == receiver.arrivals[0].verified(SECRET)
    tell(ama)
    again(endpoint, old_secret_until=now())
    assert len(receiver.arrivals[1].headers["webhook-signature"].split()) == 1


@pytest.mark.parametrize(
    ("answer", "code", "error"),
    [
        (says(500, "sorry\x00 é"), 500, None),
        (says(302, Location="http://127.0.0.1:1/"), 302, None),
        (says(404), 404, None),
        (hangs_up, None, "hung up"),
    ],
)
def test_whatever_is_no_success_is_tried_again_as_the_same_delivery(
    ama: Member, receiver: Receiver, answer: Answer, code: int | None, error: str | None
) -> None:
    receiver.answer = answer
    endpoint = listen(ama, receiver.url)
    tell(ama, 2)
    webhooks.deliver_due()
    assert len(receiver.arrivals) == 1
    [attempt] = attempts()
    assert attempt.status_code == code
    assert (attempt.error is None) if error is None else error in (attempt.error or "")
    failed = fresh(endpoint)
    assert failed.failures == 1
    assert failed.failing_since is not None
    assert timedelta(seconds=3) < failed.retry_at - now() < timedelta(seconds=7)

    receiver.answer = says(204)
    tell(ama)
    again(endpoint)
    assert [len(arrival.events) for arrival in receiver.arrivals] == [2, 2, 1]
    first, second, _ = receiver.arrivals
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert first.body == second.body
    assert deliveries()[0].attempts == 2
    mended = fresh(endpoint)
    assert (mended.failures, mended.failing_since, mended.retry_at) == (0, None, None)


def test_one_that_is_down_for_an_hour_gets_everything_afterwards(
    ama: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settling, "PAUSES", tuple(p / 3600 for p in settling.PAUSES))
    listen(ama, receiver.url)
    receiver.down()
    until = time.monotonic() + 1  # an hour
    count = 0
    while time.monotonic() < until:
        tell(ama)
        count += 1
        webhooks.deliver_due()
        time.sleep(0.05)
    assert "refused" in (attempts()[0].error or "")
    assert len(attempts()) >= 3
    receiver.up()
    deadline = time.monotonic() + 10
    while waiting() or any(one.status is DeliveryStatus.PENDING for one in deliveries()):
        assert time.monotonic() < deadline
        webhooks.deliver_due()
    assert [event["data"]["number"] for event in receiver.events] == [0] * count
    assert len({event["id"] for event in receiver.events}) == count


def test_who_answers_without_end_is_heard_and_cut_off(ama: Member, receiver: Receiver) -> None:
    receiver.answer = goes_on
    listen(ama, receiver.url)
    tell(ama)
    began = time.monotonic()
    webhooks.deliver_due()
    assert time.monotonic() - began < 5
    [attempt] = attempts()
    assert attempt.status_code == 200
    assert len(attempt.answer or "") == transport.LONGEST_ANSWER
    assert deliveries()[0].status is DeliveryStatus.DELIVERED


def test_one_that_hangs_delays_nobody_else(
    ama: Member, kofi: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "TIMEOUT", 1.0)
    slow = Receiver(pause=60)
    slow.up()
    hanging = listen(ama, slow.url)
    listen(kofi, receiver.url)
    tell(ama)
    tell(kofi, 450)
    webhooks.deliver_due()
    slow.over.set()
    slow.down()
    assert len(receiver.events) == 450
    assert receiver.arrivals[-1].at - slow.arrivals[0].at < 0.9
    assert fresh(hanging).failures == 1
    assert "within" in (attempts()[-1].error or "")


def test_410_pauses_at_once_and_the_owners_are_told(
    app: Flask, ama: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[tuple[str, str, str]] = []
    monkeypatch.setattr(letters.mail, "send", lambda *letter: sent.append(letter))
    receiver.answer = says(410)
    endpoint = listen(ama, receiver.url)
    tell(ama)
    webhooks.deliver_due()
    paused = fresh(endpoint)
    assert paused.paused_at is not None
    assert "410" in (paused.paused_for or "")
    [(to, subject, text)] = sent
    assert to == "ama@example.com"
    assert "paused" in subject
    assert receiver.url in text
    entry = db.session.scalar(select(AuditEntry).order_by(AuditEntry.id.desc()))
    assert entry is not None
    assert (entry.action, entry.account_id) == ("webhook paused", ama.account.id)
    tell(ama)
    again(endpoint)
    assert len(receiver.arrivals) == 1
    receiver.answer = says(200)
    again(endpoint, paused_at=None, paused_for=None)
    assert len(receiver.events) == 3  # the first one twice


def test_three_days_in_vain_give_up_and_pause(ama: Member, receiver: Receiver) -> None:
    receiver.answer = says(503)
    endpoint = listen(ama, receiver.url)
    tell(ama)
    webhooks.deliver_due()
    tell(ama)
    again(endpoint, failing_since=now() - settling.GIVE_UP)
    paused = fresh(endpoint)
    assert paused.paused_at is not None
    assert "HTTP 503" in (paused.paused_for or "")
    assert deliveries()[0].status is DeliveryStatus.FAILED
    assert waiting() == 1


@pytest.mark.parametrize(
    ("wish", "seconds"), [("120", 120), ("90000", 3600), ("soon", 5), ("-1", 5), ("²", 5)]
)
def test_a_receiver_may_ask_for_a_pause_of_up_to_an_hour(
    ama: Member, receiver: Receiver, wish: str, seconds: int
) -> None:
    receiver.answer = says(429, Retry_After=wish.encode().decode("latin-1"))
    endpoint = listen(ama, receiver.url)
    tell(ama)
    webhooks.deliver_due()
    retry_at = fresh(endpoint).retry_at
    assert retry_at is not None
    assert seconds * 0.7 < (retry_at - now()).total_seconds() < seconds * 1.3


def test_a_name_that_turns_private_after_it_was_saved_is_not_reached(
    app: Flask, ama: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    app.config["WEBHOOK_ALLOW"] = ()
    means = ["93.184.216.34"]

    def getaddrinfo(host: str, port: int, *_: object, **__: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (means[0], port))]

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    url = receiver.url.replace("127.0.0.1", "rebound.example")
    webhooks.targets.check(url)
    means[0] = "127.0.0.1"
    listen(ama, url)
    listen(ama, receiver.url)  # and one that was let through when it was saved
    tell(ama)
    webhooks.deliver_due()
    assert receiver.arrivals == []
    assert ["private" in (one.error or "") for one in attempts()] == [True, True]


def test_a_suspended_account_is_told_nothing_until_it_is_active(
    ama: Member, receiver: Receiver
) -> None:
    endpoint = listen(ama, receiver.url)
    tell(ama)
    account = update(Account).where(Account.id == ama.account.id)
    with transaction():
        db.session.execute(account.values(suspended_at=now()))
    webhooks.deliver_due()
    assert receiver.arrivals == []
    with transaction():
        db.session.execute(account.values(suspended_at=None))
    again(endpoint)
    assert len(receiver.events) == 1


def test_the_tick_drops_what_waited_too_long_for_a_paused_one_and_forgets_what_is_old(
    ama: Member, kofi: Member, receiver: Receiver
) -> None:
    paused, active = listen(ama), listen(kofi, receiver.url)
    tell(kofi)
    webhooks.deliver_due()
    tell(ama)
    tell(kofi)
    with transaction():
        long_ago = now() - timedelta(days=15)
        db.session.execute(update(WebhookEvent).values(created_at=long_ago))
        db.session.execute(update(WebhookDelivery).values(created_at=long_ago))
        this = WebhookEndpoint.id == paused.id
        db.session.execute(update(WebhookEndpoint).where(this).values(paused_at=now()))
    webhooks.wake_due()
    left = db.session.scalars(select(WebhookEvent.endpoint_id)).all()
    assert left == [active.id]
    assert deliveries() == attempts() == []


def test_an_event_queues_one_job_and_the_job_leaves_the_way_free_for_the_next(
    app: Flask, ama: Member, receiver: Receiver
) -> None:
    from rq import Queue

    jobs = Queue(queue.WEBHOOKS, connection=queue.redis())
    tell(ama)
    assert jobs.count == 0
    listen(ama, receiver.url)
    for _ in range(3):
        tell(ama, 2)
    assert jobs.count == 1
    webhooks.deliver_due()
    tell(ama)
    assert jobs.count == 2


def test_without_redis_events_are_kept_and_the_tick_wakes_them(
    app: Flask, ama: Member, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_: object, **__: object) -> None:
        raise RedisGone

    listen(ama, receiver.url)
    with monkeypatch.context() as away:
        away.setattr(queue.redis(), "execute_command", gone)
        tell(ama)
        webhooks.deliver_due()
    assert len(receiver.events) == 1
    with monkeypatch.context() as away:
        away.setattr(queue.redis(), "execute_command", gone)
        tell(ama)
    webhooks.wake_due()
    assert queue.redis().llen("rq:queue:webhooks") == 1


def test_an_endpoint_deleted_meanwhile_is_settled_without_a_fuss(
    ama: Member, receiver: Receiver
) -> None:
    endpoint = listen(ama, receiver.url)
    tell(ama)
    [parcel] = claiming.claim(10)
    with transaction():
        for model in (WebhookDelivery, WebhookEndpoint):
            db.session.execute(model.__table__.delete())
    settling.settle([transport.Result(parcel, 5, status=200)])
    assert attempts() == []
    assert endpoint.id == parcel.endpoint_id


def test_what_is_leased_is_claimed_by_nobody_else_until_the_lease_is_over(
    ama: Member, receiver: Receiver
) -> None:
    endpoint = listen(ama, receiver.url)
    tell(ama)
    [first] = claiming.claim(10)
    assert claiming.claim(10) == []
    again(endpoint, leased_until=now())
    assert [arrival.headers["webhook-id"] for arrival in receiver.arrivals] == [first.name]
    settling.settle([transport.Result(first, 9000, status=500)])  # the slow one, at last
    assert deliveries()[0].status is DeliveryStatus.DELIVERED
    assert fresh(endpoint).failures == 0
    assert len(attempts()) == 2
