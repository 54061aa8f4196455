"""Secrets made from SECRET_KEY: what lies in the database is encrypted, tokens are derived."""

import base64
import hmac
import logging
from functools import lru_cache
from typing import TYPE_CHECKING

from flask import current_app

if TYPE_CHECKING:
    from cryptography.fernet import Fernet

log = logging.getLogger(__name__)


def seal(purpose: str, secret: str) -> str:
    """Encrypt a secret; only `unseal` with the same purpose reads it."""
    return _fernet(current_app.config["SECRET_KEY"], purpose).encrypt(secret.encode()).decode()


def unseal(purpose: str, sealed: str) -> str | None:
    """Return what was sealed; None, and a line in the log, when SECRET_KEY is not the same."""
    from cryptography.fernet import InvalidToken

    try:
        return _fernet(current_app.config["SECRET_KEY"], purpose).decrypt(sealed.encode()).decode()
    except InvalidToken:
        _complain(purpose, sealed)
        return None


def token(purpose: str, subject: str) -> str:
    """Return the secret of a subject, the same as long as SECRET_KEY is; fit for addresses."""
    key = current_app.config["SECRET_KEY"].encode()
    digest = hmac.digest(key, f"token\0{purpose}\0{subject}".encode(), "sha256")
    return base64.urlsafe_b64encode(digest).decode().rstrip("=")


@lru_cache(maxsize=256)
def _complain(purpose: str, sealed: str) -> None:
    """Say it once for each secret: senders read those of carriers with every batch."""
    log.error("A %s cannot be read: SECRET_KEY is not the one it was stored with.", purpose)


@lru_cache(maxsize=8)
def _fernet(secret_key: str, purpose: str) -> "Fernet":
    from cryptography.fernet import Fernet  # ten megabytes, for those who use it

    key = hmac.digest(secret_key.encode(), purpose.encode(), "sha256")
    return Fernet(base64.urlsafe_b64encode(key))
