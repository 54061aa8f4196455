"""The conversations of an account: who wrote to it, the latest first, and what is unread."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import ColumnElement, or_, select, tuple_, update

from flashsms.extensions import db, transaction
from flashsms.models import Contact, Conversation
from flashsms.models.address_search import contains
from flashsms.models.rows import change, insert
from flashsms.services.errors import NotFound
from flashsms.services.inbound import places
from flashsms.services.inbound.answering import Taken
from flashsms.text.search import terms

LONGEST_SEARCH = 100
SEARCHED = 5_000  # the newest conversations that a search looks through
GLANCE = 200  # the newest conversations among which the navigation looks for unread ones
LONGEST_EXCERPT = 200


@dataclass(frozen=True, slots=True)
class Listed:
    """Some conversations, the latest first, and whether there are older and newer ones."""

    items: list[Conversation]
    older: bool
    newer: bool


def note(taken: Iterable[Taken]) -> None:
    """Move the conversations of these texts to the top; in the transaction that stores them.

    Their rows stay locked for the rest of it, in an order that is the same for everybody.
    """
    latest: dict[tuple[int, str], tuple[Taken, int]] = {}
    for one in taken:
        _, count = latest.get((one.account_id, one.phone), (one, 0))
        latest[one.account_id, one.phone] = one, count + 1
    for (account_id, phone), (one, count) in sorted(latest.items(), key=lambda item: item[0]):
        row = insert(Conversation).values(
            account_id=account_id,
            phone=phone,
            number=one.number,
            text=one.text[:LONGEST_EXCERPT],
            unread=count,
            last_at=one.at,
        )
        new = {name: row.excluded[name] for name in ("number", "text", "last_at")}
        change(
            row.on_conflict_do_update(
                index_elements=[Conversation.account_id, Conversation.phone],
                set_=new | {"unread": Conversation.unread + row.excluded.unread},
            )
        )


def find(account_id: int, phone: str) -> Conversation:
    """Return the conversation with a number as it is stored, or raise NotFound."""
    found = None
    if phone.isprintable():
        found = db.session.scalar(
            select(Conversation).where(
                Conversation.account_id == account_id, Conversation.phone == phone
            ),
            execution_options={"populate_existing": True},
        )
    if found is None:
        raise NotFound("conversation_unknown", "There is no such conversation in this account.")
    return found


def page(
    account_id: int,
    limit: int,
    *,
    search: str = "",
    before: str | None = None,
    after: str | None = None,
) -> Listed:
    """Return up to `limit` conversations, the latest first, all or those that a search finds.

    `search` finds parts of numbers and of contacts' names, among the SEARCHED latest, and any whole
    number. `before` and `after` are the `place` of the last and the first one of a page; one that
    cannot be read begins anew.
    """
    query = select(Conversation).where(Conversation.account_id == account_id)
    if wanted := terms(search[:LONGEST_SEARCH]):
        query = query.where(_matches(account_id, wanted))
    place = tuple_(Conversation.last_at, Conversation.phone)
    if after is not None and (edge := places.read(after)):
        newer = query.where(place > edge).order_by(Conversation.last_at, Conversation.phone)
        found = list(db.session.scalars(newer.limit(limit + 1)))
        return Listed(found[:limit][::-1], older=True, newer=len(found) > limit)
    edge = places.read(before) if before is not None else None
    if edge:
        query = query.where(place < edge)
    latest = query.order_by(Conversation.last_at.desc(), Conversation.phone.desc())
    found = list(db.session.scalars(latest.limit(limit + 1)))
    return Listed(found[:limit], older=len(found) > limit, newer=edge is not None)


def place_of(conversation: Conversation) -> str:
    """Return where a conversation stands in the list, for addresses of pages."""
    return places.write((conversation.last_at, conversation.phone))


def mark_read(account_id: int, phone: str) -> None:
    """Note that somebody looked; before the texts are read, so that none is missed."""
    with transaction():
        change(
            update(Conversation)
            .where(
                Conversation.account_id == account_id,
                Conversation.phone == phone,
                Conversation.unread > 0,
            )
            .values(unread=0)
        )


def has_unread(account_id: int) -> bool:
    """Whether any of the GLANCE latest conversations has something unread: one cheap look."""
    newest = (
        select(Conversation.unread)
        .where(Conversation.account_id == account_id)
        .order_by(Conversation.last_at.desc(), Conversation.phone.desc())
        .limit(GLANCE)
        .subquery("newest")
    )
    unread = select(newest.c.unread).where(newest.c.unread > 0).limit(1)
    return db.session.scalar(unread) is not None


def _matches(account_id: int, wanted: tuple[str, ...]) -> ColumnElement[bool]:
    newest = (
        select(Conversation.phone)
        .where(Conversation.account_id == account_id)
        .order_by(Conversation.last_at.desc(), Conversation.phone.desc())
        .limit(SEARCHED)
    )
    named = select(Contact.phone).where(
        Contact.account_id == account_id, Contact.phone.in_(newest), contains(wanted)
    )
    numbers = [one.removeprefix("\n") for one in wanted]
    written = or_(
        *(
            Conversation.phone.istartswith(number, autoescape=True)
            if one.startswith("\n")
            else Conversation.phone.icontains(number, autoescape=True)
            for one, number in zip(wanted, numbers, strict=True)
        )
    )
    among = Conversation.phone.in_(newest) & (written | Conversation.phone.in_(named))
    return or_(among, Conversation.phone.in_(numbers))
