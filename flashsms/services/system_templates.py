"""The system's templates as operators keep them: drafts, and what every dashboard offers."""

from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy import delete as sql_delete

from flashsms.extensions import db, transaction
from flashsms.models import Template, now
from flashsms.models.rows import lock
from flashsms.services import audit
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.templates import check_content, check_name, unique
from flashsms.text.search import fold

MOST = 200  # each dashboard shows all that are published
_ADDING = 7  # what the lock of the list is called
_OF_SYSTEM = Template.account_id.is_(None)
_FRESH = {"synchronize_session": False, "populate_existing": True}


def every() -> list[Template]:
    """Return the system's templates in the order in which dashboards show them, drafts too."""
    return list(db.session.scalars(select(Template).where(_OF_SYSTEM).order_by(Template.id)))


def find(public_id: str) -> Template:
    """Return a template of the system, or raise NotFound."""
    found = db.session.scalar(select(Template).where(*_this(public_id)))
    if found is None:
        raise _unknown(public_id)
    return found


def create(name: str, content: str) -> Template:
    """Keep a text as a draft, which only operators see.

    Raises DomainError for a bad name or content, a name that is there already, and beyond MOST.
    """
    wanted, text = check_name(name), check_content(content)
    with transaction():
        lock(_ADDING, 0)
        if (db.session.scalar(select(func.count()).where(_OF_SYSTEM)) or 0) >= MOST:
            raise DomainError(
                "too_many_templates",
                f"There are {MOST} system templates already. Delete one that is not needed.",
            )
        template = Template(account_id=None, name=wanted, folded=fold(wanted), content=text)
        db.session.add(template)
        with unique(wanted):
            db.session.flush()
        audit.record(Action.TEMPLATE_CREATED, wanted, None, after={"name": wanted, "content": text})
    return template


def edit(public_id: str, name: str, content: str) -> bool:
    """Change a template, for every dashboard at once if it is published.

    Returns whether that changed anything. Raises what `create` and `find` do.
    """
    wanted = {"name": check_name(name), "content": check_content(content)}
    with transaction(), unique(name):
        template = _hold(public_id)
        before = {"name": template.name, "content": template.content}
        after = {name: text for name, text in wanted.items() if text != before[name]}
        if after:
            changes = after | {"folded": fold(wanted["name"]), "updated_at": now()}
            _change(public_id, Template.updated_at == template.updated_at, changes)
            changed = {name: before[name] for name in after}
            audit.record(Action.TEMPLATE_CHANGED, wanted["name"], None, before=changed, after=after)
    return bool(after)


def publish(public_id: str) -> Template:
    """Offer a draft on every dashboard. Raises DomainError when it is published already."""
    return _set_published(public_id, True)


def withdraw(public_id: str) -> Template:
    """Make a published template a draft again. Raises DomainError when it is one already."""
    return _set_published(public_id, False)


def delete(public_id: str) -> Template:
    """Forget a template, and return it as it was. Raises NotFound."""
    with transaction():
        template = _hold(public_id)
        # Not past the session: SQLite gives the integer key to the next template.
        deleted = db.session.scalar(
            sql_delete(Template).where(*_this(public_id)).returning(Template.id)
        )
        if deleted is None:
            raise _unknown(public_id)
        before = {
            "name": template.name,
            "content": template.content,
            "published": template.published_at is not None,
        }
        audit.record(Action.TEMPLATE_DELETED, template.name, None, before=before)
    return template


def _set_published(public_id: str, published: bool) -> Template:
    published_at = Template.published_at
    stood = published_at.is_(None) if published else published_at.is_not(None)
    with transaction():
        template = _change(public_id, stood, {"published_at": now() if published else None})
        if template is None:
            name = find(public_id).name
            word = "published" if published else "a draft"
            raise DomainError("template_stands", f"“{name}” is {word} already.")
        audit.record(
            Action.TEMPLATE_PUBLISHED if published else Action.TEMPLATE_WITHDRAWN,
            template.name,
            None,
            before={"published": not published},
            after={"published": published},
        )
    return template


def _hold(public_id: str) -> Template:
    """Return the template as it is now, which nobody changes before this transaction ends."""
    query = select(Template).where(*_this(public_id)).with_for_update()
    found = db.session.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise _unknown(public_id)
    return found


def _change(public_id: str, stood: ColumnElement[bool], changes: dict[str, Any]) -> Template | None:
    changed: Template | None = db.session.scalar(
        update(Template).where(*_this(public_id), stood).values(changes).returning(Template),
        execution_options=_FRESH,
    )
    return changed


def _this(public_id: str) -> tuple[ColumnElement[bool], ...]:
    if not public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        raise _unknown(public_id)
    return _OF_SYSTEM, Template.public_id == public_id


def _unknown(public_id: str) -> NotFound:
    return NotFound(
        "template_unknown",
        f"There is no system template {public_id[:40]!r}. It may have been deleted.",
    )
