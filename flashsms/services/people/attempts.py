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

# By e-mail alone much is let through: a stranger shall not easily lock somebody out.
SIGN_IN = RateLimitItemPerMinute(10, 15, "sign-in")  # of an e-mail, from an address
SIGN_IN_BY_ADDRESS = RateLimitItemPerMinute(20, 15, "sign-in-address")
SIGN_IN_BY_EMAIL = RateLimitItemPerMinute(100, 15, "sign-in-email")
PASSWORD = RateLimitItemPerMinute(10, 15, "password")  # asked for again while signed in
CODE = RateLimitItemPerMinute(10, 15, "code")
RESET = RateLimitItemPerHour(5, 1, "reset")  # of an e-mail, from an address
RESET_BY_ADDRESS = RateLimitItemPerHour(20, 1, "reset-address")
RESET_BY_EMAIL = RateLimitItemPerHour(20, 1, "reset-email")
INVITATION_MAIL = RateLimitItemPerHour(30, 1, "invitation-mail")

log = logging.getLogger(__name__)


class TooManyAttempts(DomainError):
    """Somebody tries more often than a person would."""

    status = 429

    def __init__(self, limit: RateLimitItem) -> None:
        minutes = limit.get_expiry() // 60
        sentence = f"Too many attempts. Wait {minutes} minutes and try again."
        super().__init__("too_many_attempts", sentence)


def sign_up(most: int) -> RateLimitItem:
    """Return the limit of accounts that are opened in an hour."""
    return RateLimitItemPerHour(most, 1, "sign-up")


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


def take_back(limit: RateLimitItem, who: str) -> None:
    """Uncount an attempt of `who` that turned out to be none to worry about.

    It was counted first so that many at once cannot all find room.
    """
    try:
        counter = _counter()
        key = cast(RedisStorage, counter.storage).prefixed_key(limit.key_for(_hidden(who)))
        queue.redis().lpop(key)
    except RedisError as error:
        log.warning("Redis is away, so an attempt was not taken back: %s", error)


def forget(limit: RateLimitItem, who: str) -> None:
    """Let `who`, having succeeded, begin anew."""
    try:
        _counter().clear(limit, _hidden(who))
    except RedisError as error:
        log.warning("Redis is away, so attempts were not forgotten: %s", error)


def check_sign_in(email: str, address: str) -> None:
    """Count an attempt to sign in as wrong until it proves right, or raise TooManyAttempts."""
    check(SIGN_IN, together(email, address))
    check(SIGN_IN_BY_ADDRESS, network(address))
    check(SIGN_IN_BY_EMAIL, email)


def take_back_sign_in(email: str, address: str) -> None:
    """Uncount an attempt to sign in that proved right, but for this e-mail from this address."""
    take_back(SIGN_IN_BY_ADDRESS, network(address))
    take_back(SIGN_IN_BY_EMAIL, email)


def has_room_for_reset(email: str, address: str) -> bool:
    """Count that somebody asks for a new password, and return whether there was room."""
    return (
        has_room(RESET, together(email, address))
        and has_room(RESET_BY_ADDRESS, network(address))
        and has_room(RESET_BY_EMAIL, email)
    )


def together(email: str, address: str) -> str:
    """Return what to count the attempts at an e-mail from one place by."""
    return f"{network(address)} {email}"


def network(address: str) -> str:
    """Return what to count an IP address by: a home has one of IPv4, and 2**64 of IPv6."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return address
    if found.ipv4_mapped:  # how a socket of both kinds writes an address of IPv4
        return str(found.ipv4_mapped)
    return str(ipaddress.ip_network((found, 64), strict=False))


def _counter() -> MovingWindowRateLimiter:
    extensions = current_app.extensions
    if "attempts" not in extensions:
        storage = RedisStorage("redis://", connection_pool=queue.redis().connection_pool)
        extensions["attempts"] = MovingWindowRateLimiter(storage)
    return cast(MovingWindowRateLimiter, extensions["attempts"])


def _hidden(who: str) -> str:
    """Return a short key for whatever was typed, which is nobody's business in Redis."""
    return hashlib.sha256(who.encode("utf-8", "surrogatepass")).hexdigest()
