"""Passwords of people who are not in: how strong a new one is, and what if one was forgotten."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flashsms.services import mail, people
from flashsms.services.errors import DomainError
from flashsms.text import passwords
from flashsms.web import bp
from flashsms.web.entry import let_in
from flashsms.web.forms.asking import complain, status
from flashsms.web.forms.session import ForgotForm, NewPasswordForm
from flashsms.web.headers import keep_private
from flashsms.web.session import address, csrf


@bp.post("/password-strength")
@csrf.exempt  # it changes nothing, and may be on its way while signing up changes the token
def show_strength() -> ResponseReturnValue:
    """Say how hard a password is to guess, while it is typed."""
    typed = request.form.get("password", "")
    strength = passwords.strength(typed, request.form.get("email", "")) if typed else None
    return render_template("session/_strength.html", strength=strength)


@bp.route("/forgot-password", methods=["GET", "POST"])
def forgot_password() -> ResponseReturnValue:
    """Mail somebody a link for a new password; say the same whether or not there is anybody."""
    form = ForgotForm()
    if form.validate_on_submit():
        people.ask_reset(form.email.data, address())
        flash("If somebody signs in with that e-mail, a link is on its way. It works for an hour.")
        return redirect(url_for(".sign_in"))
    page = render_template("session/forgot_password.html", form=form, has_mail=mail.is_set())
    return page, status(form)


@bp.route(f"{people.RESET_PATH}<token>", methods=["GET", "POST"])
def reset_password(token: str) -> ResponseReturnValue:
    """Let who holds a mailed link choose a password, and in."""
    keep_private()
    form = NewPasswordForm()
    try:
        user = people.check_reset(token)
        if form.validate_on_submit():
            user = people.reset(token, form.password.data, address())
            further = let_in(people.proven(user))
            flash("Your new password is set, and you are signed out everywhere else.")
            return further
    except DomainError as error:
        if error.code == "bad_link":
            flash(error.sentence, "error")
            return redirect(url_for(".forgot_password"))
        complain(form, error, otherwise="password")
    page = render_template("session/reset_password.html", form=form, email=user.email)
    return page, status(form)
