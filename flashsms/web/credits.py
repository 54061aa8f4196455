"""Credits."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import login_required

from flashsms.web import bp


@bp.get("/credits")
@login_required
def list_transactions() -> ResponseReturnValue:
    """Show it."""
    return render_template("app.html")
