"""What people and monitors see in a browser."""

from flask import Blueprint, Flask

from flashsms.services.errors import DomainError

bp = Blueprint("web", __name__)

from flashsms.web import (  # noqa: E402  (they add their routes to bp)
    assets,
    campaigns,
    contacts,
    credits,
    entry,
    headers,
    health,
    home,
    keys,
    pages,
    senders,
    session,
    settings,
    showing,
    templates,
)

bp.register_error_handler(DomainError, pages.answer_error)

__all__ = [
    "bp",
    "campaigns",
    "contacts",
    "credits",
    "entry",
    "health",
    "home",
    "init_app",
    "keys",
    "senders",
    "settings",
    "templates",
]


def init_app(app: Flask) -> None:
    """Register the dashboard: its routes, its sessions, what its templates and answers need."""
    app.register_blueprint(bp)
    session.init_app(app)
    showing.init_app(app)
    assets.init_app(app)
    headers.init_app(app)
