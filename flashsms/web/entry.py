"""Getting in and out: sign up, sign in, sign out."""

from urllib.parse import urlsplit

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import login_required, login_user, logout_user

from flashsms.services import people
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.asking import complain, status
from flashsms.web.forms.session import SignInForm, SignUpForm
from flashsms.web.session import Visitor


@bp.route("/signup", methods=["GET", "POST"])
def sign_up() -> ResponseReturnValue:
    """Open an account, and be in."""
    form = SignUpForm()
    if form.validate_on_submit():
        try:
            user = people.sign_up(
                name=form.name.data,
                phone=form.phone.data,
                email=form.email.data,
                password=form.password.data,
            )
        except DomainError as error:
            complain(form, error, otherwise="email")
        else:
            login_user(Visitor(user))
            return redirect(url_for("web.index"))
    return render_template("session/sign_up.html", form=form), status(form)


@bp.route("/login", methods=["GET", "POST"])
def sign_in() -> ResponseReturnValue:
    """Let somebody in who has an account."""
    form = SignInForm(next=request.args.get("next"))
    needs_code = False
    if form.validate_on_submit():
        try:
            found = people.sign_in(
                form.email.data,
                form.password.data,
                address=request.remote_addr or "",
                code=form.code.data or None,
            )
        except DomainError as error:
            complain(form, error, otherwise="email")
        else:
            needs_code = found.needs_code
            if not needs_code:
                login_user(Visitor(found.user))
                return redirect(_within(form.next.data))
    page = render_template("session/sign_in.html", form=form, needs_code=needs_code)
    return page, status(form)


@bp.post("/logout")
@login_required
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    return redirect(url_for("web.sign_in"))


def _within(target: str | None) -> str:
    """Return where to go on: a path of this site, never another one."""
    there = urlsplit(target or "")
    ours = there.path.startswith("/") and not (there.scheme or there.netloc)
    if not ours or there.path.startswith("//") or "\\" in (target or ""):
        return url_for("web.index")
    return there._replace(fragment="").geturl()
