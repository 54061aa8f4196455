"""What people and monitors see in a browser."""

from flask import Blueprint, Flask

from flashsms.services.errors import DomainError

bp = Blueprint("web", __name__)

from flashsms.web import (  # noqa: E402  (they add their routes to bp)
    alerts,
    assets,
    audit,
    callbacks,
    campaigns,
    compose,
    contacts,
    conversations,
    credits,
    docs,
    entry,
    groups,
    headers,
    health,
    home,
    imports,
    keys,
    keywords,
    members,
    opt_outs,
    pages,
    passwords,
    reviewing,
    second_factor,
    selected,
    senders,
    session,
    settings,
    showing,
    templates,
    webhooks,
)

bp.register_error_handler(DomainError, pages.answer_error)

__all__ = [
    "alerts",
    "audit",
    "bp",
    "callbacks",
    "campaigns",
    "compose",
    "contacts",
    "conversations",
    "credits",
    "docs",
    "entry",
    "groups",
    "health",
    "home",
    "imports",
    "init_app",
    "keys",
    "keywords",
    "members",
    "opt_outs",
    "passwords",
    "reviewing",
    "second_factor",
    "selected",
    "senders",
    "settings",
    "templates",
    "webhooks",
]


def init_app(app: Flask) -> None:
    """Register the dashboard: its routes, its sessions, what its templates and answers need."""
    app.register_blueprint(bp)
    session.init_app(app)
    showing.init_app(app)
    assets.init_app(app)
    headers.init_app(app)
