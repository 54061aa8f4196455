"""Who must not be sent to: the list, and one contact's way out and back in."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.models import OptOut, OptSource
from flashsms.services import contacts, opt_outs
from flashsms.services.errors import DomainError
from flashsms.services.history import Page
from flashsms.web import book, bp
from flashsms.web.forms.asking import status
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.contacts import OptOutForm

LIMIT = 50  # numbers on a page
LONGEST_SEARCH = 30
_LAST_PAGE = 1000


@bp.route("/contacts/opt-outs", methods=["GET", "POST"])
@login_required
def list_opt_outs() -> ResponseReturnValue:
    """Show the numbers that get no messages, and add one."""
    account_id, page = current_user.account.id, book.page_number(_LAST_PAGE)
    form = OptOutForm()
    if form.validate_on_submit():
        try:
            phone = contacts.drafts.phone(form.phone.data)
        except DomainError as error:
            blame(form, error, otherwise="phone", phone="phone")
        else:
            new = opt_outs.opt_out(account_id, phone, OptSource.DASHBOARD)
            flash(f"+{phone} {'gets no more messages' if new else 'was opted out already'}.")
            return redirect(url_for(".list_opt_outs"))
    wanted = request.args.get("q", "").strip()[:LONGEST_SEARCH]
    found = _looked_up(wanted) if wanted else opt_outs.page(account_id, page, LIMIT)
    listed = render_template("opt_outs/index.html", form=form, found=found, wanted=wanted)
    return listed, status(form)


@bp.post("/contacts/opt-outs/take-back")
@login_required
def take_back_opt_out() -> ResponseReturnValue:
    """Allow sending to a number again."""
    phone = request.form.get("phone", "")
    _opt_in(phone)
    return redirect(url_for(".list_opt_outs", page=request.args.get("page")))


@bp.post("/contacts/<contact_id>/opt-out")
@login_required
def opt_out_contact(contact_id: str) -> ResponseReturnValue:
    """Never send to a contact again."""
    phone = contacts.find(current_user.account.id, contact_id).phone
    opt_outs.opt_out(current_user.account.id, phone, OptSource.DASHBOARD)
    flash(f"+{phone} gets no more messages.")
    return book.back()


@bp.post("/contacts/<contact_id>/opt-in")
@login_required
def opt_in_contact(contact_id: str) -> ResponseReturnValue:
    """Allow sending to a contact again."""
    _opt_in(contacts.find(current_user.account.id, contact_id).phone)
    return book.back()


def _looked_up(typed: str) -> Page[OptOut]:
    """Look for a whole number, in any form that people type."""
    try:
        one = opt_outs.find(current_user.account.id, contacts.drafts.phone(typed))
    except DomainError:
        one = None
    return Page([one] if one else [], 1, LIMIT, 1 if one else 0)


def _opt_in(phone: str) -> None:
    if opt_outs.opt_in(current_user.account.id, phone, OptSource.DASHBOARD):
        flash(f"+{phone} gets messages again.")
    else:
        flash("This number was not opted out.", "error")
