"""The address book: its contacts one by one, listed, and thousands at once."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer, pagination
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.once import answer_once
from flashsms.api.schemas import (
    ContactAnswer,
    ContactChange,
    ContactRequest,
    ContactsAnswer,
    ContactsQuery,
    DeletedAnswer,
    ImportAnswer,
    ImportRequest,
)
from flashsms.models import Contact, Scope
from flashsms.services import contacts, opt_outs

_SHOWN = 40  # characters of a wrong phone
_IMPORT = 8 * 1024 * 1024  # bytes of a body that holds thousands of contacts


@bp.get("/contacts")
@scope(Scope.CONTACTS_READ)
@answers(ContactsAnswer, query=ContactsQuery, refuses=("bad_search", "group_unknown"))
def list_contacts() -> Response:
    """List the contacts, newest first; those of one group, or those that a search finds."""
    wanted = inputs.query(ContactsQuery)
    account_id = current_key().account_id
    group_id = contacts.groups.id_of(account_id, wanted.group_id)
    found = contacts.page(
        account_id, wanted.page, wanted.limit, search=wanted.search, group_id=group_id
    )
    out = opt_outs.among(account_id, [contact.phone for contact in found.items])
    return answer(
        {
            "contacts": [_show(contact, contact.phone in out) for contact in found.items],
            "pagination": pagination(found) | {"totalIsExact": found.exact},
        }
    )


@bp.post("/contacts")
@scope(Scope.CONTACTS_WRITE)
@answers(
    ContactAnswer,
    body=ContactRequest,
    once=True,
    refuses=("bad_contact", "contact_exists", "group_unknown"),
)
def create_contact() -> Response:
    """Add a contact, into a group if one is named."""
    wanted = inputs.body(ContactRequest)
    return answer_once(wanted, lambda: _create(current_key().account_id, wanted))


@bp.post("/contacts/import")
@scope(Scope.CONTACTS_WRITE)
@answers(
    ImportAnswer,
    body=ImportRequest,
    once=True,
    refuses=("too_many_contacts", "group_unknown"),
)
def import_contacts() -> Response:
    """Add up to 10,000 contacts; a bad one does not refuse the others."""
    wanted = inputs.body(ImportRequest, most_bytes=_IMPORT)
    return answer_once(wanted, lambda: _import(current_key().account_id, wanted))


@bp.get("/contacts/<contact:contact_id>")
@scope(Scope.CONTACTS_READ)
@answers(ContactAnswer, refuses=("contact_unknown",))
def show_contact(contact_id: str) -> Response:
    """Show one contact and its groups."""
    return answer(_show_one(contacts.find(current_key().account_id, contact_id)))


@bp.route("/contacts/<contact:contact_id>", methods=["PUT", "PATCH"])
@scope(Scope.CONTACTS_WRITE)
@answers(
    ContactAnswer,
    body=ContactChange,
    refuses=("bad_contact", "contact_exists", "contact_unknown"),
)
def change_contact(contact_id: str) -> Response:
    """Change what is named of a contact; PUT and PATCH do the same."""
    wanted = inputs.body(ContactChange)
    return answer(_show_one(contacts.edit(current_key().account_id, contact_id, wanted.given())))


@bp.delete("/contacts/<contact:contact_id>")
@scope(Scope.CONTACTS_WRITE)
@answers(DeletedAnswer, refuses=("contact_unknown",))
def delete_contact(contact_id: str) -> Response:
    """Delete a contact."""
    contacts.delete(current_key().account_id, contact_id)
    return answer({"id": contact_id, "deleted": True})


def _create(account_id: int, wanted: ContactRequest) -> dict[str, Any]:
    draft = contacts.drafts.read(wanted.given())
    return _show_one(contacts.create(account_id, draft, wanted.group_id))


def _import(account_id: int, wanted: ImportRequest) -> dict[str, Any]:
    taken = contacts.take(account_id, wanted.contacts, wanted.group_id)
    return {
        "imported": taken.added.created + taken.added.skipped,
        "created": taken.added.created,
        "skipped": taken.added.skipped,
        "invalid": len(taken.invalid),
        "total": len(wanted.contacts),
        "invalidContacts": [
            {"index": one.index, "phone": one.phone and one.phone[:_SHOWN], "error": one.reason}
            for one in taken.invalid
        ],
    }


def _show_one(contact: Contact) -> dict[str, Any]:
    out = opt_outs.among(contact.account_id, [contact.phone])
    groups = contacts.groups.of([contact])[contact.id]
    return _show(contact, bool(out)) | {
        "groups": [{"id": group.public_id, "name": group.name} for group in groups]
    }


def _show(contact: Contact, opted_out: bool) -> dict[str, Any]:
    return {
        "id": contact.public_id,
        "phone": contact.phone,
        "firstName": contact.first_name,
        "lastName": contact.last_name,
        "email": contact.email,
        "customFields": contact.fields or {},
        "optedOut": opted_out,
        "createdAt": contact.created_at,
        "updatedAt": contact.updated_at,
    }
