"""What endpoints were told: listed, looked at, sent again, tested."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from flashsms import queue
from flashsms.extensions import db, transaction
from flashsms.models import (
    DeliveryStatus,
    EventType,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.webhooks import deliveries, endpoints
from tests.factories import Member
from tests.services.webhooks.told import URL, deliver, endpoint


@pytest.fixture
def woken(app: Flask, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """One for each time that the engine was called, and whether that was in a transaction."""
    calls: list[bool] = []
    monkeypatch.setattr(
        queue, "enqueue_webhooks", lambda: calls.append("on_commit" in db.session().info)
    )
    return calls


def put_off(to: WebhookEndpoint) -> None:
    with transaction():
        later = now() + timedelta(hours=1)
        db.session.execute(update(WebhookEndpoint).values(retry_at=later))
    assert to.id


def test_deliveries_are_listed_newest_first_and_without_their_bodies(ama: Member) -> None:
    told, other = endpoint(ama), endpoint(ama, f"{URL}/other")
    made = [deliver(told).public_id for _ in range(5)]
    deliver(other)
    db.session.expire_all()
    first = deliveries.newest(told, 2)
    assert [one.public_id for one in first] == made[:-3:-1]
    assert "body" not in vars(first[0])
    rest = deliveries.newest(told, 9, first[-1].public_id)
    assert [one.public_id for one in rest] == made[2::-1]
    for unknown in (deliveries.newest(other, 1)[0].public_id, "\0", "dlv_none"):
        with pytest.raises(NotFound, match="no delivery"):
            deliveries.newest(told, 9, unknown)


def test_pages_by_number_reach_only_so_far(ama: Member, monkeypatch: pytest.MonkeyPatch) -> None:
    told = endpoint(ama)
    made = [deliver(told).public_id for _ in range(7)]
    monkeypatch.setattr(deliveries, "MOST_PAGED", 5)
    pages = [deliveries.page(told, number, 3) for number in (1, 2, 3, 1_000_000)]
    assert [[one.public_id for one in page.items] for page in pages] == [
        made[:3:-1],
        made[3:1:-1],
        [],
        [],
    ]
    assert [(page.total, page.has_more) for page in pages[:2]] == [(5, True), (5, False)]


def test_the_last_attempt_of_each_is_found(ama: Member) -> None:
    told = endpoint(ama)
    tried, fresh = deliver(told), deliver(told)
    with transaction():
        db.session.execute(
            WebhookAttempt.__table__.delete().where(WebhookAttempt.delivery_id == fresh.id)
        )
        db.session.add(
            WebhookAttempt(delivery_id=tried.id, milliseconds=5, error="No answer.", signature="")
        )
    last = deliveries.last_attempts([tried, fresh])
    assert {id: one.error for id, one in last.items()} == {tried.id: "No answer."}
    found = deliveries.find(ama.account.id, told.public_id, tried.public_id)
    assert [one.status_code for one in found.attempts] == [None, 204]
    assert deliveries.last_attempts([]) == {}


@pytest.mark.parametrize("status", DeliveryStatus)
def test_a_delivery_is_sent_again_as_it_was_and_at_once(
    ama: Member, woken: list[bool], status: DeliveryStatus
) -> None:
    told = endpoint(ama)
    delivery = deliver(told, status=status, body='{"id": "dlv_1"}')
    put_off(told)
    again = deliveries.replay(ama.account.id, told.public_id, delivery.public_id)
    assert (again.status, again.body) == (DeliveryStatus.PENDING, '{"id": "dlv_1"}')
    assert (again.first_tried_at, again.delivered_at, again.attempts) == (None, None, 1)
    assert endpoints.find(ama.account.id, told.public_id).retry_at <= now()
    assert woken == [False]


def test_a_test_is_told_to_an_endpoint_that_did_not_choose_it(
    ama: Member, woken: list[bool]
) -> None:
    told, other = endpoint(ama), endpoint(ama, f"{URL}/other")
    put_off(told)
    event = deliveries.send_test(ama.account.id, told.public_id)
    assert deliveries.count_waiting(told) == 1
    assert deliveries.count_waiting(other) == 0
    [waiting] = db.session.scalars(select(WebhookEvent))
    assert (waiting.public_id, waiting.type) == (event.public_id, EventType.TEST)
    assert "test" in str(waiting.data["message"])
    assert endpoints.find(ama.account.id, told.public_id).retry_at <= now()
    assert woken == [False]


def test_a_paused_endpoint_is_to_be_resumed_first(ama: Member, woken: list[bool]) -> None:
    told = endpoint(ama)
    delivery = deliver(told, status=DeliveryStatus.FAILED)
    endpoints.pause(ama.account.id, told.public_id)
    for act in (
        lambda: deliveries.replay(ama.account.id, told.public_id, delivery.public_id),
        lambda: deliveries.send_test(ama.account.id, told.public_id),
    ):
        with pytest.raises(DomainError, match="Resume it first") as refused:
            act()
        assert refused.value.code == "webhook_paused"
    assert woken == []
    assert db.session.scalars(select(WebhookDelivery.status)).all() == [DeliveryStatus.FAILED]


def test_what_a_stranger_was_told_is_unknown(ama: Member, kofi: Member, woken: list[bool]) -> None:
    his, hers = endpoint(kofi), endpoint(ama)
    theirs = deliver(his, status=DeliveryStatus.FAILED)
    for endpoint_id, delivery_id, code in (
        (his.public_id, theirs.public_id, "webhook_unknown"),
        (hers.public_id, theirs.public_id, "delivery_unknown"),
        (hers.public_id, "\0", "delivery_unknown"),
        (hers.public_id, "x" * 5000, "delivery_unknown"),
    ):
        for act in (deliveries.find, deliveries.replay):
            with pytest.raises(NotFound) as unknown:
                act(ama.account.id, endpoint_id, delivery_id)
            assert unknown.value.code == code
            assert len(unknown.value.sentence) < 120
    with pytest.raises(NotFound):
        deliveries.send_test(ama.account.id, his.public_id)
    db.session.commit()
    assert db.session.scalars(select(WebhookDelivery.status)).all() == [DeliveryStatus.FAILED]
    assert woken == []
