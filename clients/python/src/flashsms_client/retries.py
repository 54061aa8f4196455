"""When to send a request again, and how long to wait before."""

import random

from flashsms_client.errors import ConnectionFailed, FlashSMSError, RateLimited, ServerError

FIRST = 0.5  # seconds; doubles with each attempt
LONGEST = 8.0
PATIENCE = 65.0  # a server that asks for a longer pause is not waited for; its limits are by minute
_NOT_IMPLEMENTED = 501


def pause(error: FlashSMSError, attempt: int, *, repeatable: bool) -> float | None:
    """Return the seconds to wait after `error`, or None if sending again is useless or unsafe."""
    if not _may_help(error) or (in_doubt(error) and not repeatable):
        return None
    usual = min(LONGEST, FIRST * 2**attempt) * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
    asked = error.retry_after or 0.0
    return max(asked, usual) if asked <= PATIENCE else None


def in_doubt(error: FlashSMSError) -> bool:
    """Whether the server may have done what it was asked."""
    return isinstance(error, ServerError) or (isinstance(error, ConnectionFailed) and error.sent)


def _may_help(error: FlashSMSError) -> bool:
    if isinstance(error, ServerError):
        return error.status != _NOT_IMPLEMENTED
    return isinstance(error, RateLimited | ConnectionFailed)
