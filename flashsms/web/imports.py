"""Importing contacts: upload a file, say what its columns are, watch it, see what was left out."""

from collections.abc import Sequence

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required
from werkzeug.exceptions import RequestEntityTooLarge

from flashsms.models import ContactImport, ImportStatus
from flashsms.services import contacts, imports
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.imports import MappingForm, UploadForm, chosen_columns, columns_of
from flashsms.web.pages import csv_file, render
from flashsms.web.session import csrf

_REST_OF_THE_FORM = 64 * 1024  # bytes around the file
_TOO_LARGE = (
    f"This file is larger than {imports.MAX_UPLOAD // 1024**2} MB. "
    "Divide it into smaller ones and import them one after the other."
)


@bp.get("/contacts/import")
@login_required
def import_contacts() -> ResponseReturnValue:
    """Ask for a file, and show what was imported before."""
    return _upload_page(UploadForm(formdata=None))


@bp.post("/contacts/import")
@csrf.exempt
@login_required
def upload_contacts() -> ResponseReturnValue:
    """Take in a file.

    Exempt from the check that reads every form before its view, because that would refuse a form
    of this size; the check follows here.
    """
    request.max_content_length = imports.MAX_UPLOAD + _REST_OF_THE_FORM
    try:
        csrf.protect()
        form = UploadForm(request.files)
    except RequestEntityTooLarge:
        form = UploadForm(formdata=None)
        form.file.errors = [_TOO_LARGE]
        return _upload_page(form), 413
    if form.validate_on_submit():
        file = form.file.data
        try:
            upload = imports.upload(current_user.account.id, file.filename, file.stream)
        except DomainError as error:
            form.file.errors = [error.sentence]
        else:
            group = request.args.get("group")
            return redirect(url_for(".show_import", import_id=upload.public_id, group=group))
    return _upload_page(form), 400


@bp.get("/contacts/import/<import_id>")
@login_required
def show_import(import_id: str) -> ResponseReturnValue:
    """Show an import: what its columns seem to be, then how far it is, then its outcome."""
    found = imports.find(current_user.account.id, import_id)
    if found.status is not ImportStatus.UPLOADED:
        return _progress_page(found)
    preview = imports.preview(current_user.account.id, import_id)
    form = MappingForm(has_header=preview.has_header, group=request.args.get("group"))
    return _mapping_page(found, preview, preview.columns, form)


@bp.post("/contacts/import/<import_id>")
@login_required
def start_import(import_id: str) -> ResponseReturnValue:
    """Have a file imported as the form says."""
    account_id = current_user.account.id
    preview = imports.preview(account_id, import_id)
    form, columns = MappingForm(), chosen_columns(preview)
    try:
        imports.start(
            account_id,
            import_id,
            columns=columns,
            has_header=form.has_header.data,
            group_id=contacts.groups.id_of(account_id, form.wanted_group),
            new_group=form.wanted_new_group,
        )
    except DomainError as error:
        form.complain(error)
        found = imports.find(account_id, import_id)
        return _mapping_page(found, preview, columns, form), 400
    return redirect(url_for(".show_import", import_id=import_id))


@bp.get("/contacts/import/<import_id>/problems")
@login_required
def download_problems(import_id: str) -> ResponseReturnValue:
    """Download the rows that were left out, with the reasons."""
    return csv_file("left-out", imports.problems_csv(current_user.account.id, import_id))


def _upload_page(form: UploadForm) -> str:
    return render_template(
        "imports/index.html", form=form, imports=imports.every(current_user.account.id)
    )


def _mapping_page(
    found: ContactImport,
    preview: imports.Preview,
    chosen: Sequence[str | None],
    form: MappingForm,
) -> str:
    form.offer(contacts.groups.every(current_user.account.id))
    columns = columns_of(preview, chosen)
    return render_template(
        "imports/mapping.html", found=found, preview=preview, columns=columns, form=form
    )


def _progress_page(found: ContactImport) -> str:
    groups = contacts.groups.every(current_user.account.id)
    return render(
        "imports/progress.html",
        "imports/_progress.html",
        found=found,
        progress=imports.progress(current_user.account.id, found.public_id),
        group=next((one for one in groups if one.id == found.group_id), None),
    )
