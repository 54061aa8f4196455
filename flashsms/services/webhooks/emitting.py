"""Writing down what endpoints are to be told, in the transaction that makes it true."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from sqlalchemy import insert, select

from flashsms.extensions import db
from flashsms.models import EventType, WebhookEndpoint, WebhookEvent, now
from flashsms.models.base import new_public_ids

Data = Mapping[str, object]


def emit(account_id: int, type: EventType, happened: Sequence[Data]) -> None:
    """Tell the account's endpoints that chose this type; in the caller's transaction.

    `happened` is the `data` of each event: what JSON can say, times aware. Costs one short look-up
    where nobody listens.
    """
    endpoint_ids = _listening(account_id, type) if happened else []
    if not endpoint_ids:
        return
    db.session.execute(insert(WebhookEvent), _rows(endpoint_ids, type, happened))


def _listening(account_id: int, type: EventType) -> list[int]:
    found = db.session.execute(
        select(WebhookEndpoint.id, WebhookEndpoint.event_names).where(
            WebhookEndpoint.account_id == account_id, WebhookEndpoint.deleted_at.is_(None)
        )
    )
    return [id for id, names in found if type in names.split()]


def _rows(
    endpoint_ids: Collection[int], type: EventType, happened: Iterable[Data]
) -> list[dict[str, object]]:
    pairs = [(endpoint_id, data) for endpoint_id in endpoint_ids for data in happened]
    ids, moment = new_public_ids("evt_", len(pairs)), now()
    return [
        {
            "public_id": public_id,
            "endpoint_id": endpoint_id,
            "type": type.value,
            "data": data,
            "created_at": moment,
        }
        for public_id, (endpoint_id, data) in zip(ids, pairs, strict=True)
    ]
