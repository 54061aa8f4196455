"""What can go wrong, by what a program would do about it."""

from collections.abc import Sequence


class FlashSMSError(Exception):
    """Anything that went wrong; the subclasses say what kind of thing.

    `code` is the stable word for it from the API, `message` a sentence for people, `details` all
    that is wrong where it is several things, `request_id` what to tell the operator. `status` is
    None if there was no answer. `idempotency_key` is the one that the request carried: where the
    outcome is open, the same request under the same key cannot happen twice. `retry_after` are the
    seconds to wait, where the server said so.
    """

    def __init__(
        self,
        message: str,
        *,
        status: int | None = None,
        code: str = "",
        details: Sequence[str] = (),
        request_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.details = tuple(details)
        self.request_id = request_id
        self.idempotency_key: str | None = None
        self.retry_after: float | None = None

    def __str__(self) -> str:
        known = [str(known) for known in (self.status, self.code, self.request_id) if known]
        return f"{self.message} ({', '.join(known)})" if known else self.message


class InvalidRequest(FlashSMSError):
    """The request was refused for what it says; the message names the field. Nothing was stored."""


class Unauthorized(FlashSMSError):
    """The API key is missing, unknown, revoked or expired."""


class InsufficientCredits(FlashSMSError):
    """The account has too few credits. Nothing was sent or charged."""


class Forbidden(FlashSMSError):
    """The API key lacks a permission, or the account is suspended."""


class NotFound(FlashSMSError):
    """The account has nothing with this id."""


class Conflict(FlashSMSError):
    """The Idempotency-Key was used for another request, or something else stands in the way."""


class RateLimited(FlashSMSError):
    """The key asked too often; see `retry_after`."""


class ServerError(FlashSMSError):
    """The server broke. Whether it did what was asked is open."""


class ConnectionFailed(FlashSMSError):
    """There was no answer. If `sent`, whether the server did what was asked is open."""

    sent = True


class TimedOut(ConnectionFailed):
    """There was no answer in time."""


class BadAnswer(FlashSMSError):
    """The answer is not one of FlashSMS; check the base URL."""


class BadSignature(FlashSMSError):
    """A webhook was not signed with this secret, was changed on its way, or is too old."""


BY_STATUS: dict[int, type[FlashSMSError]] = {
    401: Unauthorized,
    402: InsufficientCredits,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    429: RateLimited,
}
