"""Texts kept for use again: an account's own, and the system's that every dashboard offers."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select, update
from sqlalchemy import delete as sql_delete
from sqlalchemy.exc import IntegrityError

from flashsms.extensions import db, transaction
from flashsms.models import Template, now
from flashsms.models.rows import lock
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.history import Page
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
    wanted, text = check_name(name), check_content(content)
    with transaction():
        lock(_ADDING, account_id)
        _check_room(account_id)
        template = Template(account_id=account_id, name=wanted, folded=fold(wanted), content=text)
        db.session.add(template)
        with unique(wanted):
            db.session.flush()
    return template


def edit(
    account_id: int, public_id: str, *, name: str | None = None, content: str | None = None
) -> Template:
    """Change the name or the content, whichever is given. Raises what `create` and `find` do."""
    changes: dict[str, Any] = {"updated_at": now()}
    if name is not None:
        changes |= {"name": check_name(name), "folded": fold(name)}
    if content is not None:
        changes["content"] = check_content(content)
    with transaction(), unique(name):
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
    return list(db.session.scalars(_by_name(account_id)))


def page(account_id: int, page: int, limit: int) -> Page[Template]:
    """Return a page of the account's templates by name; there are MOST of them at most."""
    cut = _by_name(account_id).limit(limit).offset((page - 1) * limit)
    return Page(list(db.session.scalars(cut)), page, limit, _count(account_id))


def of_system() -> list[Template]:
    """Return the templates that every dashboard offers: those of the system that are published."""
    offered = (Template.account_id.is_(None), Template.published_at.is_not(None))
    return list(db.session.scalars(select(Template).where(*offered).order_by(Template.id)))


def for_dashboard(account_id: int) -> list[Template]:
    """Return the templates of the account by name, and then those of the system."""
    return every(account_id) + of_system()


def variables(template: Template) -> tuple[str, ...]:
    """Return the variables of its placeholders in order of first appearance."""
    return merge.parse(template.content).variables


def check_name(given: str) -> str:
    """Return a name without blanks around it, or raise DomainError."""
    try:
        wanted = line("name", given, LONGEST_NAME)
    except DomainError as error:
        raise _bad(error.sentence) from error
    if wanted is None:
        raise _bad("name must not be empty.")
    return wanted


def check_content(given: str) -> str:
    """Return a text with placeholders that can be sent, or raise DomainError."""
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


def _by_name(account_id: int) -> Select[Template]:
    mine = select(Template).where(Template.account_id == account_id)
    return mine.order_by(Template.folded, Template.id)


def _count(account_id: int) -> int:
    query = select(func.count()).where(Template.account_id == account_id)
    return db.session.scalar(query) or 0


def _check_room(account_id: int) -> None:
    if _count(account_id) >= MOST:
        raise DomainError(
            "too_many_templates",
            f"An account may have at most {MOST:,} templates. Delete one that is not needed.",
        )


@contextmanager
def unique(name: str | None) -> Iterator[None]:
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
