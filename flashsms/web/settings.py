"""Settings."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from flashsms.web import bp


@bp.get("/settings")
@login_required
def show_settings() -> ResponseReturnValue:
    """Show it."""
    return render_template("app.html")
