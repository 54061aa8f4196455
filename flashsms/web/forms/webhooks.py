"""Webhooks: where a program of the account's wants to be told, and of what."""

from wtforms import HiddenField, SelectMultipleField, StringField, URLField
from wtforms.fields.choices import SelectChoice
from wtforms.validators import DataRequired

from flashsms.models import EventType
from flashsms.services.webhooks.endpoints import CHOOSABLE
from flashsms.web.forms.asking import Form, required

EVENTS = {  # what each event is called, and when it happens
    EventType.MESSAGE_SENT: ("A message was sent", "All of it went out to the operators."),
    EventType.MESSAGE_COMPLETED: (
        "A message is finished",
        "It is known of everybody whether they got it.",
    ),
    EventType.RECIPIENT_DELIVERED: ("Somebody got a message", "Once for each person."),
    EventType.RECIPIENT_FAILED: (
        "Somebody did not get a message",
        "Once for each person, with the reason.",
    ),
    EventType.RECIPIENT_OPTED_OUT: (
        "Somebody opted out",
        "By a reply such as STOP, or because you entered it.",
    ),
    EventType.SMS_RECEIVED: ("Somebody wrote to you", "What people write to your numbers."),
    EventType.BALANCE_LOW: ("Credits run low", "They fell below the limit that you set."),
    EventType.DELIVERY_RATE_LOW: (
        "Few messages arrive",
        "A smaller share than the limit that you set.",
    ),
    EventType.SENDER_APPROVED: ("A sender ID was approved", "You can send under it from then on."),
    EventType.SENDER_REJECTED: ("A sender ID was rejected", "With the reason."),
    EventType.TEST: ("A test", "Sent when you ask for it."),
}


class WebhookForm(Form):
    """A webhook. `attempt` names this form, so that it adds one however often it is sent."""

    attempt = HiddenField()
    url = URLField(
        "Address",
        [required("the address, such as https://example.com/sms-events")],
        filters=[lambda typed: typed and typed.strip()],
    )
    description = StringField("Description")
    events = SelectMultipleField(
        "What it is told",
        [DataRequired("Choose at least one event.")],
        choices=[SelectChoice(type.value, EVENTS[type][0]) for type in CHOOSABLE],
        default=[EventType.MESSAGE_COMPLETED.value],
    )

    def explain(self, event: str) -> str:
        """Return when an event happens."""
        return EVENTS[EventType(event)][1]
