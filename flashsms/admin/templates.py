"""Texts that every dashboard offers, and drafts of them."""

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue

from flashsms.admin import bp
from flashsms.models import Template
from flashsms.services import system_templates
from flashsms.services.errors import DomainError
from flashsms.services.meter import measure
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import status
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.templates import TemplateForm
from flashsms.web.templates import wants_replacement


@bp.get("/templates")
def list_templates() -> ResponseReturnValue:
    """Show the system's templates, drafts too, as dashboards order them."""
    measured = [(one, measure(one.content)) for one in system_templates.every()]
    return render_template("admin/templates/index.html", templates=measured)


@bp.route("/templates/new", methods=["GET", "POST"])
def create_template() -> ResponseReturnValue:
    """Keep a text as a draft."""
    form = TemplateForm()
    if wants_replacement(form):
        return _page(form)
    if form.validate_on_submit():
        try:
            system_templates.create(form.name.data, form.text.data)
        except DomainError as error:
            blame(form, error, otherwise="name", name="name", content="text")
        else:
            flash("The template was saved as a draft. Accounts see it once it is published.")
            return redirect(url_for(".list_templates"))
    return _page(form), status(form)


@bp.route("/templates/<template_id>", methods=["GET", "POST"])
def edit_template(template_id: str) -> ResponseReturnValue:
    """Change a template of the system."""
    template = system_templates.find(template_id)
    form = TemplateForm(name=template.name, text=template.content)
    if wants_replacement(form):
        return _page(form, template)
    if form.validate_on_submit():
        try:
            changed = system_templates.edit(template_id, form.name.data, form.text.data)
        except DomainError as error:
            blame(form, error, otherwise="name", name="name", content="text")
        else:
            flash("The template was saved." if changed else "Nothing was changed.")
            return redirect(url_for(".list_templates"))
    return _page(form, template), status(form)


@bp.post("/templates/<template_id>/publish")
def publish_template(template_id: str) -> ResponseReturnValue:
    """Offer a draft on every dashboard."""
    template = system_templates.publish(template_id)
    flash(f"“{template.name}” is published. Every dashboard offers it now.")
    return redirect(url_for(".list_templates"))


@bp.post("/templates/<template_id>/withdraw")
def withdraw_template(template_id: str) -> ResponseReturnValue:
    """Make a published template a draft again."""
    template = system_templates.withdraw(template_id)
    flash(f"“{template.name}” was withdrawn. It is a draft again, which only operators see.")
    return redirect(url_for(".list_templates"))


@bp.post("/templates/<template_id>/delete")
def delete_template(template_id: str) -> ResponseReturnValue:
    """Forget a template, once the operator is sure."""
    back = url_for(".list_templates")
    if not is_sure():
        name = system_templates.find(template_id).name
        sentence = f"“{name}” will be gone from every dashboard. What was sent stays in history."
        return ask("Delete this template?", sentence, yes="Delete", back=back, area="templates")
    template = system_templates.delete(template_id)
    flash(f"“{template.name}” was deleted.")
    return redirect(back)


def _page(form: TemplateForm, template: Template | None = None) -> str:
    meter = measure(form.text.data or "")
    return render_template("admin/templates/edit.html", form=form, meter=meter, template=template)
