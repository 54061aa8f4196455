"""What webhooks are told of messages, recipients, opt-outs, texts and senders: each once."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import event, select, update

from flashsms.carriers.contract import Fate, Inbound, Receipt, ReceiptState
from flashsms.extensions import db, transaction
from flashsms.models import (
    Carrier,
    EventType,
    Message,
    OptSource,
    Recipient,
    WebhookEvent,
    now,
)
from flashsms.services import inbound, opt_outs, receipts, sender_reviews, senders, sending
from flashsms.services.errors import DomainError
from flashsms.services.progress import Delta, record
from flashsms.services.sending import Order
from tests import scripted
from tests.factories import Member, phones
from tests.services.webhooks.conftest import listen, told

Wire = scripted.ScriptedSessions
Run = Callable[[], int]


def send(member: Member, to: list[str], **wanted: object) -> Message:
    order = Order(text="Hello", recipients=to, campaign_name="May sale", **wanted)  # type: ignore[arg-type]
    return sending.accept(member.account.id, order).message


def names() -> list[str]:
    return [name for name, _ in told()]


def receipt(recipient: Recipient, *, delivered: bool = True) -> Receipt:
    state = ReceiptState.DELIVERED if delivered else ReceiptState.FAILED
    reason = "" if delivered else "Absent subscriber."
    return Receipt(recipient.carrier_ref or "", recipient.phone, state, reason)


def recipients() -> list[Recipient]:
    db.session.commit()
    return list(db.session.scalars(select(Recipient).order_by(Recipient.id)))


@pytest.fixture
def statements(app: Flask) -> Callable[[Callable[[], object]], list[str]]:
    def ran(act: Callable[[], object]) -> list[str]:
        heard: list[str] = []

        def hear(_connection: object, _cursor: object, statement: str, *_: object) -> None:
            heard.append(statement)

        event.listen(db.engine, "before_cursor_execute", hear)
        act()
        event.remove(db.engine, "before_cursor_execute", hear)
        return heard

    return ran


def test_a_message_is_told_of_when_it_was_sent_and_when_it_is_over(
    ama: Member, kofi: Member, wire: Wire, run_jobs: Run, carrier: Carrier
) -> None:
    listen(ama)
    listen(kofi)
    message = send(ama, phones(2))
    assert told() == []
    run_jobs()
    state = {
        "messageId": message.public_id,
        "status": "SENT",
        "recipientCount": 2,
        "delivered": 0,
        "failed": 0,
        "campaignName": "May sale",
        "senderId": "MyBrand",
        "test": False,
    }
    assert told() == [("message.sent", state)]

    first, second = recipients()
    receipts.apply(carrier.id, [receipt(first)])
    receipts.apply(carrier.id, [receipt(first), receipt(second, delivered=False)])
    receipts.apply(carrier.id, [receipt(second, delivered=False)])
    assert told()[1:] == [
        ("recipient.delivered", _of(message, first, "DELIVERED", None)),
        ("recipient.failed", _of(message, second, "FAILED", "Absent subscriber.")),
        ("message.completed", state | {"status": "DELIVERED", "delivered": 1, "failed": 1}),
    ]
    owners = db.session.scalars(select(WebhookEvent.endpoint_id).distinct()).all()
    assert len(owners) == 1


def _of(message: Message, one: Recipient, status: str, reason: str | None) -> dict[str, object]:
    told = {"messageId": message.public_id, "phone": one.phone, "status": status}
    return {**told, "reason": reason, "test": False}


def test_what_a_carrier_refuses_is_told_with_its_reason(
    ama: Member, wire: Wire, run_jobs: Run
) -> None:
    listen(ama)
    wire.answer = scripted.answers(Fate.REFUSED, "No such number")
    send(ama, phones(1))
    run_jobs()
    assert names() == ["recipient.failed", "message.sent", "message.completed"]
    assert told()[0][1]["reason"] == "No such number"


def test_only_what_an_endpoint_chose_is_told_to_it(ama: Member, wire: Wire, run_jobs: Run) -> None:
    listen(ama, events="recipient.failed sms.received")
    late = listen(ama, events="message.sent")
    send(ama, phones(1))
    run_jobs()
    assert names() == ["message.sent"]
    assert db.session.scalar(select(WebhookEvent.endpoint_id)) == late.id


def test_whoever_listens_later_is_told_from_then_on(
    ama: Member, wire: Wire, run_jobs: Run, carrier: Carrier
) -> None:
    send(ama, phones(1))
    run_jobs()
    listen(ama)
    assert told() == []
    receipts.apply(carrier.id, [receipt(recipients()[0])])
    assert names() == ["recipient.delivered", "message.sent", "message.completed"]


def test_a_cancelled_schedule_is_over(ama: Member, wire: Wire) -> None:
    listen(ama)
    sending.cancel(send(ama, phones(3), scheduled_at=now() + timedelta(hours=1)))
    [(name, data)] = told()
    assert (name, data["status"], data["recipientCount"]) == ("message.completed", "CANCELLED", 3)


def test_a_schedule_that_was_missed_failed_for_everybody(ama: Member, wire: Wire) -> None:
    listen(ama)
    message = send(ama, phones(3), scheduled_at=now() + timedelta(hours=1))
    long_ago = now() - timedelta(days=1)
    with transaction():
        this = update(Message).where(Message.id == message.id)
        db.session.execute(this.values(scheduled_at=long_ago, wake_at=long_ago))
    sending.wake_due()
    assert Counter(names()) == {
        "recipient.failed": 3,
        "message.sent": 1,
        "message.completed": 1,
    }


def test_what_is_rolled_back_is_told_to_nobody(ama: Member, wire: Wire) -> None:
    listen(ama)
    with pytest.raises(DomainError), transaction():  # noqa: PT012
        for phone in ("233241234567", "none"):
            opt_outs.opt_out(ama.account.id, phone, OptSource.API)
    assert told() == []


def test_where_nobody_listens_a_batch_costs_one_look_up(
    ama: Member, kofi: Member, wire: Wire, run_jobs: Run, carrier: Carrier, statements: object
) -> None:
    for member in (ama, kofi):
        for _ in range(3):
            send(member, phones(2))
    run_jobs()
    batch = [receipt(one) for one in recipients()]
    ran = statements(lambda: receipts.apply(carrier.id, batch))  # type: ignore[operator]
    assert sum("webhook_" in statement for statement in ran) == 1
    assert all(message.announced == 0 for message in db.session.scalars(select(Message)))


def test_where_nobody_listens_nothing_is_kept_by_recipient(ama: Member, wire: Wire) -> None:
    delta = Delta()
    delta.fail("233241234567", "Expired.", heard=False)
    assert delta.final == []
    message = send(ama, phones(1), scheduled_at=now() + timedelta(hours=1))
    with transaction():
        record({message.id: Delta()})  # which moves nothing, and is told to nobody
    assert told() == []


def test_an_opt_out_is_told_once_with_its_source(ama: Member) -> None:
    listen(ama)
    for phone in ("233241234567", "233241234567"):
        opt_outs.opt_out(ama.account.id, phone, OptSource.API)
    opt_outs.opt_out_many(ama.account.id, ["233241234567", "233241234568"], OptSource.IMPORT)
    assert told() == [
        ("recipient.opted_out", {"phone": "233241234567", "source": "API"}),
        ("recipient.opted_out", {"phone": "233241234568", "source": "IMPORT"}),
    ]


def test_a_text_from_a_person_is_told_once_and_so_is_what_it_means(
    ama: Member, wire: Wire, run_jobs: Run, carrier: Carrier
) -> None:
    listen(ama)
    send(ama, ["233241234567"])
    run_jobs()
    text = Inbound("233241234567", "1400", "Stop\x00", "in-1")
    for _ in range(2):
        inbound.take(carrier.id, [text])
    [(name, data), out] = [one for one in told() if one[0] != "message.sent"]
    assert name == EventType.SMS_RECEIVED
    assert {key: data[key] for key in ("from", "to", "text", "kind")} == {
        "from": "233241234567",
        "to": "1400",
        "text": "Stop",
        "kind": "STOP",
    }
    assert str(data["id"]).startswith("inb_")
    assert str(data["receivedAt"]).endswith("Z")
    assert out == ("recipient.opted_out", {"phone": "233241234567", "source": "REPLY"})


def test_decisions_about_senders_are_told(ama: Member, kofi: Member) -> None:
    listen(ama)
    one, two, three = (senders.request(ama.account.id, name) for name in ("Uno", "Dos", "Tres"))
    theirs = senders.request(kofi.account.id, "Kofi")
    senders.reject(one.public_id, "Not yours.")
    sender_reviews.approve_many([two.public_id, three.public_id, theirs.public_id])
    assert told() == [
        ("sender.rejected", _decided(one.public_id, "Uno", "Not yours.")),
        ("sender.approved", _decided(two.public_id, "Dos", None)),
        ("sender.approved", _decided(three.public_id, "Tres", None)),
    ]


def _decided(sender_id: str, name: str, reason: str | None) -> dict[str, object]:
    return {"senderId": sender_id, "name": name, "reason": reason}
