"""What every account sent, and what became of it."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.admin.forms.history import MessagesForm, PeopleForm, RecipientsForm
from flashsms.services import carriers
from flashsms.services.errors import DomainError
from flashsms.services.operations import exports, history, recipients, stories
from flashsms.services.sending import rehearsing
from flashsms.web.pages import csv_file

LIMIT = 25  # rows on a page


@bp.get("/history")
def list_messages() -> ResponseReturnValue:
    """Show the messages of all accounts, newest first, or what a filter leaves."""
    form = MessagesForm(request.args)
    if not form.validate():
        return render_template("admin/history/index.html", form=form, found=None), 400
    before = _before()
    found = history.page(form.wanted(current_user.account.timezone), LIMIT, before)
    return render_template("admin/history/index.html", form=form, found=found, before=before)


@bp.post("/history/export")
def export_messages() -> ResponseReturnValue:
    """Give the messages that a filter leaves as a file."""
    form = MessagesForm(request.form)
    _check(form)
    timezone = current_user.account.timezone
    pieces = exports.messages_csv(form.wanted(timezone), timezone, form.said())
    return csv_file("messages", pieces)


@bp.get("/history/recipients")
def list_recipients() -> ResponseReturnValue:
    """Show the recipients of all accounts, newest first, or what a filter leaves."""
    ways = carriers.every()
    form = RecipientsForm(request.args, ways)
    shown = {"form": form, "reasons": history.reasons(), "names": _names(ways)}
    if not form.validate():
        return render_template("admin/history/recipients.html", found=None, **shown), 400
    before = _before()
    found = recipients.page(form.wanted(current_user.account.timezone), LIMIT, before)
    return render_template("admin/history/recipients.html", found=found, before=before, **shown)


@bp.post("/history/recipients/export")
def export_recipients() -> ResponseReturnValue:
    """Give the recipients that a filter leaves as a file."""
    form = RecipientsForm(request.form, carriers.every())
    _check(form)
    timezone = current_user.account.timezone
    pieces = exports.recipients_csv(form.wanted(timezone), timezone, form.said())
    return csv_file("recipients", pieces)


@bp.get("/history/phones")
def find_phone() -> ResponseReturnValue:
    """Lead to the story of a number, however it was typed."""
    phone = stories.digits(request.args.get("phone", ""))
    if phone is None:
        flash("That is not a phone number. Try one such as 0241234567.", "error")
        return redirect(url_for(".list_messages"))
    return redirect(url_for(".show_phone", phone=phone))


@bp.get("/history/phones/<phone>")
def show_phone(phone: str) -> ResponseReturnValue:
    """Show all that was ever sent to a number, and who must not send to it."""
    digits, before = stories.checked(phone), _before()
    return render_template(
        "admin/history/phone.html",
        phone=digits,
        found=recipients.page(recipients.Wanted(phone=digits), LIMIT, before),
        before=before,
        refusals=stories.refusals(digits),
        names=_names(carriers.every()),
    )


@bp.get("/history/<message_id>")
def show_message(message_id: str) -> ResponseReturnValue:
    """Show a message with its recipients, or those that a filter leaves."""
    one = history.find(message_id)
    ways = carriers.every()
    form = PeopleForm(request.args, ways)
    valid, before = form.validate(), _before()
    found = recipients.page(form.of(one.message), LIMIT, before) if valid else None
    page = render_template(
        "admin/history/message.html",
        message=one.message,
        account=one.account,
        form=form,
        found=found,
        before=before,
        reasons=history.reasons(),
        names=_names(ways),
    )
    return page, 200 if valid else 400


def _before() -> str | None:
    return request.args.get("before") or None


def _names(ways: list[carriers.WayOut]) -> dict[int, str]:
    return {way.id: way.name for way in (rehearsing.WAY, *ways)}


def _check(form: Any) -> None:
    if not form.validate():
        raise DomainError("bad_filter", form.fault())
