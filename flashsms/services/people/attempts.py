"""How often somebody may try, counted in Redis, so that nothing can be guessed."""

import hashlib
import ipaddress
import logging
from typing import cast

from flask import current_app
from limits import RateLimitItem, RateLimitItemPerHour, RateLimitItemPerMinute
from limits.storage import RedisStorage
from limits.strategies import MovingWindowRateLimiter
from redis.exceptions import RedisError

from flashsms import queue
from flashsms.services.errors import DomainError

SIGN_IN_BY_ADDRESS = RateLimitItemPerMinute(20, 15, "sign-in-address")
SIGN_IN_BY_EMAIL = RateLimitItemPerMinute(10, 15, "sign-in-email")
PASSWORD = RateLimitItemPerMinute(10, 15, "password")  # asked for again while signed in
CODE = RateLimitItemPerMinute(10, 15, "code")
RESET_MAIL = RateLimitItemPerHour(5, 1, "reset-mail")
INVITATION_MAIL = RateLimitItemPerHour(30, 1, "invitation-mail")

log = logging.getLogger(__name__)


class TooManyAttempts(DomainError):
    """Somebody tries more often than a person would."""

    status = 429

    def __init__(self, limit: RateLimitItem) -> None:
        minutes = limit.get_expiry() // 60
        sentence = f"Too many attempts. Wait {minutes} minutes and try again."
        super().__init__("too_many_attempts", sentence)


def check(limit: RateLimitItem, who: str) -> None:
    """Count an attempt of `who`, or raise TooManyAttempts when there is no room for one more."""
    if not has_room(limit, who):
        raise TooManyAttempts(limit)


def has_room(limit: RateLimitItem, who: str) -> bool:
    """Count an attempt of `who` and return whether there was room; always, without Redis."""
    try:
        return _counter().hit(limit, _hidden(who))
    except RedisError as error:
        log.warning("Redis is away, so attempts are not limited for now: %s", error)
        return True


def forget(limit: RateLimitItem, who: str) -> None:
    """Let `who`, having succeeded, begin anew."""
    try:
        _counter().clear(limit, _hidden(who))
    except RedisError as error:
        log.warning("Redis is away, so attempts were not forgotten: %s", error)


def network(address: str) -> str:
    """Return what to count an IP address by: a home has one of IPv4, and 2**64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    return address if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


def _counter() -> MovingWindowRateLimiter:
    extensions = current_app.extensions
    if "attempts" not in extensions:
        storage = RedisStorage("redis://", connection_pool=queue.redis().connection_pool)
        extensions["attempts"] = MovingWindowRateLimiter(storage)
    return cast(MovingWindowRateLimiter, extensions["attempts"])


def _hidden(who: str) -> str:
    """Return a short key for whatever was typed, which is nobody's business in Redis."""
    return hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()
