"""The addresses that an account has told: added, changed, paused, given secrets, deleted."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select, update

from flashsms.extensions import db, transaction
from flashsms.models import (
    AuditEntry,
    EventType,
    WebhookAttempt,
    WebhookDelivery,
    WebhookEndpoint,
    WebhookEvent,
    now,
)
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.webhooks import claiming, clearing, emit, endpoints, secrets, settling
from flashsms.services.webhooks.endpoints import Change
from flashsms.services.webhooks.parcels import Result
from tests.factories import Member
from tests.services.webhooks.told import URL, deliver, endpoint

SENT = EventType.MESSAGE_SENT
DONE = EventType.MESSAGE_COMPLETED


def acts(member: Member) -> list[str]:
    db.session.commit()
    log = select(AuditEntry).where(AuditEntry.account_id == member.account.id)
    return [entry.action for entry in db.session.scalars(log.order_by(AuditEntry.id))][-6:]


def count(model: type) -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def values(endpoint: WebhookEndpoint, **wanted: object) -> None:
    with transaction():
        own = WebhookEndpoint.id == endpoint.id
        db.session.execute(update(WebhookEndpoint).where(own).values(wanted))


def test_an_endpoint_is_added_with_a_secret_that_lies_sealed(ama: Member) -> None:
    made, secret = endpoints.create(
        ama.account.id, endpoints.look_at(URL), [DONE, SENT, DONE], "  The shop's till "
    )
    assert made.public_id.startswith("whk_")
    assert (made.url, made.description) == (URL, "The shop's till")
    assert made.event_names == "message.sent message.completed"
    assert secret.startswith("whsec_")
    assert secret not in made.secret
    assert secrets.of(made) == [secret]
    assert endpoints.every(ama.account.id) == [endpoints.find(ama.account.id, made.public_id)]
    assert acts(ama)[-1] == "webhook added"


@pytest.mark.parametrize(
    ("url", "events", "description", "code", "words"),
    [
        (URL, [], None, "bad_webhook", "events must name at least one"),
        (URL, ["message.eaten"], None, "bad_webhook", "'message.eaten' is no event"),
        (URL, ["webhook.test"], None, "bad_webhook", "'webhook.test' is no event"),
        (URL, ["\0"], None, "bad_webhook", "is no event"),
        (URL, [DONE], "x" * 121, "bad_webhook", "description has 121 characters"),
        (URL, [DONE], "a\0b", "bad_webhook", "description must be one line"),
        ("http://127.0.0.1/", [DONE], None, "bad_url", "private address"),
        ("ftp://93.184.216.34/", [DONE], None, "bad_url", "must be a URL"),
        (f"{URL}/{'x' * 500}", [DONE], None, "bad_url", "at most 500"),
        (f"{URL}/\0", [DONE], None, "bad_url", "plain characters"),
    ],
)
def test_what_cannot_be_told_is_refused_when_it_is_added_and_when_it_is_changed(
    ama: Member, url: str, events: list[str], description: str | None, code: str, words: str
) -> None:
    kept = endpoint(ama)
    before = (kept.url, kept.event_names, kept.description)
    for act in (
        lambda: endpoints.create(ama.account.id, endpoints.look_at(url), events, description),
        lambda: endpoints.change(ama.account.id, kept.public_id, Change(url, events, description)),
    ):
        with pytest.raises(DomainError, match=words) as refused:
            act()
        assert refused.value.code == code
    [found] = endpoints.every(ama.account.id)
    assert (found.url, found.event_names, found.description) == before


def test_only_what_is_named_changes(ama: Member) -> None:
    made = endpoint(ama, description="Till")
    values(made, failures=7, failing_since=now(), retry_at=now() + timedelta(hours=1))
    own = ama.account.id, made.public_id
    changed = endpoints.change(*own, Change(events=[SENT]))
    assert (changed.event_names, changed.description, changed.failures) == (SENT, "Till", 7)
    changed = endpoints.change(*own, Change(description="", url=URL))
    assert (changed.description, changed.failures) == (None, 7)
    moved = endpoints.change(*own, Change(url=f"{URL}?token=hush"))
    assert (moved.url, moved.failures, moved.failing_since, moved.retry_at) == (
        f"{URL}?token=hush",
        0,
        None,
        None,
    )
    db.session.commit()
    log = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc()).limit(1)).one()
    assert (log.before, log.after, log.subject) == ({"url": URL}, {"url": URL}, URL)


def test_a_pause_and_its_end_happen_once(ama: Member) -> None:
    made = endpoint(ama)
    own = ama.account.id, made.public_id
    endpoints.pause(*own)
    endpoints.pause(*own)
    assert endpoints.find(*own).paused_at
    assert not endpoints.in_trouble(ama.account.id)
    values(made, paused_for="gave up", failures=9, failing_since=now(), retry_at=now())
    endpoints.change(*own, Change(paused=False))
    endpoints.resume(*own)
    found = endpoints.find(*own)
    assert (found.paused_at, found.paused_for, found.failures, found.failing_since) == (
        None,
        None,
        0,
        None,
    )
    assert acts(ama)[-3:] == ["webhook added", "webhook paused", "webhook resumed"]


def test_who_gave_up_or_fails_for_long_is_in_trouble(ama: Member, kofi: Member) -> None:
    well, shaky, failing, gone, off = (endpoint(ama, f"{URL}/{at}") for at in range(5))
    values(shaky, failing_since=now() - timedelta(minutes=59))
    values(failing, failing_since=now() - timedelta(minutes=61))
    values(gone, paused_at=now(), paused_for="It answered 410.")
    values(off, paused_at=now(), failing_since=now() - timedelta(days=2))
    db.session.expire_all()
    found = endpoints.in_trouble(ama.account.id)
    assert [one.public_id for one in found] == [failing.public_id, gone.public_id]
    assert endpoints.in_trouble(kofi.account.id) == []
    assert well.id


def test_a_replaced_secret_is_good_for_another_day(ama: Member) -> None:
    made, first = endpoints.create(ama.account.id, endpoints.look_at(URL), [DONE])
    own = ama.account.id, made.public_id
    _, second = endpoints.rotate(*own)
    assert secrets.of(endpoints.find(*own)) == [second, first]
    with time_machine.travel(now() + timedelta(hours=24, seconds=1)):
        assert secrets.of(endpoints.find(*own)) == [second]
    with time_machine.travel(now() + timedelta(hours=23)):
        _, third = endpoints.rotate(*own)
        assert secrets.of(endpoints.find(*own)) == [third, second]
    assert acts(ama)[-1] == "webhook secret replaced"


def test_a_form_that_comes_twice_replaces_a_secret_once(ama: Member) -> None:
    made = endpoint(ama)
    own = ama.account.id, "attempt", made.public_id
    replaced = endpoints.rotate_once(*own)
    assert replaced
    assert endpoints.rotate_once(*own) is None
    assert secrets.of(endpoints.find(ama.account.id, made.public_id))[0] == replaced[1]


def test_another_accounts_endpoint_is_unknown_to_every_verb(ama: Member, kofi: Member) -> None:
    his = endpoint(kofi)
    assert endpoints.every(ama.account.id) == []
    for public_id in (his.public_id, "whk_none", "\0", "x" * 5000):
        for act in (
            lambda own: endpoints.find(*own),
            lambda own: endpoints.change(*own, Change(events=[SENT])),
            lambda own: endpoints.change(*own, Change(url=URL)),
            lambda own: endpoints.pause(*own),
            lambda own: endpoints.resume(*own),
            lambda own: endpoints.rotate(*own),
            lambda own: endpoints.delete(*own),
        ):
            with pytest.raises(NotFound) as unknown:
                act((ama.account.id, public_id))
            assert unknown.value.code == "webhook_unknown"
            assert len(unknown.value.sentence) < 100
    found = endpoints.find(kofi.account.id, his.public_id)
    assert (found.event_names, found.old_secret, found.paused_at) == (DONE, None, None)


def test_twelve_at_once_leave_ten(app: Flask, ama: Member, kofi: Member) -> None:
    for at in range(7):
        endpoint(ama, f"{URL}/{at}")
    account_id, start = ama.account.id, Barrier(5)

    def add(at: int) -> str:
        with app.app_context():
            start.wait()
            try:
                endpoints.create(account_id, endpoints.look_at(f"{URL}/new/{at}"), [DONE])
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()
            return "added"

    with ThreadPoolExecutor(5) as pool:
        said = sorted(pool.map(add, range(5)))
    assert said == ["added"] * 3 + ["too_many_webhooks"] * 2
    db.session.commit()
    assert len(endpoints.every(account_id)) == endpoints.MOST
    endpoint(kofi)
    endpoints.delete(account_id, endpoints.every(account_id)[0].public_id)
    endpoint(ama)


def test_a_deleted_endpoint_is_told_nothing_and_takes_everything_along(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clearing, "PIECE", 3)
    stays, goes = endpoint(ama), endpoint(ama, f"{URL}/goes")
    for at in (stays, goes):
        for _ in range(4):
            deliver(at)
    with transaction():
        emit(ama.account.id, DONE, [{"messageId": "c1"}] * 5)
    endpoints.delete(ama.account.id, goes.public_id)
    with pytest.raises(NotFound):
        endpoints.find(ama.account.id, goes.public_id)
    with transaction():
        emit(ama.account.id, DONE, [{"messageId": "c2"}])
    assert count(WebhookEvent) == 11
    clearing.clear_deleted()
    assert [count(WebhookEvent), count(WebhookDelivery), count(WebhookAttempt)] == [6, 4, 4]
    assert count(WebhookEndpoint) == 2
    with transaction():  # by somebody who read the endpoint before it was deleted
        db.session.add(WebhookEvent(endpoint_id=goes.id, type=DONE.value, data={}))
    with time_machine.travel(now() + clearing.KEPT + timedelta(seconds=1)):
        clearing.clear_deleted()
    assert [count(WebhookEvent), count(WebhookEndpoint)] == [6, 1]
    assert acts(ama)[-1] == "webhook deleted"


def test_what_is_just_being_told_is_cleared_later(ama: Member) -> None:
    told = endpoint(ama)
    deliver(told)
    values(told, leased_until=now() + timedelta(minutes=1))
    endpoints.delete(ama.account.id, told.public_id)
    clearing.clear_deleted()
    assert count(WebhookDelivery) == 1
    with time_machine.travel(now() + timedelta(minutes=2)):
        clearing.clear_deleted()
    assert [count(WebhookDelivery), count(WebhookAttempt), count(WebhookEndpoint)] == [0, 0, 1]


@pytest.mark.parametrize("late", [False, True])
def test_what_comes_of_a_request_that_was_under_way_harms_nobody(ama: Member, late: bool) -> None:
    told, other = endpoint(ama), endpoint(ama, f"{URL}/other", events=[SENT])
    with transaction():
        emit(ama.account.id, DONE, [{"messageId": "c1"}])
    [parcel] = claiming.claim(10)
    endpoints.delete(ama.account.id, told.public_id)
    clearing.clear_deleted()
    assert count(WebhookDelivery) == 1
    if late:  # so that the lease is over, and another endpoint may have the delivery's number
        with time_machine.travel(now() + claiming.LEASE + timedelta(seconds=1)):
            clearing.clear_deleted()
        deliver(other)
    settling.settle([Result(parcel, 12, status=204)])
    assert count(WebhookAttempt) == 1
    clearing.clear_deleted()
    left = db.session.scalars(select(WebhookDelivery.endpoint_id)).all()
    assert left == ([other.id] if late else [])
    assert count(WebhookAttempt) == len(left)
