"""Accounts: finding them, what they may do, their credits."""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.admin.forms.accounts import GrantForm, SuspendForm, TermsForm
from flashsms.models import Account, TransactionType
from flashsms.services import accounts, activity, audit, campaigns, ledger, people, senders
from flashsms.services.accounts import changing, listing
from flashsms.services.errors import DomainError, NotFound
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import Form, status
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.credits import TYPES
from flashsms.web.home import chart_of
from flashsms.web.pages import render

LIMIT = 25  # accounts on a page
LAST = 5  # campaigns, ledger rows and audit entries beside an account


@dataclass(frozen=True, slots=True)
class View:
    """Which accounts are looked at; the address of the page says it."""

    search: str
    suspended: bool
    before: str | None
    after: str | None

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same list."""
        return {"q": self.search or None, "suspended": "yes" if self.suspended else None, **place}


@bp.get("/accounts")
def list_accounts() -> ResponseReturnValue:
    """Show all accounts, newest first, or those that a search finds."""
    asked = request.args
    view = View(
        asked.get("q", "").replace("\0", "")[: listing.LONGEST_SEARCH].strip(),
        asked.get("suspended") == "yes",
        asked.get("before") or None,
        asked.get("after") or None,
    )
    found = listing.page(
        LIMIT,
        search=view.search,
        suspended=view.suspended,
        before=view.before,
        after=view.after,
    )
    table = "admin/accounts/_table.html"
    return render("admin/accounts/index.html", table, view=view, found=found)


@bp.get("/accounts/<account_id>")
def show_account(account_id: str) -> ResponseReturnValue:
    """Show one account: how it does, who is in it, what it may do and pays."""
    return _page(accounts.find(account_id))


@bp.post("/accounts/<account_id>/credits")
def grant_credits(account_id: str) -> ResponseReturnValue:
    """Add credits to an account, or take some away."""
    form = GrantForm(prefix="grant-")
    if form.validate_on_submit():
        try:
            balance = changing.grant_once(
                account_id,
                form.attempt.data or secrets.token_urlsafe(),
                form.amount.data,
                type=TransactionType(form.type.data),
                reason=form.reason.data,
            )
        except DomainError as error:
            _blame(form, error, otherwise="amount", amount="amount", reason="reason")
        else:
            _tell(form.amount.data, balance)
            return _back(account_id)
    return _page(accounts.find(account_id), grant=form)


@bp.post("/accounts/<account_id>/suspend")
def suspend_account(account_id: str) -> ResponseReturnValue:
    """Let nothing of an account leave, once the operator is sure."""
    account, form = accounts.find(account_id), SuspendForm(prefix="suspend-")
    if account.suspended_at:
        flash("This account is suspended already.", "error")
        return _back(account_id)
    if not form.validate():
        return _page(account, suspend=form)
    if not is_sure():
        return ask(
            f"Suspend {account.name}?",
            "Its messages wait and its API keys are refused, until it is reactivated. "
            f"Its people read this reason: {form.reason.data}",
            yes="Suspend",
            back=url_for(".show_account", account_id=account_id),
            area="accounts",
        )
    try:
        accounts.suspend(account_id, form.reason.data)
    except DomainError as error:
        _blame(form, error, otherwise="reason", reason="reason")
        return _page(account, suspend=form)
    flash(f"{account.name} is suspended.")
    return _back(account_id)


@bp.post("/accounts/<account_id>/reactivate")
def reactivate_account(account_id: str) -> ResponseReturnValue:
    """Let a suspended account send again."""
    try:
        account = accounts.reactivate(account_id)
    except NotFound:
        raise
    except DomainError as error:
        flash(error.sentence, "error")
    else:
        flash(f"{account.name} can send again.")
    return _back(account_id)


@bp.post("/accounts/<account_id>/terms")
def set_terms(account_id: str) -> ResponseReturnValue:
    """Set an account's rate limit and price."""
    form = TermsForm(prefix="terms-")
    if form.validate_on_submit():
        wanted = {"rate_limit": form.rate_limit.data, "price": form.price.data}
        try:
            accounts.set_terms(account_id, **wanted)
        except DomainError as error:
            _blame(form, error, "price", **{"rate limit": "rate_limit", "price": "price"})
        else:
            flash("The rate limit and the price were saved.")
            return _back(account_id)
    return _page(accounts.find(account_id), terms=form)


def _blame(form: Form, error: DomainError, otherwise: str, **fields: str) -> None:
    if isinstance(error, NotFound):
        raise error
    blame(form, error, otherwise, **fields)


def _tell(amount: int, balance: int | None) -> None:
    if balance is None:
        flash("This was done already, and not once more. For more, fill in the form anew.", "error")
    elif amount > 0:
        flash(f"Added {amount:,} credits. The balance is {balance:,}.")
    else:
        flash(f"Took away {-amount:,} credits. The balance is {balance:,}.")


def _back(account_id: str) -> ResponseReturnValue:
    return redirect(url_for(".show_account", account_id=account_id))


def _page(
    account: Account,
    grant: GrantForm | None = None,
    suspend: SuspendForm | None = None,
    terms: TermsForm | None = None,
) -> ResponseReturnValue:
    """Show an account with one of its forms as it was sent, or all of them new."""
    sent = grant or suspend or terms
    grant = grant or GrantForm(formdata=None, prefix="grant-")
    grant.attempt.data = grant.attempt.data or secrets.token_urlsafe()
    now = {"rate_limit": account.rate_limit, "price": account.price}
    page = render_template(
        "admin/accounts/show.html",
        account=account,
        own=account.id == current_user.account.id,
        grant=grant,
        suspend=suspend or SuspendForm(formdata=None, prefix="suspend-"),
        terms=terms or TermsForm(formdata=None, prefix="terms-", **now),
        configured=current_app.config["RATE_LIMIT"],
        unit=current_app.config["BILLING"],
        **_facts(account),
    )
    return page, status(sent) if sent else 200


def _facts(account: Account) -> dict[str, Any]:
    days = activity.by_day(account.id, account.timezone)
    return {
        "days": days,
        "totals": activity.total(days),
        "chart": chart_of(days),
        "ranges": activity.by_operator(account.id, account.timezone),
        "users": people.members(account.id),
        "senders": senders.every(account.id),
        "campaigns": campaigns.listing.page(account.id, LAST).items,
        "rows": ledger.page(account.id, ledger.Filter(), LAST).items,
        "types": TYPES,
        "entries": audit.page(account.id, LAST).items,
    }
