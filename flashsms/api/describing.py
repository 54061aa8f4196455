"""What the API's document says of a view that its code alone does not tell."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel

View = TypeVar("View", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Description:
    """What a view takes and answers.

    A success answers one of the models `answered`; the JSON body is read by `body`, the query
    string by `query`. One that works `once` takes an Idempotency-Key. `refuses` are the codes of
    the refusals that are its own, beside those that follow from the rest.
    """

    answered: tuple[type[BaseModel], ...]
    body: type[BaseModel] | None
    query: type[BaseModel] | None
    once: bool
    refuses: tuple[str, ...]


def answers(
    *models: type[BaseModel],
    body: type[BaseModel] | None = None,
    query: type[BaseModel] | None = None,
    once: bool = False,
    refuses: tuple[str, ...] = (),
) -> Callable[[View], View]:
    """Describe a view for the document.

    Nothing of it is looked at while a request is answered: the tests hold every answer against the
    document instead.
    """
    found = Description(models, body, query, once, refuses)

    def decorate(view: View) -> View:
        view.description = found  # type: ignore[attr-defined]
        return view

    return decorate
