"""Texts that carriers bring, stored once for the account whose number they were sent to."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from sqlalchemy import select

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db, transaction
from flashsms.models import InboundKind, InboundMessage, now
from flashsms.models.rows import insert, lock
from flashsms.services.inbound import answering, conversations, numbers, owners, parts, words
from flashsms.services.inbound.answering import Taken
from flashsms.services.inbound.owners import Owners
from flashsms.services.inbound.reading import Text, clean
from flashsms.services.inbound.words import Wording

REPEATED = timedelta(seconds=60)  # within which the same text is taken for one that came again

_TAKING = 8  # what the lock of a carrier's texts is called


def take(carrier_id: int, texts: Sequence[Inbound]) -> None:
    """Store what people wrote; once this returns, it may be acknowledged.

    One that comes twice is stored once: known by the carrier's id of it, or without one by being
    the same from the same number within REPEATED. SMPP gives none and delivers again whatever was
    not acknowledged. Words such as STOP are acted upon and answered in the same transaction.
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
    fresh = _without_repeated(carrier_id, texts)
    if not fresh:
        return
    listed = numbers.among({one.number for one in fresh})
    owned = owners.of(fresh, listed)
    wordings = words.of({account for account in owned.values() if account is not None})
    taken = list(_insert(carrier_id, fresh, owned, wordings))
    conversations.note(taken)
    answering.act(carrier_id, taken, listed, wordings)


def _without_repeated(carrier_id: int, texts: Sequence[Text]) -> list[Text]:
    """Leave out what has no id and was stored a moment ago. A text of parts is never left out."""
    nameless = {one.phone for one in texts if one.ref is None and not one.joined}
    found = db.session.execute(
        select(InboundMessage.phone, InboundMessage.number, InboundMessage.text).where(
            InboundMessage.phone.in_(sorted(nameless)),
            InboundMessage.received_at >= now() - REPEATED,
            InboundMessage.carrier_id == carrier_id,
            InboundMessage.carrier_ref.is_(None),
        )
    )
    seen = {(phone, number, text) for phone, number, text in found} if nameless else set()
    fresh = []
    for one in texts:
        said = (one.phone, one.number, one.text)
        if one.ref is None and not one.joined and said in seen:
            continue
        seen.add(said)
        fresh.append(one)
    return fresh


def _insert(
    carrier_id: int, texts: Iterable[Text], owned: Owners, wordings: dict[int, Wording]
) -> Iterable[Taken]:
    """Insert texts, and yield those whose id was not there yet."""
    for one in texts:
        account_id = owned[one.phone, one.number]
        kind = _kind(one, wordings.get(account_id or 0))
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
        stored = db.session.scalar(row.on_conflict_do_nothing().returning(InboundMessage.id))
        if stored is not None and account_id is not None:
            yield Taken(stored, account_id, one.phone, one.number, one.text, kind, moment)


def _kind(text: Text, wording: Wording | None) -> InboundKind:
    """Return what a text means. Short codes and names are machines: none of their words count."""
    if wording is None or not answering.is_person(text.phone):
        return InboundKind.TEXT
    return wording.kind_of(text.text)
