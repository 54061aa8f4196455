"""API keys: made, recognised, revoked."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import or_, select, update

from flashsms.extensions import db, transaction
from flashsms.models import ApiKey, Scope, now
from flashsms.models.rows import change
from flashsms.services import audit, idempotency
from flashsms.services.audit import Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound

PREFIX = "bms_live_"
TEST_PREFIX = "bms_test_"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_USE_RECORDED_EVERY = timedelta(minutes=1)
_LONGEST_NAME = 80
_LONGEST_LIFE = timedelta(days=3653)  # ten years: what lasts longer does not end


class State(StrEnum):
    """Whether a key opens anything, and if not, why."""

    WORKING = "WORKING"
    EXPIRED = "EXPIRED"
    REVOKED = "REVOKED"


def state(key: ApiKey) -> State:
    """Return how a key stands now."""
    if key.revoked_at:
        return State.REVOKED
    return State.EXPIRED if key.expires_at and key.expires_at <= now() else State.WORKING


def newest(account_id: int, limit: int, before: str | None = None) -> list[ApiKey]:
    """Return `limit` keys, the newest first, or those made before the one with this id.

    Raises NotFound when the account has no such key.
    """
    query = select(ApiKey).where(ApiKey.account_id == account_id)
    if before is not None:
        query = query.where(ApiKey.id < _id_of(account_id, before))
    return list(db.session.scalars(query.order_by(ApiKey.id.desc()).limit(limit)))


def create(
    account_id: int,
    name: str,
    scopes: Collection[str] = (),
    expires_at: datetime | None = None,
    *,
    is_test: bool = False,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is shown only now; no scope means all.

    What one that `is_test` sends reaches nobody and costs nothing. An operator may make one that
    has expired already. Raises DomainError bad_scope or bad_name.
    """
    unknown = sorted(set(scopes) - set(Scope))
    if unknown:
        raise DomainError(
            "bad_scope", f"scope {unknown[0]!r} does not exist; choose from {', '.join(Scope)}."
        )
    wanted = _checked_name(name)
    prefix = TEST_PREFIX if is_test else PREFIX
    secret = prefix + "".join(secrets.choice(_ALPHABET) for _ in range(32))
    with transaction():
        key = ApiKey(
            account_id=account_id,
            name=wanted,
            hash=_hash(secret),
            hint=f"{prefix}…{secret[-4:]}",
            scope_names=" ".join(scope for scope in Scope if scope in scopes or not scopes),
            is_test=is_test,
            expires_at=expires_at,
        )
        db.session.add(key)
        db.session.flush()
        given = {"scopes": key.scope_names, "hint": key.hint, **_said(is_test)}
        audit.record(Action.KEY_CREATED, key.name, account_id, after=given)
    return key, secret


def create_once(
    account_id: int,
    attempt: str,
    name: str,
    scopes: Collection[str],
    expires_at: datetime | None,
    *,
    is_test: bool = False,
) -> tuple[ApiKey, str] | None:
    """Do the same for a form, or return None when this attempt of it made a key already.

    Raises bad_expiry, too, unless `expires_at` is still to come, within ten years.
    """
    if expires_at and not now() < expires_at <= now() + _LONGEST_LIFE:
        raise DomainError("bad_expiry", "expiry must be a day from today on, within ten years.")
    made: list[tuple[ApiKey, str]] = []

    def act() -> str:
        made.append(create(account_id, name, scopes, expires_at, is_test=is_test))
        return made[0][0].public_id

    idempotency.once(account_id, f"api-key {attempt}", "create an API key", act)
    return made[0] if made else None


def recognise(secret: str) -> ApiKey | None:
    """Return the key with this secret if it is neither revoked nor expired, and note its use."""
    key = db.session.scalar(select(ApiKey).where(ApiKey.hash == _hash(secret)))
    moment = now()
    if key is None or state(key) is not State.WORKING:
        return None
    if key.last_used_at is None or key.last_used_at <= moment - _USE_RECORDED_EVERY:
        _record_use(key, moment)
    return key


def revoke(account_id: int, public_id: str) -> None:
    """Make a key useless at once; raises NotFound when the account has no such working key."""
    with transaction():
        revoked = db.session.execute(
            update(ApiKey)
            .where(
                ApiKey.public_id == _comparable(public_id),
                ApiKey.account_id == account_id,
                ApiKey.revoked_at.is_(None),
            )
            .values(revoked_at=now())
            .returning(ApiKey.name, ApiKey.is_test),
            execution_options={"synchronize_session": False},
        ).one_or_none()
        if revoked is None:
            raise NotFound("key_unknown", f"There is no working key {public_id[:40]}.")
        audit.record(
            Action.KEY_REVOKED, revoked.name, account_id, before=_said(revoked.is_test) or None
        )


def _said(is_test: bool) -> dict[str, bool]:
    """Return what the audit log says of the kind of a key: nothing of one that sends."""
    return {"test": True} if is_test else {}


def _id_of(account_id: int, public_id: str) -> int:
    found = db.session.scalar(
        select(ApiKey.id).where(
            ApiKey.account_id == account_id, ApiKey.public_id == _comparable(public_id)
        )
    )
    if found is None:
        raise NotFound("key_unknown", "There is no such key.")
    return found


def _comparable(public_id: str) -> str:
    """Return the id, or nothing when PostgreSQL would not even compare with it."""
    return public_id if public_id.isprintable() else ""


def _checked_name(given: str) -> str:
    try:
        name = line("name", given, _LONGEST_NAME)
    except DomainError as error:
        raise DomainError("bad_name", error.sentence) from error
    if name is None:
        raise DomainError("bad_name", f"name must have 1 to {_LONGEST_NAME} characters.")
    return name


def _record_use(key: ApiKey, moment: datetime) -> None:
    with transaction():
        long_ago = moment - _USE_RECORDED_EVERY
        due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= long_ago)
        change(update(ApiKey).where(ApiKey.id == key.id, due).values(last_used_at=moment))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
