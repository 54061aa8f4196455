"""The address book: search, page, add, delete; groups at the side."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from wtforms.fields.choices import SelectChoice

from flashsms.services import contacts, opt_outs
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.contacts import ContactForm, GroupForm
from flashsms.web.pages import render

LIMIT = 50  # contacts on a page
_LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the address book is looked at; the address of the page says it."""

    search: str
    group: str | None
    page: int

    def args(self, **changed: Any) -> dict[str, Any]:
        """Return the arguments of its address, or of one that differs in something."""
        here = {"q": self.search or None, "group": self.group, "page": self.page} | changed
        return here | {"page": None if here["page"] == 1 else here["page"]}


@bp.get("/contacts")
@login_required
def list_contacts() -> ResponseReturnValue:
    """Show the contacts, all or of a group, or those that a search finds."""
    return _page(_view(), ContactForm(formdata=None))


@bp.post("/contacts")
@login_required
def add_contact() -> ResponseReturnValue:
    """Add a contact."""
    form = ContactForm()
    if form.validate_on_submit():
        given = {
            "phone": form.phone.data,
            "firstName": form.first_name.data,
            "lastName": form.last_name.data,
            "email": form.email.data,
        }
        try:
            draft = contacts.drafts.read(given)
            contacts.create(current_user.account.id, draft, form.group.data or None)
        except DomainError as error:
            form.phone.errors = [error.sentence]
        else:
            flash("The contact was added.")
            return redirect(url_for(".list_contacts", group=form.group.data or None))
    return _page(View("", form.group.data or None, 1), form), 400


@bp.post("/contacts/<contact_id>/delete")
@login_required
def delete_contact(contact_id: str) -> ResponseReturnValue:
    """Delete a contact; the messages sent to it stay in the history."""
    contacts.delete(current_user.account.id, contact_id)
    flash("The contact was deleted.")
    return redirect(url_for(".list_contacts"))


@bp.post("/contacts/groups")
@login_required
def add_group() -> ResponseReturnValue:
    """Make an empty group."""
    form = GroupForm()
    if form.validate_on_submit():
        try:
            group = contacts.groups.create(current_user.account.id, form.name.data)
        except DomainError as error:
            flash(error.sentence, "error")
        else:
            return redirect(url_for(".list_contacts", group=group.public_id))
    else:
        flash("Enter a name for the group.", "error")
    return redirect(url_for(".list_contacts"))


def _view() -> View:
    typed = request.args.get("page", "")
    page = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 8 else 1
    wanted = request.args.get("q", "").replace("\0", "")[: contacts.LONGEST_SEARCH]
    return View(wanted, request.args.get("group") or None, min(max(page, 1), _LAST_PAGE))


def _page(view: View, form: ContactForm) -> str:
    account_id = current_user.account.id
    group_id = contacts.groups.id_of(account_id, view.group)
    found = contacts.page(account_id, view.page, LIMIT, search=view.search, group_id=group_id)
    groups = contacts.groups.counted(account_id)
    known = (SelectChoice(value=one.public_id, label=one.name) for one, _ in groups)
    form.group.choices = [SelectChoice(value="", label="No group"), *known]
    if view.group and not form.group.data:
        form.group.data = view.group
    return render(
        "contacts/index.html",
        "contacts/_table.html",
        view=view,
        found=found,
        opted_out=opt_outs.among(account_id, [one.phone for one in found.items]),
        groups=groups,
        form=form,
        group_form=GroupForm(formdata=None),
    )
