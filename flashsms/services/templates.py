"""Texts kept for use again: an account's own, and the system's that every dashboard offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Template, now
from flashsms.models.rows import lock
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.text import merge
from flashsms.text.search import fold
from flashsms.text.segments import MAX_LENGTH, unsendable

MOST = 1000  # templates of one account
LONGEST_NAME = 100
_ADDING = 2  # what the lock of an account's templates is called


def create(account_id: int, name: str, content: str) -> Template:
    """Keep a text, which may have placeholders, under a name.

    Raises DomainError for a bad name or content, or a name that is there already in any case.
    """
    wanted, text = _name(name), _content(content)
    with transaction():
        lock(_ADDING, account_id)
        _check_room(account_id)
        template = Template(account_id=account_id, name=wanted, folded=fold(wanted), content=text)
        db.session.add(template)
        with _unique(wanted):
            db.session.flush()
    return template


def edit(
    account_id: int, public_id: str, *, name: str | None = None, content: str | None = None
) -> Template:
    """Change the name or the content, whichever is given. Raises what `create` and `find` do."""
    changes: dict[str, Any] = {"updated_at": now()}
    if name is not None:
        changes |= {"name": _name(name), "folded": fold(name)}
    if content is not None:
        changes["content"] = _content(content)
    with transaction(), _unique(name):
        changed: Template | None = db.session.scalar(
            update(Template)
            .where(*_own(account_id, public_id))
            .values(changes)
            .returning(Template),
            execution_options={"synchronize_session": False, "populate_existing": True},
        )
        if changed is None:
            raise _unknown(public_id)
    return changed


def delete(account_id: int, public_id: str) -> None:
    """Forget a template of the account, or raise NotFound."""
    with transaction():
        # Not past the session: SQLite gives the integer key to the next template.
        deleted = db.session.scalar(
            sql_delete(Template).where(*_own(account_id, public_id)).returning(Template.id)
        )
        if deleted is None:
            raise _unknown(public_id)


def find(account_id: int, public_id: str) -> Template:
    """Return a template of the account, or raise NotFound; the system's are not found."""
    found = db.session.scalar(select(Template).where(*_own(account_id, public_id)))
    if found is None:
        raise _unknown(public_id)
    return found


def every(account_id: int) -> list[Template]:
    """Return the templates of the account by name."""
    found = db.session.scalars(
        select(Template)
        .where(Template.account_id == account_id)
        .order_by(Template.folded, Template.id)
    )
    return list(found)


def for_dashboard(account_id: int) -> list[Template]:
    """Return the templates of the account by name, and then those of the system."""
    of_system = Template.account_id.is_(None)
    found = db.session.scalars(select(Template).where(of_system).order_by(Template.id))
    return every(account_id) + list(found)


def variables(template: Template) -> tuple[str, ...]:
    """Return the variables of its placeholders in order of first appearance."""
    return merge.parse(template.content).variables


def _name(given: str) -> str:
    try:
        wanted = line("name", given, LONGEST_NAME)
    except DomainError as error:
        raise _bad(error.sentence) from error
    if wanted is None:
        raise _bad("name must not be empty.")
    return wanted


def _content(given: str) -> str:
    if not given.strip():
        raise _bad("content must not be empty.")
    if len(given) > MAX_LENGTH:
        raise _bad(f"content has {len(given):,} characters; it may have at most {MAX_LENGTH}.")
    if reason := unsendable(given):
        raise _bad(f"content: {reason}")
    try:
        merge.parse(given)
    except merge.PlaceholderError as error:
        raise _bad(f"content: {error}") from error
    return given


def _check_room(account_id: int) -> None:
    query = select(func.count()).where(Template.account_id == account_id)
    if (db.session.scalar(query) or 0) >= MOST:
        raise DomainError(
            "too_many_templates",
            f"An account may have at most {MOST:,} templates. Delete one that is not needed.",
        )


@contextmanager
def _unique(name: str | None) -> Iterator[None]:
    """Let the database decide whether the name is free."""
    try:
        yield
    except IntegrityError as error:
        raise DomainError(
            "template_exists", f"name: there is a template {name!r} already. Choose another name."
        ) from error


def _own(account_id: int, public_id: str) -> tuple[ColumnElement[bool], ...]:
    if not public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        raise _unknown(public_id)
    return Template.account_id == account_id, Template.public_id == public_id


def _unknown(public_id: str) -> NotFound:
    return NotFound("template_unknown", f"There is no template {public_id[:40]!r} in this account.")


def _bad(sentence: str) -> DomainError:
    return DomainError("bad_template", sentence)
