"""API keys."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from flashsms.web import bp


@bp.get("/api-keys")
@login_required
def list_keys() -> ResponseReturnValue:
    """Show it."""
    return render_template("app.html")
