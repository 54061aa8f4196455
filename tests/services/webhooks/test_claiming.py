"""What could keep endpoints from being told, though something waits for them."""

from datetime import timedelta

import pytest
from sqlalchemy import text, update

from flashsms.extensions import db, transaction
from flashsms.models import WebhookEndpoint, WebhookEvent, now
from flashsms.models.rows import is_postgresql
from flashsms.services.webhooks import claiming, endpoints, sweeping
from tests.factories import Member
from tests.services.webhooks.conftest import listen, tell, waiting


def test_an_endpoint_is_claimed_while_somebody_writes_events_for_it(ama: Member) -> None:
    """A sending batch that emits holds its endpoint FOR KEY SHARE until its transaction ends."""
    if not is_postgresql():
        return  # SQLite has one writer, and no locks of rows
    endpoint = listen(ama)
    tell(ama)
    id = endpoint.id
    db.session.commit()
    with db.engine.connect() as other, other.begin():
        other.execute(
            text(
                "INSERT INTO webhook_events (public_id, endpoint_id, type, data, created_at)"
                " VALUES ('evt_x', :id, 'sms.received', '{}', now())"
            ),
            {"id": id},
        )
        assert claiming.is_due()
        db.session.commit()
        assert len(claiming.claim(10)) == 1


def test_nobody_who_sends_waits_for_a_claim(ama: Member) -> None:
    """The other way round: while endpoints are leased, whoever emits waits."""
    if not is_postgresql():
        return  # SQLite has one writer, and no locks of rows
    endpoint = listen(ama)
    tell(ama)
    id = endpoint.id
    db.session.commit()
    with transaction():
        assert len(claiming.claim(10)) == 1
        with db.engine.connect() as other, other.begin():
            other.execute(text("SET LOCAL lock_timeout = '500ms'"))
            other.execute(
                text(
                    "INSERT INTO webhook_events (public_id, endpoint_id, type, data, created_at)"
                    " VALUES ('evt_x', :id, 'sms.received', '{}', now())"
                ),
                {"id": id},
            )


def test_what_is_told_on_resuming_is_not_dropped_by_a_tick(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    endpoint = listen(ama)
    tell(ama)
    with transaction():
        db.session.execute(update(WebhookEndpoint).values(paused_at=now()))
        db.session.execute(update(WebhookEvent).values(created_at=now() - timedelta(days=4)))
    found = sweeping._found

    def then_resumed(*asked):  # type: ignore[no-untyped-def]
        ids = found(*asked)
        endpoints.resume(ama.account.id, endpoint.public_id)
        return ids

    monkeypatch.setattr(sweeping, "_found", then_resumed)
    sweeping._drop_waiting()
    assert waiting() == 1


def test_an_event_that_comes_right_after_a_lease_in_vain_is_told_at_once(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another worker told what waited between our look and our lease (one statement's snapshot)."""
    listen(ama)
    tell(ama)
    lease = claiming._lease

    def late(wanted, most):  # type: ignore[no-untyped-def]
        leased = lease(wanted, most)
        db.session.execute(text("DELETE FROM webhook_events"))  # the other one's fold, seen now
        return leased

    monkeypatch.setattr(claiming, "_lease", late)
    assert claiming.claim(10) == []
    monkeypatch.undo()
    tell(ama)
    assert len(claiming.claim(10)) == 1


def test_what_paused_webhooks_keep_is_dropped_as_fast_as_it_comes(ama: Member) -> None:
    """A tick comes every two seconds; events may come at 1,000 a second, times ten endpoints."""
    listen(ama)
    tell(ama, 5000)
    with transaction():
        db.session.execute(update(WebhookEndpoint).values(paused_at=now()))
        db.session.execute(update(WebhookEvent).values(created_at=now() - timedelta(days=4)))
    sweeping.wake_due()
    assert waiting() <= 3000
