"""Requests that may come twice and must happen once: the first answer is kept and given again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, select, update

from flashsms.extensions import db, transaction
from flashsms.models import IdempotencyKey, now
from flashsms.models.rows import change, insert
from flashsms.services.errors import Conflict, DomainError

KEPT = timedelta(hours=24)
_SWEPT_AFTER = KEPT + timedelta(hours=1)  # never while a request is just reading an old answer
_LONGEST = 255  # characters of a key


@dataclass(frozen=True, slots=True)
class Answer:
    """The `body` of an answer, and whether it was `replayed` from an earlier request."""

    body: str
    replayed: bool


def once(
    account_id: int, key: str | None, request: str, act: Callable[[], str], *, apart: str = ""
) -> Answer:
    """Run `act` and keep its answer under `key`, or give the answer kept within 24 hours.

    `request` is what the key stands for, written the same way each time. One transaction with what
    `act` does: requests that come at the same moment wait for each other, and when `act` raises
    nothing is kept. Without a key `act` just runs. A key that stands `apart` is another one.
    Raises Conflict when the key stands for another request.
    """
    if key is None:
        return Answer(act(), replayed=False)
    _check(key)
    request_hash = hashlib.sha256(request.encode()).hexdigest()
    with transaction():
        kept_as = _apart(apart, key) if apart else key
        claim = _claim(account_id, kept_as, request_hash)
        if claim is None:
            return Answer(_kept(account_id, kept_as, key, request_hash), replayed=True)
        body = act()
        change(update(IdempotencyKey).where(IdempotencyKey.id == claim).values(answer=body))
    return Answer(body, replayed=False)


def _apart(where: str, key: str) -> str:
    """Return what a key is kept as that stands apart; it may be as long as the column is.

    No key that is given has a control character, so none is kept as the same.
    """
    return f"{where}\x1f{hashlib.sha256(key.encode()).hexdigest()}"


def forget_old() -> None:
    """Delete the answers that are no longer given again."""
    with transaction():
        change(delete(IdempotencyKey).where(IdempotencyKey.created_at <= now() - _SWEPT_AFTER))


def _check(key: str) -> None:
    if not 1 <= len(key) <= _LONGEST or not key.isprintable():
        raise DomainError(
            "bad_idempotency_key",
            f"Idempotency-Key must have 1 to {_LONGEST} characters and no control characters, "
            "such as a UUID.",
        )


def _claim(account_id: int, key: str, request_hash: str) -> int | None:
    """Write the key down and return its row, or None when it stands for a request already.

    A row that another transaction is writing is waited for; an expired one is written over.
    """
    moment = now()
    row = insert(IdempotencyKey).values(
        account_id=account_id, key=key, request_hash=request_hash, created_at=moment
    )
    claimed: int | None = db.session.scalar(
        row.on_conflict_do_update(
            index_elements=[IdempotencyKey.account_id, IdempotencyKey.key],
            set_={"request_hash": request_hash, "answer": None, "created_at": moment},
            where=IdempotencyKey.created_at <= moment - KEPT,
        ).returning(IdempotencyKey.id)
    )
    return claimed


def _kept(account_id: int, kept_as: str, key: str, request_hash: str) -> str:
    kept_hash, answer = db.session.execute(
        select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(
            IdempotencyKey.account_id == account_id, IdempotencyKey.key == kept_as
        )
    ).one()
    if kept_hash != request_hash or answer is None:
        raise Conflict(
            "idempotency_key_reused",
            f"Idempotency-Key {key[:40]!r} was used for another request within the last 24 hours. "
            "Use a new key for each new request.",
        )
    return str(answer)
