"""API keys: made, recognised, revoked."""

import hashlib
import secrets
from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from flashsms.extensions import db, transaction
from flashsms.models import ApiKey, Scope, now
from flashsms.models.rows import change
from flashsms.services.errors import DomainError, NotFound

PREFIX = "bms_live_"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_USE_RECORDED_EVERY = timedelta(minutes=1)


def create(
    account_id: int,
    name: str,
    scopes: Collection[str] = (),
    expires_at: datetime | None = None,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its secret, which is shown only now; no scope means all."""
    unknown = sorted(set(scopes) - set(Scope))
    if unknown:
        raise DomainError(
            "bad_scope", f"scope {unknown[0]!r} does not exist; choose from {', '.join(Scope)}."
        )
    if not 1 <= len(name.strip()) <= 80:
        raise DomainError("bad_name", "name must have 1 to 80 characters.")
    secret = PREFIX + "".join(secrets.choice(_ALPHABET) for _ in range(32))
    with transaction():
        key = ApiKey(
            account_id=account_id,
            name=name.strip(),
            hash=_hash(secret),
            hint=f"{PREFIX}…{secret[-4:]}",
            scope_names=" ".join(scope for scope in Scope if scope in scopes or not scopes),
            expires_at=expires_at,
        )
        db.session.add(key)
        db.session.flush()
    return key, secret


def recognise(secret: str) -> ApiKey | None:
    """Return the key with this secret if it is neither revoked nor expired, and note its use."""
    key = db.session.scalar(select(ApiKey).where(ApiKey.hash == _hash(secret)))
    moment = now()
    if key is None or key.revoked_at or (key.expires_at and key.expires_at <= moment):
        return None
    if key.last_used_at is None or key.last_used_at <= moment - _USE_RECORDED_EVERY:
        _record_use(key, moment)
    return key


def revoke(account_id: int, public_id: str) -> None:
    """Make a key useless at once; raises NotFound when the account has no such working key."""
    with transaction():
        revoked = change(
            update(ApiKey)
            .where(
                ApiKey.public_id == public_id,
                ApiKey.account_id == account_id,
                ApiKey.revoked_at.is_(None),
            )
            .values(revoked_at=now())
        )
        if revoked.rowcount == 0:
            raise NotFound("key_unknown", f"There is no working key {public_id}.")


def _record_use(key: ApiKey, moment: datetime) -> None:
    with transaction():
        long_ago = moment - _USE_RECORDED_EVERY
        due = or_(ApiKey.last_used_at.is_(None), ApiKey.last_used_at <= long_ago)
        change(update(ApiKey).where(ApiKey.id == key.id, due).values(last_used_at=moment))


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
