"""What sending answers, and what a dry run and an estimate tell beforehand."""

from datetime import datetime
from typing import Literal

from pydantic.json_schema import SkipJsonSchema

from flashsms.api.schemas.shapes import Answer, Count, MessageId, Phone
from flashsms.text.segments import Encoding


class SkippedRecipient(Answer):
    """A number whose own text cannot be made."""

    phone: Phone
    """The number."""
    reason: str
    """Why not."""


class LeftOut(Answer):
    """Whom a message does not reach although they were asked for."""

    invalid_recipients: list[str]
    """Those of `recipients` that cannot be read as a number, as they were given."""
    opted_out_recipients: Count
    """How many opted out."""
    deleted_recipients: Count
    """How many of the contacts named are deleted."""
    skipped_recipients: list[SkippedRecipient]
    """The first 100 whose own text cannot be made."""
    skipped_count: Count
    """How many those are in all."""


class SentAnswer(LeftOut):
    """A message that was taken."""

    message_id: MessageId
    """The message's id, to ask for its status and its delivery report."""
    recipients_sent: Count
    """How many it goes to, each number once."""
    credits_used: Count
    """What it cost."""
    remaining_credits: Count
    """What is left."""
    scheduled: bool
    """Whether it goes out later."""
    schedule_date: datetime | None
    """When it goes out, in UTC; null for now."""
    test: Literal[True] | SkipJsonSchema[None] = None
    """True if a test key sent it, so that it reaches nobody; left out of all others."""


class Share(Answer):
    """The recipients whose text has so many parts."""

    parts: Count
    """SMS parts of the text."""
    recipients: Count
    """How many get such a text."""
    credits: Count
    """What they cost together."""


class Culprit(Answer):
    """A character that GSM-7 lacks."""

    character: str
    """The character as the text has it."""
    name: str
    """Its name."""
    count: Count
    """How often it stands there."""
    position: Count
    """Where it first stands, counted from 0."""
    replacement: str | None
    """What could stand in its place; null for nothing."""


class ForeignValue(Answer):
    """A character that GSM-7 lacks, in what the address book knows of the readers."""

    character: str
    """The character."""
    recipients: Count
    """How many readers have it in their text."""
    replacement: str | None
    """What could stand in its place; null for nothing."""


class Sample(Answer):
    """The text of one reader."""

    phone: Phone
    """The number."""
    message: str
    """The text as they would get it."""


class DryRunText(Answer):
    """How the text travels, and what would make it cheaper."""

    length: Count
    """Characters, with fallbacks or names of fields in place of placeholders."""
    encoding: Encoding
    """The alphabet that the text itself needs."""
    credits_saved: Count
    """What all replacements together would save."""
    encodings: dict[Encoding, Count]
    """How many readers get which alphabet."""
    suggestion: str | None
    """The text with every replacement; null where that saves nothing."""
    culprits: list[Culprit]
    """The characters of the text that keep it out of GSM-7."""
    in_values: list[ForeignValue]
    """Such characters in what is known of the readers."""
    samples: list[Sample]
    """The first three texts, where each reader has their own."""


class DryRunAnswer(LeftOut):
    """What sending would do."""

    dry_run: Literal[True]
    """Always true: nothing was sent, stored or charged."""
    sender_id: str
    """The sender ID that would be used."""
    recipients_sent: Count
    """How many it would go to."""
    duplicate_recipients: Count
    """How often a number was asked for again."""
    credits_required: Count
    """What it would cost."""
    current_balance: Count
    """What there is."""
    can_afford: bool
    """Whether that is enough."""
    parts: list[Share]
    """The recipients by the parts of their text."""
    operators: dict[str, Count]
    """The recipients by the operator that their number range was given to."""
    message: DryRunText
    """The text."""
    test: Literal[True] | SkipJsonSchema[None] = None
    """True with a test key: then sending reaches nobody and costs nothing."""


class EstimatedText(Answer):
    """How a text travels."""

    length: Count
    """Characters, with fallbacks or names of fields in place of placeholders."""
    parts: Count
    """SMS parts."""
    encoding: Encoding
    """The alphabet that it needs."""
    variables: list[str] | SkipJsonSchema[None] = None
    """Placeholders that had no value, if there are any: then the true price may differ."""


class EstimateAnswer(Answer):
    """The price of a message."""

    message: EstimatedText
    """The text."""
    recipient_count: Count
    """As it was given."""
    credits_required: Count
    """What it would cost."""
    current_balance: Count
    """What there is."""
    can_afford: bool
    """Whether that is enough."""
