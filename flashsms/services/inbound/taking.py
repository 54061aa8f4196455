"""Texts that carriers bring, stored once for the account whose number they were sent to."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta

from sqlalchemy import select

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db, transaction
from flashsms.models import EventType, InboundMessage, now
from flashsms.models.rows import insert, lock
from flashsms.services import webhooks
from flashsms.services.inbound import answering, conversations, numbers, owners, parts
from flashsms.services.inbound.answering import Taken
from flashsms.services.inbound.owners import Owners
from flashsms.services.inbound.reading import Text, clean

REPEATED = timedelta(seconds=60)  # within which the same text is taken for one that came again

_TAKING = 8  # what the lock of a carrier's texts is called


def take(carrier_id: int, texts: Sequence[Inbound]) -> None:
    """Store what people wrote; once this returns, it may be acknowledged.

    One that comes twice is stored once: known by the carrier's id of it, or without one by being
    the same as the newest from the same person to the same number within REPEATED. SMPP gives none
    and delivers again whatever was not acknowledged. Words such as STOP are acted upon and answered
    in the same transaction.
    """
    if not texts:
        return
    with transaction():
        lock(_TAKING, carrier_id)  # parts, and what came twice, may come over two workers at once
        _store(carrier_id, parts.join(carrier_id, map(clean, texts)))


def wake_due() -> None:
    """Store longer texts of which a part has been missing for an hour, with a gap for it.

    Nothing is locked, and one index looked at, while there are none.
    """
    lapsed = parts.lapsed()
    db.session.commit()
    for group in lapsed:
        with transaction():
            lock(_TAKING, group.carrier_id)
            text = parts.give_up(group)
            _store(group.carrier_id, [text] if text else [])


def _store(carrier_id: int, texts: Sequence[Text]) -> None:
    if not texts:
        return
    listed = numbers.among({one.number for one in texts})
    owned = owners.of(texts, listed)
    taken = list(_insert(carrier_id, texts, owned))
    conversations.note(taken)
    webhooks.emit_each(EventType.SMS_RECEIVED, _told(taken))
    answering.act(carrier_id, taken, listed, owned.wordings)


def _insert(carrier_id: int, texts: Sequence[Text], owned: Owners) -> Iterator[Taken]:
    """Insert texts, and yield those that were not there yet and belong to somebody.

    One without an id was, when it is the newest of its number again: between STOP and STOP there
    may be a START. A text of parts is never taken for a repetition.
    """
    newest = _newest(texts)
    for one in texts:
        this = carrier_id, one.ref, one.text
        if one.ref is None and not one.joined and newest.get((one.phone, one.number)) == this:
            continue
        account_id, kind = owned.of(one)
        moment = now()
        row = insert(InboundMessage).values(
            account_id=account_id,
            carrier_id=carrier_id,
            carrier_ref=one.ref,
            number=one.number,
            phone=one.phone,
            text=one.text,
            kind=kind,
            received_at=moment,
        )
        stored = db.session.execute(
            row.on_conflict_do_nothing().returning(InboundMessage.id, InboundMessage.public_id)
        ).first()
        if stored is None:
            continue
        newest[one.phone, one.number] = this
        if account_id is not None:
            owned.note(account_id, one.phone, kind)
            yield Taken(*stored, account_id, one.phone, one.number, one.text, kind, moment)


def _told(taken: Iterable[Taken]) -> Mapping[int, list[dict[str, object]]]:
    """Return what webhooks are told of texts, by account."""
    told: dict[int, list[dict[str, object]]] = defaultdict(list)
    for one in taken:
        told[one.account_id].append(
            {
                "id": one.public_id,
                "from": one.phone,
                "to": one.number,
                "text": one.text,
                "kind": one.kind.value,
                "receivedAt": one.at,
            }
        )
    return told


def _newest(texts: Iterable[Text]) -> dict[tuple[str, str], tuple[int, str | None, str]]:
    """Return what came last within REPEATED, by phone and number, for texts without an id."""
    nameless = {one.phone for one in texts if one.ref is None and not one.joined}
    if not nameless:
        return {}
    found = db.session.execute(
        select(
            InboundMessage.phone,
            InboundMessage.number,
            InboundMessage.carrier_id,
            InboundMessage.carrier_ref,
            InboundMessage.text,
        )
        .where(
            InboundMessage.phone.in_(sorted(nameless)),
            InboundMessage.received_at >= now() - REPEATED,
        )
        .order_by(InboundMessage.received_at, InboundMessage.id)
    )
    return {(phone, number): (carrier, ref, said) for phone, number, carrier, ref, said in found}
