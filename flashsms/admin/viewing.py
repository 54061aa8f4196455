"""Seeing an account as its owner does: its pages, read only, until that is ended."""

from flask import flash, redirect, session, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.services.accounts import changing
from flashsms.web.session import VIEWED


@bp.post("/accounts/<account_id>/view")
def view_account(account_id: str) -> ResponseReturnValue:
    """Show the dashboard of an account from now on."""
    if account_id == current_user.account.public_id:
        session.pop(VIEWED, None)
        flash("This is your own account.")
        return redirect(url_for("web.index"))
    if session.get(VIEWED) != account_id:  # clicked twice it is noted once
        session[VIEWED] = changing.look_at(account_id).public_id
    return redirect(url_for("web.index"))


@bp.post("/view/end")
def end_viewing() -> ResponseReturnValue:
    """Show the operator's own account again."""
    viewed = session.pop(VIEWED, None)
    if viewed is None:
        return redirect(url_for(".list_accounts"))
    return redirect(url_for(".show_account", account_id=viewed))
