"""Parts of an index, walked in its order and no farther than a bound: what lists are made from."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, select, tuple_

from flashsms.extensions import db
from flashsms.models import Account, Message
from flashsms.services.operations.places import Place


@dataclass(frozen=True, slots=True)
class Scope:
    """Which messages a list is about; `until` itself is left out.

    With `is_test` only what test keys sent, or only all else.
    """

    account_id: int | None = None
    sender: str = ""
    since: datetime | None = None
    until: datetime | None = None
    message: Message | None = None
    is_test: bool | None = None

    @property
    def is_narrow(self) -> bool:
        """Whether messages of some account, sender, day, id or kind are left out."""
        asked = (self.account_id, self.since, self.until, self.message, self.is_test)
        return bool(self.sender) or any(one is not None for one in asked)


def messages(scope: Scope, edge: Place | None = None, *, again: bool = False) -> Select[Message]:
    """Return the messages of a scope, newest first, behind a place; `again` from its message on.

    What an index tells apart is all that is asked for: `left_out` is the rest.
    """
    query = select(Message).order_by(Message.created_at.desc(), Message.id.desc())
    if scope.message is not None:
        query = query.where(Message.id == scope.message.id)
    if scope.account_id is not None:
        query = query.where(Message.account_id == scope.account_id, *_kind(scope, Message))
    elif scope.sender:
        query = query.where(Message.sender == scope.sender)
    query = query.where(*_days(scope))
    if edge is None:
        return query
    here, there = tuple_(Message.created_at, Message.id), (edge.created_at, edge.message_id)
    return query.where(here <= there if again else here < there)


def left_out(scope: Scope, of: type[Message] = Message) -> list[ColumnElement[bool]]:
    """Return what `messages` has not asked for."""
    if scope.account_id is None:
        return _kind(scope, of)
    return [of.sender == scope.sender] if scope.sender else []


def conditions(scope: Scope) -> list[ColumnElement[bool]]:
    """Return all that a scope asks of a message."""
    asked = [*_days(scope), *_kind(scope, Message)]
    if scope.message is not None:
        asked.append(Message.id == scope.message.id)
    if scope.account_id is not None:
        asked.append(Message.account_id == scope.account_id)
    if scope.sender:
        asked.append(Message.sender == scope.sender)
    return asked


def last(walk: Select[*tuple[Any, ...]], size: int) -> Row[*tuple[Any, ...]] | None:
    """Return the last row of a window of so many rows, None when there are fewer."""
    return db.session.execute(walk.limit(1).offset(size - 1)).one_or_none()


def accounts(ids: Collection[int]) -> dict[int, Account]:
    """Return accounts by their ids."""
    found = db.session.scalars(select(Account).where(Account.id.in_(sorted(ids))))
    return {account.id: account for account in found}


def _kind(scope: Scope, of: type[Message]) -> list[ColumnElement[bool]]:
    return [] if scope.is_test is None else [of.is_test.is_(scope.is_test)]


def _days(scope: Scope) -> list[ColumnElement[bool]]:
    asked: list[ColumnElement[bool]] = []
    if scope.since is not None:
        asked.append(Message.created_at >= scope.since)
    if scope.until is not None:
        asked.append(Message.created_at < scope.until)
    return asked
