"""What was done in the account, for its owners."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import audit, people
from flashsms.web import bp
from flashsms.web.session import owner_required

LIMIT = 25  # entries on a page


@bp.get("/settings/activity")
@owner_required
def list_activity() -> ResponseReturnValue:
    """Show who did what, the latest first."""
    before = request.args.get("before") or None
    found = audit.page(current_user.account.id, LIMIT, before)
    operators = people.operators_among(entry.actor for entry in found.items)
    others = operators - {current_user.user.email}
    return render_template("settings/activity.html", found=found, before=before, operators=others)
