"""Getting in and out: sign up, sign in, sign out."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

from flask import flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required, login_user, logout_user

from flashsms.services import people
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.asking import complain, status
from flashsms.web.forms.session import CodeForm, SignInForm, SignUpForm
from flashsms.web.session import Visitor, address, way_back

Given = ParamSpec("Given")

_TICKET = "code_ticket"  # where the session keeps it


def visitors_only(
    view: Callable[Given, ResponseReturnValue],
) -> Callable[Given, ResponseReturnValue]:
    """Send somebody who is in already to the home page."""

    @wraps(view)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> ResponseReturnValue:
        if current_user.is_authenticated:
            return redirect(url_for("web.index"))
        return view(*args, **kwargs)

    return guarded


@bp.route("/signup", methods=["GET", "POST"])
@visitors_only
def sign_up() -> ResponseReturnValue:
    """Open an account, and be in."""
    form = SignUpForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            user = people.sign_up(
                name=form.name.data,
                phone=form.phone.data,
                email=form.email.data,
                password=form.password.data,
                address=address(),
            )
        except DomainError as error:
            complain(form, error, otherwise="email")
        else:
            return let_in(people.proven(user), form.next.data)
    return render_template("session/sign_up.html", form=form), status(form)


@bp.route("/login", methods=["GET", "POST"])
@visitors_only
def sign_in() -> ResponseReturnValue:
    """Let somebody in who has an account, or ask for a code first."""
    form = SignInForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            found = people.sign_in(form.email.data, form.password.data, address())
        except DomainError as error:
            complain(form, error, otherwise="email")
        else:
            return let_in(found, form.next.data)
    return render_template("session/sign_in.html", form=form), status(form)


@bp.route("/login/code", methods=["GET", "POST"])
def enter_code() -> ResponseReturnValue:
    """Let somebody in whose password was right, with a code of the authenticator app."""
    if _TICKET not in session:
        return redirect(url_for("web.sign_in", next=way_back(request.args.get("next"))))
    form = CodeForm(next=request.args.get("next"))
    if form.validate_on_submit():
        try:
            user = people.sign_in_with_code(session[_TICKET], form.code.data, address())
        except DomainError as error:
            if error.code == "bad_ticket":
                return _begin_again(error, form.next.data)
            complain(form, error, otherwise="code")
        else:
            return let_in(people.SignedIn(user), form.next.data)
    return render_template("session/enter_code.html", form=form), status(form)


@bp.post("/logout")
@login_required
def sign_out() -> ResponseReturnValue:
    """Let this browser forget who was signed in."""
    logout_user()
    return redirect(url_for("web.sign_in"))


def let_in(found: people.SignedIn, target: str | None = None) -> ResponseReturnValue:
    """Begin a session and go on to `target`, or ask for the code that is still missing.

    Nothing of the session before is kept, whosever it was: neither its token nor its messages.
    """
    session.clear()
    if found.ticket:
        session[_TICKET] = found.ticket
        return redirect(url_for("web.enter_code", next=way_back(target)))
    login_user(Visitor(found.user))
    return redirect(way_back(target) or url_for("web.index"))


def _begin_again(error: DomainError, target: str | None) -> ResponseReturnValue:
    del session[_TICKET]
    flash(error.sentence, "error")
    return redirect(url_for("web.sign_in", next=way_back(target)))
