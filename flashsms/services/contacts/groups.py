"""Groups of contacts: made, renamed, filled, emptied, deleted; the contacts themselves stay."""

from collections.abc import Iterable, Sequence

from sqlalchemy import Integer, func, select
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db
from flashsms.models import Contact, ContactBlock, Group, GroupMember
from flashsms.models.rows import change, rows
from flashsms.services.contacts import adding, blocks
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.text.search import fold

MOST = 1000  # groups of one account
LONGEST_NAME = 100


def create(account_id: int, name: str) -> Group:
    """Make an empty group. Raises DomainError for a bad name or one that is there already."""
    wanted = _checked(name)
    with adding.writing(account_id):
        if len(every(account_id)) >= MOST:
            raise DomainError(
                "too_many_groups",
                f"An account may have at most {MOST:,} groups. Delete one that is not needed.",
            )
        group = Group(account_id=account_id, name=wanted, folded=fold(wanted))
        db.session.add(group)
        _flush(wanted)
    return group


def rename(account_id: int, public_id: str, name: str) -> Group:
    """Give a group another name."""
    wanted = _checked(name)
    with adding.writing(account_id):
        group = find(account_id, public_id)
        group.name, group.folded = wanted, fold(wanted)
        _flush(wanted)
    return group


def delete(account_id: int, public_id: str) -> None:
    """Delete a group; its contacts stay."""
    with adding.writing(account_id):
        group = find(account_id, public_id)
        change(sql_delete(GroupMember).where(GroupMember.group_id == group.id))
        blocks.forget(account_id, group.id)
        db.session.delete(group)


def find(account_id: int, public_id: str) -> Group:
    """Return a group of the account, or raise NotFound."""
    [group] = find_all(account_id, [public_id])
    return group


def id_of(account_id: int, public_id: str | None) -> int | None:
    """Return the row id of a group of the account, None where no group is named."""
    return None if public_id is None else find(account_id, public_id).id


def find_all(account_id: int, public_ids: Sequence[str]) -> list[Group]:
    """Return groups of the account, each once; raise NotFound naming the first that is not."""
    found = {group.public_id: group for group in every(account_id)}
    for public_id in public_ids:
        if public_id not in found:
            raise NotFound(
                "group_unknown", f"There is no group {public_id[:40]!r} in this account."
            )
    return [found[public_id] for public_id in dict.fromkeys(public_ids)]


def every(account_id: int) -> list[Group]:
    """Return the groups of the account by name."""
    found = db.session.scalars(
        select(Group).where(Group.account_id == account_id).order_by(Group.folded, Group.id)
    )
    return list(found)


def counted(account_id: int) -> list[tuple[Group, int]]:
    """Return the groups of the account by name, each with how many contacts it has."""
    size = func.coalesce(func.sum(ContactBlock.contacts), 0)
    its_own = (ContactBlock.account_id == account_id) & (ContactBlock.group_id == Group.id)
    found = db.session.execute(
        select(Group, size)
        .outerjoin(ContactBlock, its_own)
        .where(Group.account_id == account_id)
        .group_by(Group.id)
        .order_by(Group.folded, Group.id)
    )
    return [(group, int(contacts)) for group, contacts in found]


def of(contacts: Sequence[Contact]) -> dict[int, list[Group]]:
    """Return the groups of some contacts of one account, by name, by the contacts' ids."""
    if not contacts:
        return {}
    mine = every(contacts[0].account_id)
    ids = {contact.number: contact.id for contact in contacts}
    found = db.session.execute(
        select(GroupMember.group_id, GroupMember.number).where(
            GroupMember.group_id.in_([group.id for group in mine]), GroupMember.number.in_(ids)
        )
    )
    members = {(group_id, ids[number]) for group_id, number in found}
    return {
        contact.id: [group for group in mine if (group.id, contact.id) in members]
        for contact in contacts
    }


def put_in(account_id: int, public_id: str, contact_ids: Iterable[str]) -> int:
    """Add contacts to a group and return how many were not in it; unknown ids add nobody."""
    with adding.writing(account_id):
        group = find(account_id, public_id)
        return adding.join(account_id, group.id, adding.numbers(account_id, contact_ids))


def take_out(account_id: int, public_id: str, contact_ids: Iterable[str]) -> int:
    """Take contacts out of a group and return how many were in it."""
    with adding.writing(account_id):
        group = find(account_id, public_id)
        return _leave(account_id, [group.id], adding.numbers(account_id, contact_ids))


def leave_all(account_id: int, numbers: Sequence[int]) -> None:
    """Take contacts, by their numbers, out of every group; while writing the address book."""
    _leave(account_id, [group.id for group in every(account_id)], numbers)


def _leave(account_id: int, group_ids: Sequence[int], numbers: Sequence[int]) -> int:
    given = rows(((number,) for number in numbers), number=Integer())
    left = change(
        sql_delete(GroupMember)
        .where(GroupMember.group_id.in_(group_ids), GroupMember.number.in_(select(given.c.number)))
        .returning(GroupMember.group_id, GroupMember.number)
    ).all()
    for group_id in sorted({group_id for group_id, _ in left}):
        leaving = [number for one, number in left if one == group_id]
        blocks.count(account_id, group_id, leaving, by=-1)
    return len(left)


def _checked(name: str) -> str:
    try:
        wanted = line("name", name, LONGEST_NAME)
    except DomainError as error:
        raise DomainError("bad_group", error.sentence) from error
    if wanted is None:
        raise DomainError("bad_group", "name must not be empty.")
    return wanted


def _flush(name: str) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError(
            "group_exists", f"name: there is a group {name!r} already. Choose another name."
        ) from error
