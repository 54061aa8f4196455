"""What an owner wants to be told of: credits that run low, messages that do not arrive."""

from dataclasses import asdict

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import senders
from flashsms.services.alerts import low_rates, thresholds
from flashsms.services.errors import DomainError
from flashsms.services.sending import content
from flashsms.web import bp
from flashsms.web.forms.alerts import AlertsForm
from flashsms.web.forms.asking import status
from flashsms.web.session import owner_required


@bp.route("/settings/alerts", methods=["GET", "POST"])
@owner_required
def edit_alerts() -> ResponseReturnValue:
    """Show and change what the owners are told of."""
    account = current_user.account
    form = AlertsForm(data=asdict(thresholds.of(account)))
    if form.validate_on_submit():
        try:
            changed = thresholds.save(account.id, form.wanted())
        except DomainError as error:
            form.complain(error)
        else:
            flash("The alerts were saved." if changed else "Nothing was changed.")
            return redirect(url_for(".edit_alerts"))
    shown = render_template(
        "settings/alerts.html",
        form=form,
        balance=account.balance,
        phone=account.phone,
        price=content.price(1, account.price),
        can_text=bool(senders.approved(account.id)),
        hours=low_rates.HOURS,
        fewest=low_rates.FEWEST,
    )
    return shown, status(form)
