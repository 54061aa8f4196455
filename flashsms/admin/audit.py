"""The audit log: who did what to whom, and when."""

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.admin import bp
from flashsms.admin.forms.audit import AuditForm
from flashsms.services import audit_log
from flashsms.services.audit_log import Listed
from flashsms.services.errors import DomainError, NotFound
from flashsms.web.forms.asking import status
from flashsms.web.pages import csv_file

LIMIT = 25  # entries on a page


@bp.get("/audit")
def list_audit() -> ResponseReturnValue:
    """Show every entry, newest first, or those that a filter leaves."""
    form = AuditForm(request.args)
    before = request.args.get("before") or None
    found = _found(form, before) if form.validate() else None
    further = None
    if found is not None and (found.older or found.further):
        last = found.items[-1].entry if found.older else found.further
        further = last and url_for(".list_audit", **form.args(before=last.public_id))
    shown = {"form": form, "found": found, "before": before, "further": further}
    return render_template("admin/audit/index.html", **shown), status(form)


@bp.get("/audit.csv")
def export_audit() -> ResponseReturnValue:
    """Give the log, or what a filter leaves of it, as a file for spreadsheet programs."""
    form = AuditForm(request.args)
    if not form.validate():
        sentences = (sentence for faults in form.errors.values() for sentence in faults)
        raise DomainError("bad_filter", next(sentences))
    timezone = current_user.account.timezone
    if request.method == "HEAD":  # takes nothing along
        return csv_file("audit-log", iter(()))
    return csv_file("audit-log", audit_log.export_csv(form.wanted(timezone), timezone))


def _found(form: AuditForm, before: str | None) -> Listed | None:
    """Return a page of entries; None when there is no such account, which its field then says."""
    try:
        return audit_log.page(form.wanted(current_user.account.timezone), LIMIT, before)
    except NotFound as error:
        if error.code != "account_unknown":
            raise
        form.account.errors = ["No account has this ID. It begins with acc_."]
        return None
