"""The ledgers of all accounts, and whether they add up."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.admin.charts import bars, chart, days
from flashsms.admin.forms.transactions import LedgersForm
from flashsms.services import ledger_checks
from flashsms.services.errors import DomainError
from flashsms.services.operations import transactions
from flashsms.web.forms.credits import TYPES
from flashsms.web.pages import by_htmx, csv_file

LIMIT = 50  # rows on a page
CHECKS = 10  # balance checks that are listed


@bp.get("/credits")
def list_transactions() -> ResponseReturnValue:
    """Show what moved balances, newest first, all of it or what a filter leaves."""
    form = LedgersForm(request.args)
    shown = {"form": form, "types": TYPES, **_checks()}
    if not form.validate():
        page = render_template("admin/transactions/index.html", found=None, totals={}, **shown)
        return page, 400
    timezone = current_user.account.timezone
    place = {name: request.args.get(name) or None for name in ("before", "at")}
    found = transactions.page(form.wanted(timezone), LIMIT, **place)
    shown |= _totals(form)
    is_first = not any(place.values())
    return render_template("admin/transactions/index.html", found=found, is_first=is_first, **shown)


@bp.get("/credits.csv")
def export_transactions() -> ResponseReturnValue:
    """Give the ledgers, or what a filter leaves of them, as a file for spreadsheet programs."""
    form = LedgersForm(request.args)
    if not form.validate():
        sentences = (sentence for faults in form.errors.values() for sentence in faults)
        raise DomainError("bad_filter", next(sentences))
    timezone = current_user.account.timezone
    if request.method == "HEAD":  # takes nothing along
        return csv_file("ledgers", iter(()))
    return csv_file("ledgers", transactions.export_csv(form.wanted(timezone), timezone))


@bp.get("/credits/check")
def show_check() -> ResponseReturnValue:
    """Show whether balances add up: a part of the ledgers' page, which HTMX asks for again."""
    if not by_htmx():
        return redirect(url_for(".list_transactions"))
    return render_template("admin/transactions/_check.html", **_checks())


@bp.post("/credits/check")
def check_ledgers() -> ResponseReturnValue:
    """Have all balances checked."""
    ledger_checks.ask()
    flash("All balances are being checked. The result shows here once it is there.")
    return redirect(url_for(".list_transactions"))


def _checks() -> dict[str, Any]:
    checks = ledger_checks.recent(CHECKS)
    return {
        "checks": checks,
        "finished": ledger_checks.finished(checks),
        "running": ledger_checks.running(checks),
    }


def _totals(form: LedgersForm) -> dict[str, Any]:
    first, last = form.period()
    account = form.found_account.id if form.found_account else None
    by_day = transactions.by_day(first, last, account, form.wanted("UTC").type)
    return {
        "by_day": by_day,
        "longer": bool(by_day) and by_day[0].day > first,
        "totals": transactions.by_type(by_day),
        "chart": chart(
            days(one.day for one in by_day),
            bars("Bought", "green", (one.sold for one in by_day)),
            bars("Used", "blue", (one.used for one in by_day)),
        ),
    }
