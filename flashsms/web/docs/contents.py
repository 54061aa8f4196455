"""What there is to find in the documentation: both pages' headings, for the way at the side."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from flask import url_for

from flashsms.simulator.magic import MAGIC
from flashsms.web.docs.events import EVENTS
from flashsms.web.docs.reference import Group, Reference


class Link(NamedTuple):
    """A place in the documentation; `more` is what else it is found by."""

    title: str
    target: str
    more: str = ""


class Chapter(NamedTuple):
    """Links under a heading; a long one is folded until it is wanted."""

    title: str
    links: Sequence[Link]
    folded: bool = False


QUICKSTART = {
    "key": "Get a key",
    "send": "Send a message",
    "status": "Ask how it went",
}
GUIDES = {
    "group": "Send to a group",
    "schedule": "Send later",
    "personalise": "Greet each reader by name",
    "webhook": "Be told what happens",
    "errors": "Handle errors",
    "balance": "Watch the credits",
    "testing": "Test without sending",
}
TOPICS = {
    "authentication": "Authentication",
    "scopes": "Scopes",
    "answers": "Requests and answers",
    "statuses": "Statuses",
    "idempotency": "Once and only once",
    "pagination": "Lists and pages",
    "limits": "Limits",
}


def chapters(reference: Reference) -> list[Chapter]:
    """Return the contents of both pages, in their order."""
    start, rest = url_for("web.show_docs"), url_for("web.show_reference")
    told = Link("Calls, signatures and retries", f"{rest}#webhooks", "headers secret")
    return [
        Chapter("Quickstart", _links(start, QUICKSTART)),
        Chapter("Guides", _links(start, GUIDES, "guide-")),
        Chapter("Reference", _links(rest, TOPICS)),
        *(_endpoints(rest, group) for group in reference.groups),
        _folded(
            "Error codes",
            (
                Link(one.code, f"{rest}#{one.anchor}", f"{one.status} {one.sentence}")
                for one in reference.refusals
            ),
        ),
        _folded(
            "Test numbers",
            (Link(ending, f"{rest}#test-{ending}", one.what) for ending, one in MAGIC.items()),
        ),
        _folded(
            "What webhooks are told",
            [told, *(Link(one.type, f"{rest}#{one.anchor}", one.when) for one in EVENTS)],
        ),
    ]


def _endpoints(page: str, group: Group) -> Chapter:
    return _folded(
        group.name,
        (
            Link(one.summary, f"{page}#{one.anchor}", f"{' '.join(one.methods)} {one.path}")
            for one in group.operations
        ),
    )


def _folded(title: str, links: Iterable[Link]) -> Chapter:
    return Chapter(title, list(links), folded=True)


def _links(page: str, titles: dict[str, str], prefix: str = "") -> list[Link]:
    return [Link(title, f"{page}#{prefix}{anchor}") for anchor, title in titles.items()]
