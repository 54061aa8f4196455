"""Writing down what endpoints are to be told, in the transaction that makes it true."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import islice

from sqlalchemy import insert, select

from flashsms import queue
from flashsms.extensions import db, on_commit
from flashsms.models import EventType, WebhookEndpoint, WebhookEvent, now
from flashsms.models.base import new_public_ids

Data = Mapping[str, object]
Told = tuple[int, EventType, Data]  # the endpoint's id, and what it is told

_AT_ONCE = 5000  # events in one statement


def emit(account_id: int, type: EventType, happened: Sequence[Data]) -> None:
    """Tell the account's endpoints that chose this type; in the caller's transaction.

    `happened` is the `data` of each event: what JSON can say, times aware. Costs one short look-up
    where nobody listens.
    """
    emit_each(type, {account_id: happened})


def emit_each(type: EventType, happened: Mapping[int, Sequence[Data]]) -> None:
    """Do the same for several accounts (by id) with one look-up."""
    listening = _listening([account_id for account_id, some in happened.items() if some], type)
    write(
        (endpoint_id, type, data)
        for account_id, endpoint_ids in listening.items()
        for endpoint_id in endpoint_ids
        for data in happened[account_id]
    )


def write(told: Iterable[Told]) -> None:
    """Write events down, and have them delivered after the commit."""
    some = iter(told)
    while chunk := list(islice(some, _AT_ONCE)):
        db.session.execute(insert(WebhookEvent), list(_rows(chunk)))
        on_commit(queue.enqueue_webhooks)


def _listening(account_ids: Collection[int], type: EventType) -> dict[int, list[int]]:
    """Return the ids of the endpoints that chose a type, by account."""
    if not account_ids:
        return {}
    found = db.session.execute(
        select(WebhookEndpoint.account_id, WebhookEndpoint.id, WebhookEndpoint.event_names).where(
            WebhookEndpoint.account_id.in_(account_ids), WebhookEndpoint.deleted_at.is_(None)
        )
    )
    listening = defaultdict(list)
    for account_id, id, names in found:
        if type in names.split():
            listening[account_id].append(id)
    return listening


def _rows(told: Sequence[Told]) -> Iterator[dict[str, object]]:
    moment = now()
    for public_id, (endpoint_id, type, data) in zip(
        new_public_ids("evt_", len(told)), told, strict=True
    ):
        yield {
            "public_id": public_id,
            "endpoint_id": endpoint_id,
            "type": type.value,
            "data": data,
            "created_at": moment,
        }
