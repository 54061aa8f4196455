"""Getting in and out: sign up, sign in, sign out."""

from urllib.parse import urlsplit

from flask import Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, login_required, login_user, logout_user
from flask_wtf import CSRFProtect, FlaskForm

from flashsms.models import Account, User
from flashsms.services import people
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms import SignInForm, SignUpForm
from flashsms.web.headers import keep_private

_FIELD_OF = {  # the field that a refusal is shown at
    "bad_name": "name",
    "bad_phone": "phone",
    "bad_email": "email",
    "email_taken": "email",
    "bad_password": "password",
    "bad_code": "code",
}

login = LoginManager()
login.login_view = "web.sign_in"
login.login_message = ""  # the page says it
csrf = CSRFProtect()


class Visitor(UserMixin):
    """A user as Flask-Login carries it from request to request."""

    def __init__(self, user: User) -> None:
        self.user = user

    @property
    def account(self) -> Account:
        """The account that the user belongs to."""
        return self.user.account

    def get_id(self) -> str:
        """Return what the session cookie says: void once the user's sessions are ended."""
        return f"{self.user.id}.{self.user.session_version}"


def init_app(app: Flask) -> None:
    """Read who is signed in from a cookie that only this site and its scripts' requests send."""
    app.config.update(
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=app.config["PUBLIC_URL"].startswith("https:"),
        REMEMBER_COOKIE_HTTPONLY=True,
        WTF_CSRF_TIME_LIMIT=None,  # as long as the session: a form may lie open over lunch
    )
    login.init_app(app)
    csrf.init_app(app)


@login.user_loader
def load(session_id: str) -> Visitor | None:
    """Return who a session cookie stands for, or None when that session has ended."""
    user_id, _, version = session_id.partition(".")
    user = people.load(int(user_id), int(version))
    if user is None:
        return None
    keep_private()
    return Visitor(user)


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
            _complain(form, error)
        else:
            login_user(Visitor(user))
            return redirect(url_for("web.index"))
    return render_template("session/sign_up.html", form=form), _status(form)


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
            _complain(form, error)
        else:
            needs_code = found.needs_code
            if not needs_code:
                login_user(Visitor(found.user))
                return redirect(_within(form.next.data))
    page = render_template("session/sign_in.html", form=form, needs_code=needs_code)
    return page, _status(form)


@bp.post("/logout")
@login_required
def sign_out() -> ResponseReturnValue:
    """End this session."""
    logout_user()
    return redirect(url_for("web.sign_in"))


def _complain(form: FlaskForm, error: DomainError) -> None:
    """Show a refusal at the field that it is about, or else at the first one."""
    name = _FIELD_OF.get(error.code, "email")
    field = form[name if name in form else "email"]
    field.errors = [*field.errors, error.sentence]


def _status(form: FlaskForm) -> int:
    return 400 if form.errors else 200


def _within(target: str | None) -> str:
    """Return where to go on: a path of this site, never another one."""
    there = urlsplit(target or "")
    ours = there.path.startswith("/") and not (there.scheme or there.netloc)
    if not ours or there.path.startswith("//") or "\\" in (target or ""):
        return url_for("web.index")
    return there._replace(fragment="").geturl()
