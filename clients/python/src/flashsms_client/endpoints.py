"""Webhooks: the addresses that FlashSMS tells what happens, and what it told them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from flashsms_client.calls import Caller, segment
from flashsms_client.pages import walk
from flashsms_client.reading import given, read, read_list


@dataclass(frozen=True, slots=True)
class Webhook:
    """An address and the events that it is told of. `secret` is shown when it is made."""

    id: str
    url: str
    description: str | None
    events: tuple[str, ...]
    created_at: datetime
    secret: str | None = None


@dataclass(frozen=True, slots=True)
class Delivery:
    """Some events on their way to a webhook: PENDING, DELIVERED or FAILED."""

    id: str
    status: str
    created_at: datetime


class Webhooks:
    """The account's webhooks."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> tuple[Webhook, ...]:
        """List the webhooks."""
        return read_list(Webhook, self._caller.get("webhooks"), "webhooks")

    def create(
        self,
        url: str,
        events: Sequence[str],
        *,
        description: str | None = None,
        idempotency_key: str | None = None,
    ) -> Webhook:
        """Tell an address of some events from now on; keep the `secret` of the answer."""
        body = given(url=url, events=events, description=description)
        return read(Webhook, self._caller.create("webhooks", body, idempotency_key))

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
    ) -> Webhook:
        """Change what is given of a webhook."""
        body = given(url=url, events=events, description=description)
        return read(Webhook, self._caller.change(_path(webhook_id), body))

    def delete(self, webhook_id: str) -> None:
        """Forget a webhook, and what waits for it."""
        self._caller.delete(_path(webhook_id))

    def test(self, webhook_id: str) -> None:
        """Send a test event."""
        self._caller.act(f"{_path(webhook_id)}/test")

    def rotate_secret(self, webhook_id: str) -> Webhook:
        """Make a new secret; the one before signs too for 24 hours."""
        return read(Webhook, self._caller.act(f"{_path(webhook_id)}/rotate-secret"))

    def deliveries(self, webhook_id: str) -> Iterator[Delivery]:
        """Go through what was told, newest first."""
        return walk(self._caller, f"{_path(webhook_id)}/deliveries", "deliveries", Delivery)

    def replay(self, webhook_id: str, delivery_id: str) -> None:
        """Tell something again."""
        self._caller.act(f"{_path(webhook_id)}/deliveries/{segment(delivery_id)}/replay")


def _path(webhook_id: str) -> str:
    return f"webhooks/{segment(webhook_id)}"
