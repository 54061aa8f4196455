"""What people and monitors see in a browser."""

from flask import Blueprint

bp = Blueprint("web", __name__)

from flashsms.web import health, home  # noqa: E402, F401  (they add their routes to bp)
