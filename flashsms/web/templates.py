"""Templates: the account's own, those of the system, and what a text comes to while it is typed."""

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.models import Template
from flashsms.services import templates
from flashsms.services.errors import DomainError
from flashsms.services.meter import Meter, measure
from flashsms.web import book, bp
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import one_line_end, status
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.templates import TemplateForm

LIMIT = 25  # templates on a page


@bp.get("/templates")
@login_required
def list_templates() -> ResponseReturnValue:
    """Show the account's own templates, and apart those of the system."""
    page = book.page_number(templates.MOST)
    found = templates.page(current_user.account.id, page, LIMIT)
    return render_template(
        "templates/index.html",
        found=found,
        own=_measured(found.items),
        of_system=_measured(templates.of_system()),
    )


@bp.route("/templates/new", methods=["GET", "POST"])
@login_required
def create_template() -> ResponseReturnValue:
    """Keep a text."""
    form = TemplateForm()
    if wants_replacement(form):
        return _page(form)
    if form.validate_on_submit():
        try:
            templates.create(current_user.account.id, form.name.data, form.text.data)
        except DomainError as error:
            blame(form, error, otherwise="name", name="name", content="text")
        else:
            flash("The template was saved.")
            return redirect(url_for(".list_templates"))
    return _page(form), status(form)


@bp.route("/templates/<template_id>", methods=["GET", "POST"])
@login_required
def edit_template(template_id: str) -> ResponseReturnValue:
    """Change a template of the account."""
    account_id = current_user.account.id
    template = templates.find(account_id, template_id)
    form = TemplateForm(name=template.name, text=template.content)
    if wants_replacement(form):
        return _page(form, template_id)
    if form.validate_on_submit():
        given = {"name": form.name.data, "content": form.text.data}
        try:
            templates.edit(account_id, template_id, **given)
        except DomainError as error:
            blame(form, error, otherwise="name", name="name", content="text")
        else:
            flash("The template was saved.")
            return redirect(url_for(".list_templates"))
    return _page(form, template_id), status(form)


@bp.post("/templates/<template_id>/delete")
@login_required
def delete_template(template_id: str) -> ResponseReturnValue:
    """Forget a template, once the visitor is sure."""
    account_id, back = current_user.account.id, url_for(".list_templates")
    if not is_sure():
        name = templates.find(account_id, template_id).name
        sentence = f"“{name}” will be gone. Messages that were sent from it stay in the history."
        return ask("Delete this template?", sentence, yes="Delete", back=back, area="templates")
    templates.delete(account_id, template_id)
    flash("The template was deleted.")
    return redirect(back)


@bp.post("/templates/meter")
@login_required
def measure_text() -> ResponseReturnValue:
    """Show what the `text` of a form comes to, while it is being typed."""
    text = one_line_end(request.form.get("text")) or ""
    return render_template("parts/_meter.html", meter=measure(text))


def _measured(listed: list[Template]) -> list[tuple[Template, Meter]]:
    return [(one, measure(one.content)) for one in listed]


def wants_replacement(form: TemplateForm) -> bool:
    """Write the text with every replacement, if the meter's button was used without script."""
    wanted = form.is_submitted() and "replace" in request.form
    if wanted:
        form.text.data = measure(form.text.data or "").better
    return wanted


def _page(form: TemplateForm, template_id: str | None = None) -> str:
    meter = measure(form.text.data or "")
    return render_template("templates/edit.html", form=form, meter=meter, template_id=template_id)
