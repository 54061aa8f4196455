"""An attempt under way while its endpoint is given another address."""

from datetime import timedelta

import time_machine
from sqlalchemy import select, update

from flashsms.extensions import db, transaction
from flashsms.models import WebhookAttempt, WebhookEndpoint, now
from flashsms.services.webhooks import claiming, clearing, deliveries, endpoints, settling
from flashsms.services.webhooks.endpoints import Change
from flashsms.services.webhooks.parcels import Parcel, Result
from tests.factories import Member
from tests.services.webhooks.conftest import fresh, listen, tell


def under_way(ama: Member, endpoint: WebhookEndpoint, **failing: object) -> Parcel:
    tell(ama)
    if failing:
        with transaction():
            db.session.execute(update(WebhookEndpoint).values(**failing))
    [parcel] = claiming.claim(10)
    return parcel


MOVED = Change(url="https://www.example.com/working")


def test_the_old_address_cannot_put_off_the_new_one(ama: Member) -> None:
    endpoint = listen(ama)
    parcel = under_way(ama, endpoint, failures=20, failing_since=now() - timedelta(days=1))
    endpoints.change(ama.account.id, endpoint.public_id, MOVED)
    settling.settle([Result(parcel, 10_000, error="It did not answer.")])
    now_ = fresh(endpoint)
    assert now_.failures == 0
    assert now_.retry_at is None or now_.retry_at < now() + timedelta(seconds=10)


def test_the_old_address_cannot_pause_the_new_one(ama: Member) -> None:
    endpoint = listen(ama)
    parcel = under_way(ama, endpoint)
    endpoints.change(ama.account.id, endpoint.public_id, MOVED)
    settling.settle([Result(parcel, 50, status=410)])
    assert fresh(endpoint).paused_at is None


def test_the_old_address_cannot_give_up_for_the_new_one(ama: Member) -> None:
    endpoint = listen(ama)
    parcel = under_way(ama, endpoint, failures=80, failing_since=now() - timedelta(days=4))
    endpoints.change(ama.account.id, endpoint.public_id, MOVED)
    settling.settle([Result(parcel, 10_000, error="It did not answer.")])
    assert fresh(endpoint).paused_at is None


def test_a_test_that_was_asked_for_during_an_attempt_is_not_put_off_for_an_hour(
    ama: Member,
) -> None:
    endpoint = listen(ama)
    parcel = under_way(ama, endpoint, failures=20, failing_since=now() - timedelta(days=1))
    deliveries.send_test(ama.account.id, endpoint.public_id)
    settling.settle([Result(parcel, 10_000, error="It did not answer.")])
    again = fresh(endpoint).retry_at
    assert again is None or again < now() + timedelta(minutes=1)


def test_a_lease_that_is_over_pauses_nothing(ama: Member) -> None:
    """Another worker has told it meanwhile, and it took it; then a late 410 of the first comes."""
    endpoint = listen(ama)
    parcel = under_way(ama, endpoint)
    with transaction():
        db.session.execute(update(WebhookEndpoint).values(leased_until=now()))
    [second] = claiming.claim(10)
    settling.settle([Result(second, 5, status=200)])
    settling.settle([Result(parcel, 5, status=410)])
    assert fresh(endpoint).paused_at is None


def test_nobody_is_shown_what_another_account_s_receiver_answered(
    ama: Member, kofi: Member
) -> None:
    """SQLite gives the id of a delivery that is gone to the next, and both settle together."""
    his = listen(kofi)
    gone = under_way(kofi, his)
    endpoints.delete(kofi.account.id, his.public_id)
    with time_machine.travel(now() + timedelta(seconds=20), tick=True):
        clearing.clear_deleted()
        hers = under_way(ama, listen(ama))
        settling.settle(
            [Result(gone, 9_000, status=500, answer="A trace"), Result(hers, 12, status=204)]
        )
    db.session.commit()
    assert db.session.scalars(select(WebhookAttempt.status_code)).all() == [204]
