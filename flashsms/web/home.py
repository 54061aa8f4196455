"""The page that greets whoever opens the installation's address."""

from flask import render_template
from flask.typing import ResponseReturnValue

from flashsms.web import bp


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show what this is and how to send a first message."""
    return render_template("home/index.html")
