"""Texts for use again."""

from dataclasses import dataclass
from datetime import datetime

from flashsms_client.calls import Caller, segment
from flashsms_client.reading import given, read, read_list


@dataclass(frozen=True, slots=True)
class Template:
    """A text under a name; `variables` are its placeholders in order of first appearance."""

    id: str
    name: str
    content: str
    variables: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


class Templates:
    """The account's own templates."""

    def __init__(self, caller: Caller) -> None:
        self._caller = caller

    def list(self) -> tuple[Template, ...]:
        """List the templates by name."""
        return read_list(Template, self._caller.get("templates"), "templates")

    def create(self, name: str, content: str, *, idempotency_key: str | None = None) -> Template:
        """Keep a text under a name."""
        body = given(name=name, content=content)
        return read(Template, self._caller.create("templates", body, idempotency_key))

    def update(
        self, template_id: str, *, name: str | None = None, content: str | None = None
    ) -> Template:
        """Change the name, the content or both."""
        body = given(name=name, content=content)
        return read(Template, self._caller.change(f"templates/{segment(template_id)}", body))

    def delete(self, template_id: str) -> None:
        """Forget a template."""
        self._caller.delete(f"templates/{segment(template_id)}")
