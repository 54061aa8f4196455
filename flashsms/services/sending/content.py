"""The text of an order: given or from a template, checked, with its common values filled in."""

from dataclasses import dataclass

from flask import current_app

from flashsms.services import templates
from flashsms.services.errors import DomainError
from flashsms.services.sending.order import Order
from flashsms.text import merge
from flashsms.text.segments import MAX_LENGTH, unsendable

_SHOWN = 40  # characters of a wrong name worth repeating


@dataclass(frozen=True, slots=True)
class Content:
    """A text that can be sent; `template` has the placeholders that each recipient fills in."""

    text: str
    template: merge.Template

    @property
    def personalised(self) -> bool:
        """Whether recipients have texts of their own."""
        return not self.template.is_plain

    def typical(self) -> str:
        """Return the text with fallbacks, or else the names of the placeholders, as values."""
        return self.template.render({name: name for name in self.template.missing({})})


def read(account_id: int, order: Order) -> Content:
    """Return what an order sends. Raises DomainError naming what is wrong, NotFound a template."""
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
    return Content(bound.text, bound)


def price(parts: int) -> int:
    """Return the credits that one recipient of a text of `parts` parts costs."""
    return parts if current_app.config["BILLING"] == "part" else 1


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
