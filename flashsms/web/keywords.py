"""What an owner says about replies: the words that make something happen, and their answers."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import inbound
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.asking import status
from flashsms.web.forms.conversations import WordsForm
from flashsms.web.session import owner_required


@bp.route("/settings/replies", methods=["GET", "POST"])
@owner_required
def edit_words() -> ResponseReturnValue:
    """Show the account's numbers, and change what words such as STOP do."""
    account_id, form = current_user.account.id, WordsForm()
    if form.validate_on_submit():
        try:
            changed = inbound.words.save(account_id, form.words(), form.answers())
        except DomainError as error:
            form.complain(error)
        else:
            flash("The words and answers were saved." if changed else "Nothing was changed.")
            return redirect(url_for(".edit_words"))
    elif not form.is_submitted():
        form.show(inbound.words.of([account_id])[account_id])
    numbers = inbound.numbers.of_account(account_id)
    return render_template("settings/replies.html", form=form, numbers=numbers), status(form)
