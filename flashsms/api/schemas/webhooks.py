"""Webhooks: to add, to change, and their deliveries. What a URL may be the service says."""

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from flashsms.api.schemas.answers import Pagination
from flashsms.api.schemas.shapes import (
    Answer,
    Body,
    Count,
    DeliveryId,
    PageNumber,
    Shape,
    Strings,
    WebhookId,
    documented,
    either,
    trimmed,
    whole,
    wrong,
)
from flashsms.models import DeliveryStatus, EventType
from flashsms.services.webhooks.endpoints import CHOOSABLE, LONGEST_DESCRIPTION, Change
from flashsms.services.webhooks.targets import LONGEST_URL

Url = Annotated[
    str,
    documented(format="uri", maxLength=LONGEST_URL, pattern=r"^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$"),
]
Events = Annotated[
    Strings,
    documented(minItems=1, items={"type": "string", "enum": [type.value for type in CHOOSABLE]}),
]
Description = Annotated[str, documented(pattern=trimmed(LONGEST_DESCRIPTION))]
Secret = Annotated[str, documented(pattern="^whsec_[A-Za-z0-9+/]+=*$")]


class WebhookRequest(Body):
    """A webhook to add."""

    url: Url
    """Where events are posted to: a public address, without a user, a password or a #."""
    events: Events
    """What it is told of."""
    description: Description | None = None
    """What it is for, on one line, for yourselves."""


class WebhookChange(Body, json_schema_extra=either("url", "events", "description", "paused")):
    """What to change of a webhook; what is absent stays."""

    url: Url | None = None
    """Another address."""
    events: Events | None = None
    """What it is told of from now on, all of it."""
    description: Description | None = None
    """Another description; an empty one clears it."""
    paused: bool | None = None
    """True lets what happens wait, false tells it."""

    @model_validator(mode="after")
    def _check_something(self) -> Self:
        if self.change() == Change():
            raise wrong(
                "Give url, events, description or paused: there is nothing to change otherwise."
            )
        return self

    def change(self) -> Change:
        """Return what is wanted."""
        return Change(self.url, self.events, self.description, self.paused)


class SecretRequest(Body):
    """Nothing: there is nothing to say about a new secret."""


class DeliveriesQuery(Shape):
    """Which deliveries of a webhook to list."""

    page: PageNumber = 1
    """Which page, counted from 1."""
    limit: Annotated[int, Field(ge=1, le=100), BeforeValidator(whole)] = 20
    """How many a page holds."""


class WebhookAnswer(Answer):
    """An address that is told what happens."""

    id: WebhookId
    """Its id."""
    url: str
    """Where events are posted to."""
    description: str | None
    """What it is for; null if nobody said."""
    events: list[EventType]
    """What it is told of."""
    paused: bool
    """Whether what happens waits."""
    paused_reason: str | None
    """Why it was paused by itself; null when it was not."""
    failures: Count
    """The attempts in vain since the last success."""
    failing_since: datetime | None
    """When those began; null when the last attempt succeeded."""
    created_at: datetime
    """When it was added."""


class WebhookSecretAnswer(WebhookAnswer):
    """A new webhook, and what its requests are signed with."""

    secret: Secret
    """The secret, shown only now."""


class WebhookRotatedAnswer(WebhookSecretAnswer):
    """A webhook with another secret."""

    old_secret_valid_until: datetime
    """Until then requests are signed with the secret before, too."""


class WebhooksAnswer(Answer):
    """The account's webhooks, the oldest first."""

    webhooks: list[WebhookAnswer]
    """All of them, at most 10."""


class WebhookTestAnswer(Answer):
    """A test that is on its way."""

    webhook_id: WebhookId
    """Where it goes."""
    event_id: Annotated[str, documented(pattern="^evt_[0-9a-z]{20}$")]
    """The id of its event."""
    type: Literal["webhook.test"]
    """The type of its event."""


class AttemptAnswer(Answer):
    """One request and what became of it."""

    sent_at: datetime
    """When it was made."""
    milliseconds: Count
    """How long it took."""
    status_code: int | None
    """The HTTP status of the answer; null without one."""
    error: str | None
    """What went wrong, in words; null for a success."""


class ReplayAnswer(Answer):
    """Some events on their way to a webhook in one request."""

    id: DeliveryId
    """Its id, which is the request's `webhook-id`."""
    status: DeliveryStatus
    """Where it stands; FAILED was given up."""
    events: list[EventType]
    """The types of its events, each once."""
    event_count: Count
    """How many events it tells."""
    attempts: Count
    """How often it was tried."""
    created_at: datetime
    """When it was put together."""
    delivered_at: datetime | None
    """When it was taken; null for not yet."""


class DeliveryAnswer(ReplayAnswer):
    """A delivery with its last attempt."""

    last_attempt: AttemptAnswer | None
    """The last attempt; null before the first."""


class DeliveriesAnswer(Answer):
    """A page of what a webhook was told, newest first."""

    deliveries: list[DeliveryAnswer]
    """Those of this page."""
    pagination: Pagination
    """Where the page stands among the 10,000 newest."""
