"""Webhooks: the addresses that FlashSMS tells what happens, and what it told them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from flashsms_client.calls import Caller, segment
from flashsms_client.pages import walk
from flashsms_client.reading import given, read, read_list

_DELIVERIES = 100  # of a page


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address and the events that it is told of.

    One that is `paused` keeps what waits for it. `failures` counts the attempts in vain since the
    last success, which began at `failing_since`.
    """

    id: str
    url: str
    description: str | None
    events: tuple[str, ...]
    paused: bool
    paused_reason: str | None
    failures: int
    failing_since: datetime | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class NewWebhook(Webhook):
    """A webhook that was just made, with the `secret` that its requests are signed with."""

    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RotatedWebhook(NewWebhook):
    """A webhook with another `secret`; the one before signs too for a while."""

    old_secret_valid_until: datetime


@dataclass(frozen=True, slots=True)
class Trial:
    """A test event that waits for its webhook."""

    webhook_id: str
    event_id: str
    type: str


@dataclass(frozen=True, slots=True)
class Attempt:
    """One request to a webhook: its answer's status, or why there was none."""

    sent_at: datetime
    milliseconds: int
    status_code: int | None
    error: str | None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Some events in one request, which is the same in each attempt.

    `status` is PENDING, DELIVERED or FAILED, `events` the types of its `event_count` events.
    """

    id: str
    status: str
    events: tuple[str, ...]
    event_count: int
    attempts: int
    created_at: datetime
    delivered_at: datetime | None
    last_attempt: Attempt | None = None


class Webhooks:
    """The account's webhooks."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> tuple[Webhook, ...]:
        """List the webhooks, the oldest first."""
        return read_list(Webhook, self._caller.get("webhooks"), "webhooks")

    def create(
        self,
        url: str,
        events: Sequence[str],
        *,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> NewWebhook:
        """Tell an address of some events from now on; the `secret` is shown only now."""
        body = given(url=url, events=events, description=description)
        return read(NewWebhook, self._caller.create("webhooks", body, idempotency_key))

    def get(self, webhook_id: str) -> Webhook:
        """Show a webhook."""
        return read(Webhook, self._caller.get(_path(webhook_id)))

    def update(
        self,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] | None = None,
        description: str | None = None,
        paused: bool | None = None,
    ) -> Webhook:
        """Change what is given of a webhook; `paused=False` lets it go on."""
        body = given(url=url, events=events, description=description, paused=paused)
        return read(Webhook, self._caller.change(_path(webhook_id), body))

    def delete(self, webhook_id: str) -> None:
        """Delete a webhook, what waits for it and what it was told."""
        self._caller.delete(_path(webhook_id))

    def test(self, webhook_id: str) -> Trial:
        """Tell a webhook of a test, whatever events it chose."""
        return read(Trial, self._caller.act(f"{_path(webhook_id)}/test"))

    def rotate_secret(
        self, webhook_id: str, *, idempotency_key: str | None = None
    ) -> RotatedWebhook:
        """Make another secret, shown only now; the one before signs too for a while."""
        path = f"{_path(webhook_id)}/rotate-secret"
        return read(RotatedWebhook, self._caller.create(path, {}, idempotency_key))

    def deliveries(self, webhook_id: str) -> Iterator[Delivery]:
        """Go through what a webhook was told, newest first."""
        path = f"{_path(webhook_id)}/deliveries"
        return walk(self._caller, path, "deliveries", Delivery, limit=_DELIVERIES)

    def replay(self, webhook_id: str, delivery_id: str) -> Delivery:
        """Send a delivery once more, as it was."""
        path = f"{_path(webhook_id)}/deliveries/{segment(delivery_id)}/replay"
        return read(Delivery, self._caller.act(path))


def _path(webhook_id: str) -> str:
    return f"webhooks/{segment(webhook_id)}"
