"""Names that nobody may send under without proof."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from flashsms.admin import bp
from flashsms.admin.forms.senders import ProtectForm
from flashsms.services import protected_names
from flashsms.services.errors import DomainError
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import status
from flashsms.web.forms.blaming import blame


@bp.route("/sender-ids/protected", methods=["GET", "POST"])
def list_protected_names() -> ResponseReturnValue:
    """Show the protected names, and protect another one."""
    form = ProtectForm()
    if form.validate_on_submit():
        try:
            name = protected_names.add(form.name.data).name
        except DomainError as error:
            blame(form, error, otherwise="name", name="name")
        else:
            flash(f"{name} is protected now.")
            return redirect(url_for(".list_protected_names"))
    return _page(form), status(form)


@bp.post("/sender-ids/protected/<name_id>/remove")
def release_name(name_id: str) -> ResponseReturnValue:
    """Protect a name no longer, once the operator is sure."""
    back = url_for(".list_protected_names")
    if not is_sure():
        name = protected_names.find(name_id).name
        sentence = f"Whatever looks like “{name}” can then be approved without proof."
        return ask("Remove this name?", sentence, yes="Remove", back=back, area="senders")
    name = protected_names.remove(name_id)
    flash(f"{name} is not protected any more.")
    return redirect(back)


def _page(form: ProtectForm) -> str:
    return render_template(
        "admin/senders/protected.html",
        form=form,
        added=protected_names.added(),
        built_in=protected_names.BUILT_IN,
    )
