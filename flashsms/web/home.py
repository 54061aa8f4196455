"""The page that greets whoever opens the installation's address."""

from collections.abc import Sequence
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import activity, campaigns, first_steps
from flashsms.services.activity import Day
from flashsms.web import bp
from flashsms.web.pages import by_htmx
from flashsms.web.session import ask_to_sign_in

LAST_CAMPAIGNS = 5


@bp.get("/")
def index() -> ResponseReturnValue:
    """Show visitors what this is, and somebody who is signed in how things stand."""
    if not current_user.is_authenticated:
        return ask_to_sign_in() if by_htmx() else render_template("home/landing.html")
    account = current_user.account
    last = campaigns.listing.page(account.id, LAST_CAMPAIGNS).items
    soonest = min(filter(None, map(campaigns.listing.poll_after, last)), default=None)
    if by_htmx():
        return render_template("home/_last.html", campaigns=last, poll_after=soonest)
    days = activity.by_day(account.id, account.timezone)
    return render_template(
        "home/index.html",
        balance=account.balance,
        steps=first_steps.of(account.id),
        campaigns=last,
        poll_after=soonest,
        days=days,
        totals=activity.total(days),
        chart=chart_of(days),
        ranges=activity.by_operator(account.id, account.timezone),
    )


def chart_of(days: Sequence[Day]) -> dict[str, list[Any]]:
    """Return the days as the chart's script reads them."""
    return {
        "days": [f"{one.day:%-d %b}" for one in days],
        "sent": [one.sent for one in days],
        "delivered": [one.delivered for one in days],
        "failed": [one.failed for one in days],
    }
