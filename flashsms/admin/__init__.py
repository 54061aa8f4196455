"""The operators' area: for users with `is_admin`; to anybody else it does not exist."""

from flask import Blueprint, Flask, abort, request

from flashsms.services.errors import DomainError
from flashsms.web import pages
from flashsms.web.session import csrf, is_operator

bp = Blueprint("admin", __name__, url_prefix="/admin")

from flashsms.admin import (  # noqa: E402  (they add their routes to bp)
    accounts,
    audit,
    carriers,
    history,
    numbers,
    overview,
    protected,
    queues,
    senders,
    templates,
    transactions,
    viewing,
)

bp.register_error_handler(DomainError, pages.answer_error)

__all__ = [
    "accounts",
    "audit",
    "bp",
    "carriers",
    "history",
    "init_app",
    "numbers",
    "overview",
    "protected",
    "queues",
    "senders",
    "templates",
    "transactions",
    "viewing",
]


def init_app(app: Flask) -> None:
    """Register the area behind its guard."""
    csrf.exempt(bp)  # a missing token must not tell a stranger that there is something
    app.before_request(_guard)
    app.register_blueprint(bp)


def _guard() -> None:
    """Answer 404 to whoever is no operator, whatever the address and the method."""
    path = "/" + request.path.lstrip("/")
    if path != bp.url_prefix and not path.startswith(f"{bp.url_prefix}/"):
        return
    if not is_operator():
        abort(404)
    csrf.protect()
