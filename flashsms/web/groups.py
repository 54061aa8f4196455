"""Groups of contacts: made, renamed, deleted."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.services import contacts
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import status
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.contacts import GroupForm


@bp.route("/contacts/groups", methods=["GET", "POST"])
@login_required
def add_group() -> ResponseReturnValue:
    """Make an empty group."""
    form = GroupForm()
    if form.validate_on_submit():
        try:
            group = contacts.groups.create(current_user.account.id, form.name.data)
        except DomainError as error:
            blame(form, error, otherwise="name", name="name")
        else:
            return redirect(url_for(".list_contacts", group=group.public_id))
    return render_template("contacts/group.html", form=form, group=None), status(form)


@bp.route("/contacts/groups/<group_id>/edit", methods=["GET", "POST"])
@login_required
def rename_group(group_id: str) -> ResponseReturnValue:
    """Give a group another name."""
    group = contacts.groups.find(current_user.account.id, group_id)
    form = GroupForm(name=group.name)
    if form.validate_on_submit():
        try:
            contacts.groups.rename(current_user.account.id, group_id, form.name.data)
        except DomainError as error:
            blame(form, error, otherwise="name", name="name")
        else:
            flash("The group was renamed.")
            return redirect(url_for(".list_contacts", group=group_id))
    return render_template("contacts/group.html", form=form, group=group), status(form)


@bp.post("/contacts/groups/<group_id>/delete")
@login_required
def delete_group(group_id: str) -> ResponseReturnValue:
    """Delete a group, once the visitor is sure; its contacts stay."""
    account_id = current_user.account.id
    if not is_sure():
        name = contacts.groups.find(account_id, group_id).name
        return ask(
            "Delete this group?",
            f"The group “{name}” will be gone. Its contacts stay in your address book.",
            yes="Delete",
            back=url_for(".list_contacts", group=group_id),
            area="contacts",
        )
    contacts.groups.delete(account_id, group_id)
    flash("The group was deleted. Its contacts stay.")
    return redirect(url_for(".list_contacts"))
