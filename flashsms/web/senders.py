"""Sender IDs: which names an account may send under, and asking for another."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.services import senders
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.senders import SenderForm


@bp.get("/sender-ids")
@login_required
def list_senders() -> ResponseReturnValue:
    """Show the sender IDs and where each stands."""
    return _page(SenderForm(formdata=None))


@bp.post("/sender-ids")
@login_required
def request_sender() -> ResponseReturnValue:
    """Ask the operator for a sender ID."""
    form = SenderForm()
    if form.validate_on_submit():
        try:
            senders.request(current_user.account.id, form.name.data, form.purpose.data)
        except DomainError as error:
            form.name.errors = [error.sentence]
        else:
            flash("Your request was sent. You can use the name once it is approved.")
            return redirect(url_for(".list_senders"))
    return _page(form), 400


def _page(form: SenderForm) -> str:
    found = senders.every(current_user.account.id)
    return render_template("senders/index.html", senders=found, form=form)
