"""Where programs are told what happens: endpoints, what waits for them, what was delivered."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy import BigInteger, ForeignKey, Index, SmallInteger, String, Text, literal_column
from sqlalchemy.orm import Mapped, mapped_column

from flashsms.models.base import Json, Model, UtcDateTime, named, now, public_id
from flashsms.models.recipient import BigId


class EventType(StrEnum):
    """What an endpoint can be told of. TEST is sent only when somebody asks for it."""

    MESSAGE_SENT = "message.sent"
    MESSAGE_COMPLETED = "message.completed"
    RECIPIENT_DELIVERED = "recipient.delivered"
    RECIPIENT_FAILED = "recipient.failed"
    RECIPIENT_OPTED_OUT = "recipient.opted_out"
    SMS_RECEIVED = "sms.received"
    BALANCE_LOW = "balance.low"
    DELIVERY_RATE_LOW = "delivery_rate.low"
    SENDER_APPROVED = "sender.approved"
    SENDER_REJECTED = "sender.rejected"
    TEST = "webhook.test"


class WebhookEndpoint(Model):
    """An address of an account's that is told of the events it chose.

    `event_names` are separated by blanks. `secret` and, until `old_secret_until`, the one before
    it are sealed (`services.vault`). One that is paused keeps what waits for it, and `paused_for`
    says why. `failures` counts the attempts in vain since the last success, which began at
    `failing_since`; `retry_at` is when the next one is due, None for at once. Whoever delivers
    to it holds it until `leased_until`, so that an endpoint has one request at a time.

    One that was deleted has `deleted_at` and is told nothing more: nobody may find, lease or write
    events for it. Its row stays until no transaction can know it as it was.
    """

    __tablename__ = "webhook_endpoints"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("whk_"))
    account_id: Mapped[int] = mapped_column(ForeignKey("accounts.id"), index=True)
    url: Mapped[str] = mapped_column(String(500))
    description: Mapped[str | None] = mapped_column(String(120))
    event_names: Mapped[str] = mapped_column(String(400))
    secret: Mapped[str] = mapped_column(Text)
    old_secret: Mapped[str | None] = mapped_column(Text)
    old_secret_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    paused_for: Mapped[str | None] = mapped_column(String(200))
    failures: Mapped[int] = mapped_column(default=0)
    failing_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    retry_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    leased_until: Mapped[datetime | None] = mapped_column(UtcDateTime)
    deleted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)

    @property
    def events(self) -> frozenset[str]:
        """The names of the events that it chose."""
        return frozenset(self.event_names.split())


class WebhookEvent(Model):
    """An event that waits for its endpoint; gone once it is in a delivery.

    It is written in the transaction that makes it true. `data` is what the endpoint is told.
    """

    __tablename__ = "webhook_events"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), default=public_id("evt_"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    type: Mapped[str] = mapped_column(String(40))
    data: Mapped[dict[str, object]] = mapped_column(Json)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class DeliveryStatus(StrEnum):
    """Where a delivery stands; one that FAILED was given up."""

    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    FAILED = "FAILED"


class WebhookDelivery(Model):
    """Some events on their way to an endpoint in one request, which is the same in each attempt.

    `public_id` is the `webhook-id` of the request and `body` its exact text. `attempts` counts
    those that were made.
    """

    __tablename__ = "webhook_deliveries"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    public_id: Mapped[str] = mapped_column(String(32), unique=True, default=public_id("dlv_"))
    endpoint_id: Mapped[int] = mapped_column(ForeignKey("webhook_endpoints.id"))
    status: Mapped[DeliveryStatus] = mapped_column(named(DeliveryStatus))
    event_count: Mapped[int]
    event_names: Mapped[str] = mapped_column(String(400))
    body: Mapped[str] = mapped_column(Text)
    attempts: Mapped[int] = mapped_column(default=0)
    first_tried_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    delivered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)


class WebhookAttempt(Model):
    """One request of a delivery and its answer.

    `status_code` is None without an answer; then `error` says why in words. `answer` is its
    beginning. `signature` is the header that was sent.
    """

    __tablename__ = "webhook_attempts"

    id: Mapped[int] = mapped_column(BigId, primary_key=True)
    delivery_id: Mapped[int] = mapped_column(ForeignKey("webhook_deliveries.id"), index=True)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime, default=now)
    milliseconds: Mapped[int] = mapped_column(BigInteger)
    status_code: Mapped[int | None] = mapped_column(SmallInteger)
    error: Mapped[str | None] = mapped_column(String(200))
    answer: Mapped[str | None] = mapped_column(String(2000))
    signature: Mapped[str] = mapped_column(String(300))


IS_PENDING = WebhookDelivery.status == literal_column("'PENDING'")
IS_PAUSED = WebhookEndpoint.paused_at.is_not(None) & WebhookEndpoint.deleted_at.is_(None)
IS_DELETED = WebhookEndpoint.deleted_at.is_not(None)
Index(
    "ix_webhook_endpoints_deleted",
    WebhookEndpoint.deleted_at,
    sqlite_where=IS_DELETED,
    postgresql_where=IS_DELETED,
)
Index("ix_webhook_events_endpoint_id", WebhookEvent.endpoint_id, WebhookEvent.id)
Index("ix_webhook_events_created_at", WebhookEvent.created_at)
Index("ix_webhook_deliveries_endpoint_id", WebhookDelivery.endpoint_id, WebhookDelivery.id)
Index("ix_webhook_deliveries_created_at", WebhookDelivery.created_at)
Index(
    "ix_webhook_deliveries_pending",
    WebhookDelivery.endpoint_id,
    WebhookDelivery.id,
    sqlite_where=IS_PENDING,
    postgresql_where=IS_PENDING,
)
