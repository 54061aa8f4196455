"""Who belongs to the account, who is invited, and joining by an invitation."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.models import Role
from flashsms.services import mail, people
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.entry import let_in
from flashsms.web.forms.asking import complain, status
from flashsms.web.forms.session import NewPasswordForm
from flashsms.web.forms.settings import InviteForm, RoleForm
from flashsms.web.headers import keep_private
from flashsms.web.session import owner_required


@bp.get("/settings/members")
@owner_required
def list_members() -> ResponseReturnValue:
    """Show who belongs to the account and who is invited."""
    return _page(InviteForm(formdata=None))


@bp.post("/settings/members")
@owner_required
def invite_member() -> ResponseReturnValue:
    """Invite somebody by mail."""
    form = InviteForm()
    if form.validate_on_submit():
        user = current_user.user
        try:
            invited = people.invite(user.account_id, form.email.data, Role(form.role.data), by=user)
        except DomainError as error:
            complain(form, error, otherwise="email")
        else:
            flash(f"{invited.email} is invited. The link in the mail works for 7 days.")
            return redirect(url_for(".list_members"))
    return _page(form)


@bp.post("/settings/members/<member_id>/role")
@owner_required
def change_role(member_id: str) -> ResponseReturnValue:
    """Make a member an owner, or an owner a member."""
    form = RoleForm()
    if not form.validate():
        flash("Choose whether to make this person an owner or a member.", "error")
        return redirect(url_for(".list_members"))
    user = current_user.user
    try:
        people.change_role(user.account_id, member_id, Role(form.role.data), by=user)
        flash("The role was changed.")
    except people.LastOwner as error:
        flash(error.sentence, "error")
    return redirect(url_for(".list_members" if current_user.is_owner else ".show_settings"))


@bp.post("/settings/members/<member_id>/remove")
@owner_required
def remove_member(member_id: str) -> ResponseReturnValue:
    """Remove somebody else from the account for good."""
    user = current_user.user
    try:
        people.remove(user.account_id, member_id, by=user)
        flash("The member was removed.")
    except people.LastOwner as error:
        flash(error.sentence, "error")
    return redirect(url_for(".list_members"))


@bp.post("/settings/invitations/<invitation_id>/revoke")
@owner_required
def revoke_invitation(invitation_id: str) -> ResponseReturnValue:
    """Make an invitation useless."""
    people.revoke(current_user.account.id, invitation_id, by=current_user.user)
    flash("The invitation was revoked; its link works no more.")
    return redirect(url_for(".list_members"))


@bp.route(f"{people.INVITATION_PATH}<token>", methods=["GET", "POST"])
def accept_invitation(token: str) -> ResponseReturnValue:
    """Let who holds a mailed link join an account by choosing a password."""
    keep_private()
    form = NewPasswordForm()
    try:
        invitation = people.find_invitation(token)
        if form.validate_on_submit():
            joined = people.accept(token, form.password.data)
            further = let_in(people.proven(joined))
            flash(f"Welcome to {invitation.account.name}.")
            return further
    except DomainError as error:
        if error.code == "bad_link":
            return _useless()
        complain(form, error, otherwise="password")
    page = render_template("session/invitation.html", form=form, invitation=invitation)
    return page, status(form)


def _page(form: InviteForm) -> ResponseReturnValue:
    account_id = current_user.account.id
    page = render_template(
        "settings/members.html",
        form=form,
        members=people.members(account_id),
        invitations=people.invitations(account_id),
        has_mail=mail.is_set(),
    )
    return page, status(form)


def _useless() -> ResponseReturnValue:
    sentence = "It is too old, was used already, or was taken back. Ask for another invitation."
    heading = "This invitation works no more"
    return render_template("error.html", heading=heading, sentence=sentence), 400
