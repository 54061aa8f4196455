"""How the installation is doing."""

from collections.abc import Sequence
from typing import Any

from flask import render_template
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.admin.charts import bars, chart, days, line
from flashsms.services.carriers import standing
from flashsms.services.operations import overview
from flashsms.services.operations.overview import Hour
from flashsms.services.operations.transactions import DayTotals
from flashsms.web.pages import by_htmx


@bp.get("")
def index() -> ResponseReturnValue:
    """Show today beside the days before, and how queues, workers and carriers stand now."""
    live = overview.live()
    if by_htmx():
        return render_template("admin/overview/_live.html", **_shown(live))
    found = overview.read(current_user.account.timezone)
    return render_template(
        "admin/overview/index.html",
        **_shown(live),
        found=found,
        days=overview.DAYS,
        most_waiting=overview.MOST_WAITING,
        hours_chart=_by_hour(found.messages.hours),
        credits_chart=_by_day(found.credits),
    )


def _shown(live: overview.Live) -> dict[str, Any]:
    return {"live": live, "waiting": standing.waiting(live.carriers)}


def _by_hour(hours: Sequence[Hour]) -> dict[str, Any]:
    return chart(
        [f"{one.hour:02}:00" for one in hours],
        line("Sent, usually", "purple", (one.usual.sent for one in hours)),
        bars("Sent", "blue", (one.today.sent for one in hours)),
        bars("Delivered", "green", (one.today.delivered for one in hours)),
        bars("Failed", "red", (one.today.failed for one in hours)),
    )


def _by_day(credits: Sequence[DayTotals]) -> dict[str, Any]:
    return chart(
        days(one.day for one in credits),
        bars("Sold", "green", (one.sold for one in credits)),
        bars("Used", "blue", (one.used for one in credits)),
    )
