"""Who is asking: an API key in a header, and what that key may do."""

import functools
import re
from collections.abc import Callable
from typing import ParamSpec, Protocol, cast

from flask import Response, current_app, g, request

from flashsms.api.errors import Refusal
from flashsms.api.throttle import Throttle
from flashsms.models import ApiKey, Scope
from flashsms.services import audit, keys
from flashsms.services.accounts import Suspended
from flashsms.services.audit import Actor

_P = ParamSpec("_P")
_BEARER = re.compile(r"bearer ([\x21-\x7e]+)", re.IGNORECASE)
_BARE = re.compile(r"[\x21-\x7e]+")
_HOW = "Send `Authorization: Bearer bms_live_...` or `X-API-Key: bms_live_...`."


class Guarded(Protocol[_P]):
    """A view that a key needs `required_scope` for."""

    required_scope: Scope

    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> Response: ...


def scope(required: Scope) -> Callable[[Callable[_P, Response]], Guarded[_P]]:
    """Let only keys with the scope `required` reach the view, at most so often a minute."""

    def decorate(view: Callable[_P, Response]) -> Guarded[_P]:
        @functools.wraps(view)
        def guarded(*args: _P.args, **kwargs: _P.kwargs) -> Response:
            g.key = _authenticate()
            audit.act_as(Actor(f"API key {g.key.name}", request.remote_addr))
            _count()
            _check_standing()
            _check_scope(required)
            return view(*args, **kwargs)

        found = cast(Guarded[_P], guarded)
        found.required_scope = required
        return found

    return decorate


def current_key() -> ApiKey:
    """Return the key that this request came with."""
    key: ApiKey = g.key
    return key


def _authenticate() -> ApiKey:
    key = keys.recognise(_secret())
    if key is None:
        raise _unauthorized(
            "key_invalid",
            "This API key is unknown, revoked or expired. Make a new one, or ask for one.",
            'Bearer realm="FlashSMS", error="invalid_token"',
        )
    return key


def _secret() -> str:
    bearer, bare = request.headers.get("Authorization"), request.headers.get("X-API-Key")
    if bearer is None and bare is None:
        raise _unauthorized("key_missing", f"This endpoint needs an API key. {_HOW}")
    found = _BARE.fullmatch(bare or "") if bearer is None else _BEARER.fullmatch(bearer)
    if found is None:
        name = "X-API-Key" if bearer is None else "Authorization"
        raise _unauthorized("key_malformed", f"The {name} header holds no readable key. {_HOW}")
    return found[found.re.groups]


def _unauthorized(code: str, sentence: str, challenge: str = 'Bearer realm="FlashSMS"') -> Refusal:
    return Refusal(401, code, sentence, {"WWW-Authenticate": challenge})


def _check_standing() -> None:
    account = current_key().account
    if account.suspended_at:
        raise Suspended(account.suspended_for)


def _count() -> None:
    throttle: Throttle = current_app.extensions["throttle"]
    key = current_key()
    g.standing = throttle.hit(key.id, key.account.rate_limit)
    if g.standing and not g.standing.allowed:
        raise Refusal(
            429,
            "rate_limited",
            f"This key made more than {g.standing.limit} requests within a minute. "
            f"Wait {g.standing.reset} seconds, then back off further with every 429.",
            {"Retry-After": str(g.standing.reset)},
        )


def _check_scope(required: Scope) -> None:
    if required not in current_key().scopes:
        raise Refusal(
            403,
            "scope_missing",
            f"This API key lacks the permission {required}. Use a key that has it, or make one.",
        )
