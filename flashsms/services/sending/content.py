"""The text of an order: given or from a template, checked, with its common values filled in."""

from dataclasses import dataclass

from flask import current_app

from flashsms.services import templates
from flashsms.services.accounts import standing
from flashsms.services.errors import DomainError
from flashsms.services.sending.order import Order
from flashsms.text import merge
from flashsms.text.segments import MAX_LENGTH, unsendable

_SHOWN = 40  # characters of a wrong name worth repeating


@dataclass(frozen=True, slots=True)
class Content:
    """A text that can be sent; `template` has the placeholders that each recipient fills in.

    `rate` is what the account pays, in credits a part.
    """

    text: str
    template: merge.Template
    rate: int = 1

    @property
    def personalised(self) -> bool:
        """Whether recipients have texts of their own."""
        return not self.template.is_plain

    def price(self, parts: int) -> int:
        """Return the credits that one recipient of a text of `parts` parts costs."""
        return price(parts, self.rate)

    def typical(self) -> str:
        """Return the text with fallbacks, or else the names of the placeholders, as values."""
        return self.template.render({name: name for name in self.template.missing({})})


def read(account_id: int, order: Order) -> Content:
    """Return what an order sends. Raises DomainError naming what is wrong, NotFound a template.

    Nothing may be sent by an account that is suspended.
    """
    rate = standing.rate_of(account_id)
    text = _source(account_id, order)
    check_text(text)
    template = _parse(text)
    for name in order.variables:
        if name not in template.variables:
            raise DomainError(
                "unknown_variable",
                f"variables: the message has no placeholder {{{{{name[:_SHOWN]}}}}}. "
                f"Its placeholders are: {', '.join(template.variables) or 'none'}.",
            )
    bound = template.bind(order.variables)
    if any(map(merge.has_braces, bound.literals)):
        raise DomainError(
            "bad_message",
            "variables: the values would write {{ or }} into the message, as if a placeholder had "
            "been forgotten. Leave the braces out.",
        )
    check_text(bound.text)
    return Content(bound.text, bound, rate)


def price(parts: int, rate: int) -> int:
    """Return the credits that a recipient of a text of `parts` parts costs who pays `rate`."""
    return parts * rate if current_app.config["BILLING"] == "part" else rate


def check_text(text: str) -> None:
    """Raise DomainError for a text that cannot be sent: empty, too long, or not encodable."""
    if not text.strip():
        raise DomainError("bad_message", "message must not be empty.")
    if len(text) > MAX_LENGTH:
        raise DomainError(
            "bad_message",
            f"message has {len(text):,} characters; it may have at most {MAX_LENGTH}. "
            "Shorten it or send it as several messages.",
        )
    if problem := unsendable(text):
        raise DomainError("bad_message", f"message cannot be sent: {problem}")


def _source(account_id: int, order: Order) -> str:
    if order.template is not None:
        return templates.find(account_id, order.template).content
    return order.text or ""


def _parse(text: str) -> merge.Template:
    try:
        return merge.parse(text)
    except merge.PlaceholderError as error:
        raise DomainError("bad_message", f"message: {error}") from error
