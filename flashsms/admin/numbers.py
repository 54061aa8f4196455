"""Numbers that people can write to, and what was written to nobody's."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flashsms.admin import bp
from flashsms.admin.forms.numbers import NumberForm
from flashsms.services import carriers, inbound
from flashsms.services.errors import DomainError
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import status

LIMIT = 50  # numbers, or texts, on a page


@bp.route("/numbers", methods=["GET", "POST"])
def list_numbers() -> ResponseReturnValue:
    """Show the numbers, and add another one."""
    form = _form()
    if form.validate_on_submit():
        try:
            added = inbound.numbers.add(form.number.data, **_whose(form))
        except DomainError as error:
            form.complain(error)
        else:
            flash(f"{added.number} was added. Texts to it are taken from now on.")
            return redirect(url_for(".list_numbers"))
    before = request.args.get("before") or None
    found = inbound.numbers.page(LIMIT, before)
    shown = render_template("admin/numbers/index.html", form=form, found=found, before=before)
    return shown, status(form)


@bp.route("/numbers/<number_id>", methods=["GET", "POST"])
def edit_number(number_id: str) -> ResponseReturnValue:
    """Change a number, or whose it is."""
    listed = inbound.numbers.find(number_id)
    form = _form()
    if form.validate_on_submit():
        try:
            changed = inbound.numbers.edit(number_id, form.number.data, **_whose(form))
        except DomainError as error:
            form.complain(error)
        else:
            flash(f"{changed.number} was saved.")
            return redirect(url_for(".list_numbers"))
    elif not form.is_submitted():
        _fill(form, listed)
    return render_template("admin/numbers/edit.html", form=form, one=listed), status(form)


@bp.post("/numbers/<number_id>/remove")
def remove_number(number_id: str) -> ResponseReturnValue:
    """Take a number out of the list, once the operator is sure."""
    back = url_for(".list_numbers")
    if not is_sure():
        number = inbound.numbers.find(number_id).number.number
        sentence = (
            "What people write to it then goes to whoever wrote to them last. Conversations stay."
        )
        return ask(f"Remove {number}?", sentence, yes="Remove", back=back, area="numbers")
    flash(f"{inbound.numbers.remove(number_id)} was removed.")
    return redirect(back)


@bp.get("/numbers/texts")
def list_unowned_texts() -> ResponseReturnValue:
    """Show what was written to numbers that nobody owns, by people nobody had written to."""
    before = request.args.get("before") or None
    found = inbound.numbers.unowned(LIMIT, before)
    named = {way.id: way.name for way in carriers.every()}
    return render_template("admin/numbers/texts.html", found=found, before=before, carriers=named)


def _form() -> NumberForm:
    form = NumberForm()
    form.offer(carriers.every())
    return form


def _fill(form: NumberForm, listed: inbound.numbers.Listed) -> None:
    form.number.data = listed.number.number
    if listed.account is not None:
        form.account.data = inbound.numbers.email_of(listed.account.id)
    chosen = (way.public_id for way in carriers.every() if way.id == listed.number.carrier_id)
    form.carrier.data = next(chosen, "")


def _whose(form: NumberForm) -> dict[str, Any]:
    account = (form.account.data or "").strip()
    return {"account": account or None, "carrier": form.carrier.data or None}
