"""The second factor: codes of an authenticator app, and recovery codes for who lost it."""

import hashlib
import re
import secrets
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, func, insert, or_, select, update

from flashsms.extensions import db, transaction
from flashsms.models import RecoveryCode, User, now
from flashsms.models.rows import change
from flashsms.services import audit, vault
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError
from flashsms.services.people import attempts, passwords

RECOVERY_CODES = 10
_ISSUER = "FlashSMS"
_PURPOSE = "second-factor"  # of the sealed secrets
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # nothing that reads like something else


@dataclass(frozen=True, slots=True)
class Enrolment:
    """What an authenticator app needs: `secret` to type, `uri` to open, `svg` (markup) to scan."""

    secret: str
    uri: str
    svg: str


def begin(user: User) -> Enrolment:
    """Make a secret for an app; nothing is asked for until `confirm` has seen its first code.

    Beginning again makes another secret. Raises DomainError second_factor_on.
    """
    secret = pyotp.random_base32()
    with transaction():
        begun = change(
            update(User)
            .where(User.id == user.id, User.second_factor_since.is_(None))
            .values(second_factor_secret=_encrypted(secret), second_factor_step=None)
        )
        if begun.rowcount == 0:
            raise _already_on()
    return _enrolment(user, secret)


def resume(user: User) -> Enrolment | None:
    """Return what was begun and waits for its first code; None when nothing does."""
    waiting = (User.id == user.id, User.second_factor_since.is_(None))
    stored = db.session.scalar(select(User.second_factor_secret).where(*waiting))
    secret = _decrypted(stored) if stored else None
    return _enrolment(user, secret) if secret else None


def confirm(user: User, code: str) -> list[str]:
    """Ask for codes from now on, having seen the first, and return ten recovery codes.

    They are shown only now, and each works once. Every session, begun with a password alone, ends;
    `user` is ready for a new one. Raises DomainError bad_code, second_factor_on,
    second_factor_missing (not begun) or too_many_attempts.
    """
    attempts.check(attempts.CODE, user.public_id)
    stored, since = _stored(user)
    if since:
        raise _already_on()
    step = _step_of(_cleaned(code), stored)
    if step is None:
        raise _bad_code()
    codes = [_new_recovery_code() for _ in range(RECOVERY_CODES)]
    with transaction():
        if not _switch_on(user, stored, step):  # begun anew or confirmed in another tab
            raise _bad_code()
        _replace_recovery_codes(user, codes)
        audit.record(Action.SECOND_FACTOR_ON, user.email, user.account_id)
    _refresh(user)
    return codes


def verify(user: User, code: str) -> None:
    """Use up a code of the app, or a recovery code; spaces, dashes and capitals do not matter.

    A code of the app may be 30 seconds early or late. Raises DomainError bad_code (wrong, or used
    before), second_factor_missing or too_many_attempts.
    """
    attempts.check(attempts.CODE, user.public_id)
    typed = _cleaned(code)
    if not (_use_step(user, typed) or _use_recovery_code(user, typed)):
        raise _bad_code()
    attempts.forget(attempts.CODE, user.public_id)


def switch_off(user: User, password: str) -> None:
    """Ask for no codes any more. Raises DomainError wrong_password or too_many_attempts."""
    passwords.confirm(user, password)
    with transaction():
        change(
            update(User)
            .where(User.id == user.id)
            .values(second_factor_secret=None, second_factor_since=None, second_factor_step=None)
        )
        change(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
        audit.record(Action.SECOND_FACTOR_OFF, user.email, user.account_id)
    _refresh(user)


def codes_left(user: User) -> int:
    """Return how many recovery codes of the user were not used yet."""
    unused = (RecoveryCode.user_id == user.id, RecoveryCode.used_at.is_(None))
    return db.session.scalar(select(func.count()).select_from(RecoveryCode).where(*unused)) or 0


def _switch_on(user: User, stored: str, step: int) -> bool:
    switched = change(
        update(User)
        .where(User.id == user.id, User.second_factor_since.is_(None))
        .where(User.second_factor_secret == stored)
        .values(
            second_factor_since=now(),
            second_factor_step=step,
            session_version=User.session_version + 1,
        )
    )
    return switched.rowcount == 1


def _use_step(user: User, typed: str) -> bool:
    stored, since = _stored(user)
    step = _step_of(typed, stored) if since else None
    if step is None:
        return False
    newer = or_(User.second_factor_step.is_(None), User.second_factor_step < step)
    with transaction():
        used = change(
            update(User)
            .where(User.id == user.id, User.second_factor_secret == stored, newer)
            .values(second_factor_step=step)
        )
        return used.rowcount == 1


def _use_recovery_code(user: User, typed: str) -> bool:
    with transaction():
        used = change(
            update(RecoveryCode)
            .where(RecoveryCode.user_id == user.id, RecoveryCode.hash == _hash(typed))
            .where(RecoveryCode.used_at.is_(None))
            .values(used_at=now())
        )
        return used.rowcount == 1


def _stored(user: User) -> tuple[str, bool]:
    """Return the encrypted secret, and whether codes are asked for, as the database has them."""
    row = db.session.execute(
        select(User.second_factor_secret, User.second_factor_since).where(User.id == user.id)
    ).one_or_none()
    if row is None or row[0] is None:
        raise DomainError(
            "second_factor_missing", "No authenticator app is set up. Begin again in the settings."
        )
    return row[0], row[1] is not None


def _step_of(typed: str, stored: str) -> int | None:
    """Return which half minute a code belongs to: this one, or the one before or after it."""
    secret = _decrypted(stored)
    if secret is None:
        return None
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(typed, valid_window=1)
    except pyotp.OTPVerificationError:
        return None


def _replace_recovery_codes(user: User, codes: list[str]) -> None:
    change(delete(RecoveryCode).where(RecoveryCode.user_id == user.id))
    rows = [{"user_id": user.id, "hash": _hash(_cleaned(code))} for code in codes]
    db.session.execute(insert(RecoveryCode), rows)


def _new_recovery_code() -> str:
    """Four times four characters: nearly 80 bits, which need no slow hash."""
    return "-".join("".join(secrets.choice(_ALPHABET) for _ in range(4)) for _ in range(4))


def _hash(code: str) -> str:
    return hashlib.sha256(code.encode()).hexdigest()


def _cleaned(code: str) -> str:
    return re.sub(r"[^0-9a-z]", "", code.lower())


def _encrypted(secret: str) -> str:
    return vault.seal(_PURPOSE, secret)


def _decrypted(stored: str) -> str | None:
    return vault.unseal(_PURPOSE, stored)


def _enrolment(user: User, secret: str) -> Enrolment:
    uri = pyotp.TOTP(secret, name=user.email, issuer=_ISSUER).provisioning_uri()
    return Enrolment(secret, uri, _qr_code(uri))


def _qr_code(uri: str) -> str:
    import segno  # slow to import, and rarely needed

    return segno.make(uri, micro=False).svg_inline(scale=4, light="#fff", title="QR code")


def _refresh(user: User) -> None:
    """Let the session's own object know: the statements above went past it."""
    db.session.get(User, user.id, populate_existing=True)


def _already_on() -> DomainError:
    return DomainError(
        "second_factor_on", "An authenticator app is set up already. Switch it off first."
    )


def _bad_code() -> DomainError:
    return DomainError(
        "bad_code", "code is not right, or was used already. Enter the one that shows now."
    )
