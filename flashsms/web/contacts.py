"""The address book: search, page, export; add, change, delete a contact."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.models import Contact
from flashsms.services import contacts, opt_outs
from flashsms.services.errors import DomainError
from flashsms.web import book, bp
from flashsms.web.asking import ask, is_sure
from flashsms.web.book import View, current_view
from flashsms.web.forms.asking import status
from flashsms.web.forms.contacts import ContactForm, PersonForm
from flashsms.web.pages import by_htmx, csv_file, render


@bp.get("/contacts")
@login_required
def list_contacts() -> ResponseReturnValue:
    """Show the contacts, all or of a group, or those that a search finds."""
    return book.show(current_view(), ContactForm(formdata=None))


@bp.post("/contacts")
@login_required
def add_contact() -> ResponseReturnValue:
    """Add a contact."""
    form = ContactForm()
    group = form.group.data or None
    if form.validate_on_submit():
        try:
            draft = contacts.drafts.read(form.given())
            contacts.create(current_user.account.id, draft, group)
        except DomainError as error:
            form.complain(error)
        else:
            flash("The contact was added.")
            return redirect(url_for(".list_contacts", group=group))
    return book.show(View("", group, 1), form), 400


@bp.get("/contacts/export")
@login_required
def export_contacts() -> ResponseReturnValue:
    """Download the contacts, all or of a group, as CSV."""
    account_id = current_user.account.id
    group_id = contacts.groups.id_of(account_id, request.args.get("group") or None)
    return csv_file("contacts", contacts.export_csv(account_id, group_id))


@bp.get("/contacts/<contact_id>")
@login_required
def show_contact(contact_id: str) -> ResponseReturnValue:
    """Show a contact: its row for HTMX, otherwise the page that changes it."""
    if not by_htmx():
        args = current_view().args()
        return redirect(url_for(".edit_contact", contact_id=contact_id, **args))
    return _row(contacts.find(current_user.account.id, contact_id))


@bp.route("/contacts/<contact_id>/edit", methods=["GET", "POST"])
@login_required
def edit_contact(contact_id: str) -> ResponseReturnValue:
    """Change a contact, in its row or on a page of its own."""
    account_id = current_user.account.id
    contact = contacts.find(account_id, contact_id)
    known = {name: getattr(contact, name) for name in ("first_name", "last_name", "email")}
    form = PersonForm(data=known | {"phone": f"+{contact.phone}"})
    if form.validate_on_submit():
        try:
            changed = contacts.edit(account_id, contact_id, form.given())
        except DomainError as error:
            form.complain(error)
        else:
            return _edited(changed)
    shown = render(
        "contacts/edit.html",
        "contacts/_row_edit.html",
        contact=contact,
        form=form,
        view=current_view(),
    )
    return shown, 200 if by_htmx() else status(form)  # a row that asks again is no broken page


@bp.post("/contacts/<contact_id>/delete")
@login_required
def delete_contact(contact_id: str) -> ResponseReturnValue:
    """Delete a contact, once the visitor is sure; messages sent to it stay in the history."""
    account_id = current_user.account.id
    if not is_sure():
        phone = contacts.find(account_id, contact_id).phone
        sentence = f"+{phone} will be gone. Messages that were sent stay in the history."
        return _ask("Delete this contact?", sentence)
    contacts.delete(account_id, contact_id)
    flash("The contact was deleted.")
    return book.back()


def _edited(contact: Contact) -> ResponseReturnValue:
    if by_htmx():
        return _row(contact)
    flash("The contact was changed.")
    return book.back()


def _row(contact: Contact) -> str:
    """Render a row into which the keyboard returns."""
    opted_out = opt_outs.among(current_user.account.id, [contact.phone])
    return render_template(
        "contacts/_row.html",
        contact=contact,
        opted_out=opted_out,
        view=current_view(),
        focus=True,
    )


def _ask(heading: str, sentence: str) -> str:
    there = book.address(current_view())
    return ask(heading, sentence, yes="Delete", back=there, area="contacts")
