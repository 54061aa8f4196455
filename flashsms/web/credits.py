"""Credits: how many there are, and what every one of them was used for."""

from flask import render_template, request
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import ledger
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.credits import TYPES, LedgerForm
from flashsms.web.pages import csv_file
from flashsms.web.session import owner_required

LIMIT = 25  # rows on a page


@bp.get("/credits")
@owner_required
def list_transactions() -> ResponseReturnValue:
    """Show the balance and the ledger, newest first, all of it or what a filter leaves."""
    account = current_user.account
    form = LedgerForm(request.args)
    shown = {"form": form, "types": TYPES, "balance": account.balance}
    if not form.validate():
        return render_template("credits/index.html", found=None, sums=None, **shown), 400
    wanted = form.wanted(account.timezone)
    place = {name: request.args.get(name) for name in ("before", "after")}
    return render_template(
        "credits/index.html",
        found=ledger.page(account.id, wanted, LIMIT, **place),
        sums=ledger.sums(account.id, wanted),
        **shown,
    )


@bp.get("/credits.csv")
@owner_required
def export_transactions() -> ResponseReturnValue:
    """Give the ledger, or what a filter leaves of it, as a file for spreadsheet programs."""
    account = current_user.account
    form = LedgerForm(request.args)
    if not form.validate():
        sentences = (sentence for faults in form.errors.values() for sentence in faults)
        raise DomainError("bad_filter", next(sentences))
    pieces = ledger.export_csv(account.id, form.wanted(account.timezone), account.timezone)
    return csv_file("credits", pieces)
