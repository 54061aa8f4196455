"""The page that greets whoever opens the installation's address."""

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import credits, history
from flashsms.web import bp

LAST_CAMPAIGNS = 5


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show visitors what this is, and somebody who is signed in how things stand."""
    if not current_user.is_authenticated:
        return render_template("home/landing.html")
    account = current_user.account
    last = history.messages(account.id, history.Slice(page=1, limit=LAST_CAMPAIGNS))
    return render_template(
        "home/index.html", balance=credits.balance_of(account.id), campaigns=last.items
    )
