"""Settings: of a person, of the account, and what keeps a person's sign-in safe."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user

from flashsms.services import people
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.asking import Form, complain, status
from flashsms.web.forms.settings import (
    AccountForm,
    ChangePasswordForm,
    ProfileForm,
    SwitchOffForm,
)
from flashsms.web.session import Visitor, owner_required


@bp.route("/settings", methods=["GET", "POST"])
@login_required
def show_settings() -> ResponseReturnValue:
    """Show and change what somebody is called."""
    form = ProfileForm(name=current_user.user.name)
    if form.validate_on_submit():
        try:
            people.edit_profile(current_user.user, form.name.data)
        except DomainError as error:
            complain(form, error, otherwise="name")
        else:
            flash("Your profile was saved.")
            return redirect(url_for(".show_settings"))
    return render_template("settings/profile.html", form=form), status(form)


@bp.post("/settings/leave")
@login_required
def leave_account() -> ResponseReturnValue:
    """Let somebody leave the account for good."""
    user = current_user.user
    try:
        people.remove(user.account_id, user.public_id, by=user)
    except people.LastOwner as error:
        flash(error.sentence, "error")
        return redirect(url_for(".show_settings"))
    logout_user()
    flash("You left the account.")
    return redirect(url_for(".sign_in"))


@bp.route("/settings/account", methods=["GET", "POST"])
@owner_required
def show_account() -> ResponseReturnValue:
    """Show and change what the account is called, and where it is."""
    account = current_user.account
    form = AccountForm(name=account.name, phone=account.phone, timezone=account.timezone)
    form.offer_timezones(account.timezone)
    if form.validate_on_submit():
        wanted = {"name": form.name.data, "phone": form.phone.data, "timezone": form.timezone.data}
        try:
            people.edit_account(account.id, **wanted)
        except DomainError as error:
            complain(form, error, otherwise="name")
        else:
            flash("The account was saved.")
            return redirect(url_for(".show_account"))
    return render_template("settings/account.html", form=form), status(form)


@bp.get("/settings/security")
@login_required
def show_security() -> ResponseReturnValue:
    """Show what keeps the sign-in safe: the password, the sessions, the second factor."""
    return security_page()


@bp.post("/settings/security")
@login_required
def change_password() -> ResponseReturnValue:
    """Change the password; who is signed in elsewhere with the old one is out."""
    form = ChangePasswordForm()
    if form.validate_on_submit():
        try:
            user = people.change_password(current_user.user, form.current.data, form.password.data)
        except DomainError as error:
            complain(form, error, otherwise="current")
        else:
            login_user(Visitor(user))
            flash("Your password was changed, and you are signed out everywhere else.")
            return redirect(url_for(".show_security"))
    return security_page(password=form)


@bp.post("/settings/security/sign-out-everywhere")
@login_required
def sign_out_everywhere() -> ResponseReturnValue:
    """End all of somebody's sessions but this one."""
    login_user(Visitor(people.sign_out_everywhere(current_user.user)))
    flash("You are signed out everywhere else.")
    return redirect(url_for(".show_security"))


def security_page(
    password: Form | None = None, switch_off: Form | None = None
) -> ResponseReturnValue:
    """Show the page with one of its forms as it was sent, or both new."""
    sent = password or switch_off
    page = render_template(
        "settings/security.html",
        form=password or ChangePasswordForm(formdata=None),
        switch_off=switch_off or SwitchOffForm(formdata=None, prefix="off-"),
        codes_left=people.codes_left(current_user.user),
    )
    return page, status(sent) if sent else 200
