"""Templates: to make and to change. What a name and a content may hold the service says."""

from datetime import datetime
from typing import Self

from pydantic import model_validator

from flashsms.api.schemas.shapes import (
    Answer,
    Body,
    RequiredName,
    TemplateId,
    Text,
    either,
    wrong,
)


class TemplateRequest(Body):
    """A template to make."""

    name: RequiredName
    """One line of at most 100 characters. No other template has it, in whatever case."""
    content: Text
    """The text, with placeholders such as `{{firstName|there}}` where it differs."""


class TemplateChange(Body, json_schema_extra=either("name", "content")):
    """What to change of a template; what is absent stays."""

    name: RequiredName | None = None
    """Another name, under the same rules."""
    content: Text | None = None
    """Another text."""

    @model_validator(mode="after")
    def _check_something(self) -> Self:
        if self.name is None and self.content is None:
            raise wrong("Give name, content or both: there is nothing to change.")
        return self


class TemplateAnswer(Answer):
    """A text kept for use again."""

    id: TemplateId
    """Its id, which `templateId` takes."""
    name: str
    """Its name."""
    content: str
    """The text with its placeholders."""
    variables: list[str]
    """The names of its placeholders in order of first appearance."""
    created_at: datetime
    """When it was made."""
    updated_at: datetime
    """When it was last changed."""


class TemplatesAnswer(Answer):
    """The account's own templates by name."""

    templates: list[TemplateAnswer]
    """All of them, at most 1,000."""
