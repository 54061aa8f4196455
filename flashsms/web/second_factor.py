"""The second factor: setting up an authenticator app, and doing without it again."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user

from flashsms.services import people
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.asking import complain, status
from flashsms.web.forms.settings import FirstCodeForm, SwitchOffForm
from flashsms.web.session import Visitor
from flashsms.web.settings import security_page


@bp.post("/settings/two-factor/begin")
@login_required
def begin_second_factor() -> ResponseReturnValue:
    """Make a secret for an authenticator app."""
    try:
        people.begin(current_user.user)
    except DomainError as error:  # set up in another tab
        return _back_to_security(error)
    return redirect(url_for(".set_up_second_factor"))


@bp.get("/settings/two-factor")
@login_required
def set_up_second_factor() -> ResponseReturnValue:
    """Show the secret, as a picture and to type, until its first code was seen."""
    return _setting_up(FirstCodeForm())


@bp.post("/settings/two-factor")
@login_required
def confirm_second_factor() -> ResponseReturnValue:
    """Take the first code, end the other sessions, and show the recovery codes this once."""
    form = FirstCodeForm()
    if form.validate_on_submit():
        try:
            codes = people.confirm(current_user.user, form.code.data)
        except DomainError as error:
            if error.code in {"second_factor_on", "second_factor_missing"}:  # a reload
                return _back_to_security(error)
            complain(form, error, otherwise="code")
        else:
            login_user(Visitor(current_user.user))  # the sessions before have ended
            return render_template("settings/recovery_codes.html", codes=codes)
    return _setting_up(form)


@bp.post("/settings/two-factor/switch-off")
@login_required
def switch_off_second_factor() -> ResponseReturnValue:
    """Ask for no codes any more."""
    form = SwitchOffForm(prefix="off-")
    if form.validate_on_submit():
        try:
            people.switch_off(current_user.user, form.current.data)
        except DomainError as error:
            complain(form, error, otherwise="current")
        else:
            flash("Two-factor sign-in is off. Your password alone lets you in.")
            return redirect(url_for(".show_security"))
    return security_page(switch_off=form)


def _setting_up(form: FirstCodeForm) -> ResponseReturnValue:
    enrolment = people.resume(current_user.user)
    if enrolment is None:
        return redirect(url_for(".show_security"))
    page = render_template("settings/second_factor.html", form=form, enrolment=enrolment)
    return page, status(form)


def _back_to_security(error: DomainError) -> ResponseReturnValue:
    flash(error.sentence, "error")
    return redirect(url_for(".show_security"))
