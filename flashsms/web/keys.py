"""API keys: which there are, making one, revoking one."""

import json
import secrets

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.models import ApiKey, Scope
from flashsms.services import keys, mail
from flashsms.services.errors import DomainError
from flashsms.web import bp
from flashsms.web.forms.asking import complain, status
from flashsms.web.forms.keys import SCOPES, KeyForm
from flashsms.web.session import owner_required

LIMIT = 50  # keys on a page

# What to try a new key with, by the first of its scopes: a path of the API, and what to post there.
_EXAMPLES: dict[Scope, tuple[str, dict[str, object] | None]] = {
    Scope.SMS_SEND: (
        "/sms/send",
        {"recipients": ["0201234567"], "message": "Hello!", "dryRun": True},  # costs nothing
    ),
    Scope.SMS_READ: ("/sms", None),
    Scope.BALANCE_READ: ("/balance", None),
    Scope.CONTACTS_READ: ("/contacts", None),
    Scope.CONTACTS_WRITE: ("/contacts", {"phone": "0201234567", "firstName": "Esi"}),
    Scope.SENDERS_READ: ("/sender-ids", None),
    Scope.TEMPLATES_READ: ("/templates", None),
    Scope.TEMPLATES_WRITE: ("/templates", {"name": "Greeting", "content": "Hello!"}),
    Scope.TRANSACTIONS_READ: ("/transactions", None),
    Scope.WEBHOOKS_READ: ("/webhooks", None),
    Scope.WEBHOOKS_WRITE: (
        "/webhooks",
        {"url": "https://example.com/hooks", "events": ["message.completed"]},
    ),
}


@bp.get("/api-keys")
@owner_required
def list_keys() -> ResponseReturnValue:
    """Show the keys, the newest first."""
    before = request.args.get("before") or None
    found = keys.newest(current_user.account.id, LIMIT + 1, before)
    return render_template(
        "keys/index.html",
        keys=found[:LIMIT],
        has_more=len(found) > LIMIT,
        before=before,
        state=keys.state,
        words=SCOPES,
    )


@bp.route("/api-keys/new", methods=["GET", "POST"])
@owner_required
def create_key() -> ResponseReturnValue:
    """Make a key, and show its secret in this answer and never again."""
    form = KeyForm()
    if form.validate_on_submit():
        try:
            made = _make(form)
        except DomainError as error:
            complain(form, error, otherwise="expires")
        else:
            return _made_before() if made is None else _show_once(*made)
    form.attempt.data = form.attempt.data or secrets.token_urlsafe()
    return render_template("keys/new.html", form=form, words=SCOPES), status(form)


@bp.post("/api-keys/<key_id>/revoke")
@owner_required
def revoke_key(key_id: str) -> ResponseReturnValue:
    """Make a key useless at once."""
    keys.revoke(current_user.account.id, key_id)
    flash("The key was revoked. Programs that still use it are refused from now on.")
    return redirect(url_for(".list_keys"))


def _make(form: KeyForm) -> tuple[ApiKey, str] | None:
    account = current_user.account
    return keys.create_once(
        account.id,
        form.attempt.data or secrets.token_urlsafe(),
        form.name.data,
        form.scopes.data,
        form.expires_at(account.timezone),
        is_test=form.is_test,
    )


def _show_once(key: ApiKey, secret: str) -> str:
    path, body = next(_EXAMPLES[scope] for scope in Scope if scope in key.scopes)
    if key.is_test and body:
        body = {name: value for name, value in body.items() if name != "dryRun"}
    return render_template(
        "keys/created.html",
        key=key,
        secret=secret,
        address=mail.link(f"/api/v1{path}"),
        body=json.dumps(body) if body else None,
    )


def _made_before() -> ResponseReturnValue:
    flash("This key was made already. Its secret was shown once and cannot be shown again.")
    return redirect(url_for(".list_keys"))
