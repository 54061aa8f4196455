"""Templates: to make and to change. What a name and a content may hold the service says."""

from typing import Self

from pydantic import model_validator

from flashsms.api.schemas.shapes import Body, wrong


class TemplateRequest(Body):
    """A template to make."""

    name: str
    content: str


class TemplateChange(Body):
    """What to change of a template; what is absent stays."""

    name: str | None = None
    content: str | None = None

    @model_validator(mode="after")
    def _check_something(self) -> Self:
        if self.name is None and self.content is None:
            raise wrong("Give name, content or both: there is nothing to change.")
        return self
