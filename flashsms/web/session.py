"""Who is signed in, and who may see what."""

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec
from urllib.parse import urlsplit

from flask import Flask, redirect, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import LoginManager, UserMixin, current_user, login_required
from flask_wtf import CSRFProtect

from flashsms.models import Account, Role, User
from flashsms.services import accounts, audit, people
from flashsms.services.audit import Actor
from flashsms.services.errors import DomainError, NotFound
from flashsms.web.headers import keep_private

Given = ParamSpec("Given")

VIEWED = "viewed"  # where the session keeps the id of the account that an operator looks at

_LONGEST_WAY = 500  # characters
_ONLY_LOOKING = {"GET", "HEAD", "OPTIONS"}
_ABOUT_ONESELF = {"web.show_settings", "web.show_security", "web.set_up_second_factor"}

login = LoginManager()
# Its protection marks sessions of visitors in answers that may come after the one that signs in.
login.session_protection = None
csrf = CSRFProtect()


class ReadOnly(DomainError):
    """What an operator who looks at an account may not do in it."""

    status = 403

    def __init__(self, account: Account) -> None:
        super().__init__(
            "read_only",
            f"You are looking at {account.name} as its owner does, and nothing can be changed "
            "like that. Stop looking at the top of any page first.",
        )


class Visitor(UserMixin):
    """A user as Flask-Login carries it from request to request.

    `viewed` is the account that an operator looks at instead of the own one; only the dashboard
    shows it, the operators' area goes on as ever.
    """

    def __init__(self, user: User, viewed: Account | None = None) -> None:
        self.user = user
        self.viewed = viewed

    @property
    def is_viewing(self) -> bool:
        """Whether this page shows another account than the user's own, only to be looked at."""
        return self.viewed is not None and request.blueprint == "web"

    @property
    def account(self) -> Account:
        """The account that the user belongs to, or looks at."""
        return self.viewed if self.viewed and self.is_viewing else self.user.account

    @property
    def is_owner(self) -> bool:
        """Whether the account's money, keys and people are the user's business."""
        return self.is_viewing or self.user.role is Role.OWNER

    @property
    def is_operator(self) -> bool:
        """Whether the user runs this installation."""
        return self.user.is_admin

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
    app.before_request(only_look)  # before the token is read: no form of another account counts
    csrf.init_app(app)


@login.unauthorized_handler
def ask_to_sign_in() -> ResponseReturnValue:
    """Lead to the sign-in page, and from there back; HTMX must not put it into a table."""
    if "HX-Request" in request.headers:
        back = way_back(_path_of(request.headers.get("HX-Current-URL", "")))
        return "", 401, {"HX-Redirect": url_for("web.sign_in", next=back)}
    wanted = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("web.sign_in", next=way_back(wanted)))


def is_operator() -> bool:
    """Whether whoever asks runs this installation."""
    return bool(current_user.is_authenticated and current_user.is_operator)


def way_back(target: str | None) -> str | None:
    """Return where to go on after signing in: a path of this site, never another one.

    None when `target` is none, or too long to be carried along.
    """
    if not target or len(target) > _LONGEST_WAY:
        return None
    try:
        there = urlsplit(target)._replace(fragment="")
    except ValueError:  # such as half an IPv6 address
        return None
    path = there.geturl()
    elsewhere = there.scheme or there.netloc or path.startswith("//") or "\\" in path
    return None if elsewhere or not path.startswith("/") else path


def address() -> str:
    """Return the visitor's IP address, by which attempts are counted."""
    return request.remote_addr or ""


@login.user_loader
def load(session_id: str) -> Visitor | None:
    """Return who a session cookie stands for, or None when that session has ended."""
    user_id, _, version = session_id.partition(".")
    user = people.load(int(user_id), int(version))
    if user is None:
        return None
    keep_private()
    audit.act_as(Actor(user.email, address()))
    return Visitor(user, _viewed_by(user))


def only_look() -> ResponseReturnValue | None:
    """Refuse whatever an operator would change in an account that is looked at, but signing out.

    The pages about the operator's own sign-in lead to those about the account.
    """
    if request.blueprint != "web" or VIEWED not in session or not current_user.is_authenticated:
        return None
    if not current_user.is_viewing or request.endpoint == "web.sign_out":
        return None
    if request.method not in _ONLY_LOOKING:
        raise ReadOnly(current_user.account)
    return redirect(url_for("web.show_account")) if request.endpoint in _ABOUT_ONESELF else None


def _viewed_by(user: User) -> Account | None:
    """Return the account that the session says is looked at: operators only, asked every time."""
    public_id = session.get(VIEWED)
    if public_id is None:
        return None
    try:
        if user.is_admin:
            return accounts.find(public_id)
    except NotFound:
        pass
    del session[VIEWED]
    return None


def _path_of(url: str) -> str | None:
    try:
        return urlsplit(url)._replace(scheme="", netloc="", fragment="").geturl()
    except ValueError:
        return None


def owner_required(
    view: Callable[Given, ResponseReturnValue],
) -> Callable[Given, ResponseReturnValue]:
    """Let only owners of the account see a view: what is about its money, keys and people."""

    @wraps(view)
    def guarded(*args: Given.args, **kwargs: Given.kwargs) -> ResponseReturnValue:
        if not current_user.is_owner:
            raise people.OwnersOnly
        return view(*args, **kwargs)

    signed_in: Callable[Given, ResponseReturnValue] = login_required(guarded)
    return signed_in
