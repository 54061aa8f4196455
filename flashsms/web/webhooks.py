"""Webhooks: which programs are told what happens, and how that went."""

import secrets

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.models import DeliveryStatus, WebhookDelivery, WebhookEndpoint, now
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.webhooks import deliveries, endpoints
from flashsms.services.webhooks.endpoints import Change
from flashsms.web import bp
from flashsms.web.asking import ask, is_sure
from flashsms.web.forms.asking import status
from flashsms.web.forms.blaming import blame
from flashsms.web.forms.webhooks import EVENTS, WebhookForm
from flashsms.web.pages import render
from flashsms.web.session import owner_required
from flashsms.web.telling import headers, pretty

LIMIT = 25  # deliveries on a page
SOON, LATER = 2, 15  # seconds until a page looks again: something is due, or waits for its turn

_LONGEST = 100  # characters of a form's name for itself

bp.add_app_template_global(endpoints.in_trouble, "webhooks_in_trouble")


@bp.get("/settings/webhooks")
@owner_required
def list_webhooks() -> ResponseReturnValue:
    """Show the webhooks."""
    found = endpoints.every(current_user.account.id)
    return render_template(
        "webhooks/index.html", endpoints=found, most=endpoints.MOST, words=EVENTS
    )


@bp.route("/settings/webhooks/new", methods=["GET", "POST"])
@owner_required
def create_webhook() -> ResponseReturnValue:
    """Add a webhook, and show its secret in this answer and never again."""
    form = WebhookForm()
    if form.validate_on_submit():
        try:
            made = _make(form)
        except DomainError as error:
            _complain(form, error)
        else:
            return _made_before() if made is None else _show_secret(*made)
    form.attempt.data = form.attempt.data or secrets.token_urlsafe()
    return render_template("webhooks/edit.html", form=form, endpoint=None), status(form)


@bp.route("/settings/webhooks/<webhook_id>/edit", methods=["GET", "POST"])
@owner_required
def edit_webhook(webhook_id: str) -> ResponseReturnValue:
    """Change where a webhook is, and what it is told."""
    account_id = current_user.account.id
    endpoint = endpoints.find(account_id, webhook_id)
    form = WebhookForm(
        url=endpoint.url, description=endpoint.description, events=endpoint.event_names.split()
    )
    if form.validate_on_submit():
        wanted = Change(form.url.data, form.events.data, form.description.data or "")
        try:
            endpoints.change(account_id, webhook_id, wanted)
        except NotFound:
            raise
        except DomainError as error:
            _complain(form, error)
        else:
            flash("The webhook was saved.")
            return _back(webhook_id)
    return render_template("webhooks/edit.html", form=form, endpoint=endpoint), status(form)


@bp.get("/settings/webhooks/<webhook_id>")
@owner_required
def show_webhook(webhook_id: str) -> ResponseReturnValue:
    """Show a webhook and what it was told, the latest first."""
    endpoint = endpoints.find(current_user.account.id, webhook_id)
    before = request.args.get("before") or None
    found = deliveries.newest(endpoint, LIMIT + 1, before)
    waiting = deliveries.count_waiting(endpoint)
    return render(
        "webhooks/show.html",
        "webhooks/_live.html",
        endpoint=endpoint,
        deliveries=found[:LIMIT],
        last=deliveries.last_attempts(found[:LIMIT]),
        has_more=len(found) > LIMIT,
        before=before,
        waiting=waiting,
        many=deliveries.MOST_COUNTED,
        refresh=None if before else _refresh(endpoint, bool(waiting), found),
        attempt=secrets.token_urlsafe(),
        words=EVENTS,
    )


@bp.get("/settings/webhooks/<webhook_id>/deliveries/<delivery_id>")
@owner_required
def show_delivery(webhook_id: str, delivery_id: str) -> ResponseReturnValue:
    """Show a delivery: what was sent, and each attempt with its answer."""
    found = deliveries.find(current_user.account.id, webhook_id, delivery_id)
    return render(
        "webhooks/delivery.html",
        "webhooks/_delivery.html",
        found=found,
        body=pretty(found.delivery.body),
        headers=headers,
        refresh=_refresh(found.endpoint, False, [found.delivery]),
        most=deliveries.MOST_ATTEMPTS,
        words=EVENTS,
    )


@bp.post("/settings/webhooks/<webhook_id>/deliveries/<delivery_id>/replay")
@owner_required
def replay_delivery(webhook_id: str, delivery_id: str) -> ResponseReturnValue:
    """Send a delivery once more."""
    there = url_for(".show_delivery", webhook_id=webhook_id, delivery_id=delivery_id)
    try:
        deliveries.replay(current_user.account.id, webhook_id, delivery_id)
    except NotFound:
        raise
    except DomainError as error:
        flash(error.sentence, "error")
    else:
        flash("It is sent again.")
    return redirect(there)


@bp.post("/settings/webhooks/<webhook_id>/test")
@owner_required
def test_webhook(webhook_id: str) -> ResponseReturnValue:
    """Send a test event."""
    try:
        deliveries.send_test(current_user.account.id, webhook_id)
    except NotFound:
        raise
    except DomainError as error:
        flash(error.sentence, "error")
    else:
        flash("A test is on its way. What becomes of it shows below.")
    return _back(webhook_id)


@bp.post("/settings/webhooks/<webhook_id>/pause")
@owner_required
def pause_webhook(webhook_id: str) -> ResponseReturnValue:
    """Let what happens wait."""
    endpoints.pause(current_user.account.id, webhook_id)
    flash("The webhook is paused. What happens waits for up to three days.")
    return _back(webhook_id)


@bp.post("/settings/webhooks/<webhook_id>/resume")
@owner_required
def resume_webhook(webhook_id: str) -> ResponseReturnValue:
    """Tell everything that waited."""
    endpoints.resume(current_user.account.id, webhook_id)
    flash("The webhook is on again, and is told what waited.")
    return _back(webhook_id)


@bp.post("/settings/webhooks/<webhook_id>/secret")
@owner_required
def rotate_secret(webhook_id: str) -> ResponseReturnValue:
    """Make another secret, once the visitor is sure, and show it in this answer only."""
    account_id = current_user.account.id
    if not is_sure():
        place = endpoints.find(account_id, webhook_id).url
        sentence = f"{place} gets another secret. The present one stays good for a day."
        back = url_for(".show_webhook", webhook_id=webhook_id)
        return ask("Replace the secret?", sentence, yes="Replace", back=back, area="settings")
    attempt = request.form.get("attempt", "")
    if not 0 < len(attempt) < _LONGEST or not attempt.isprintable():
        attempt = secrets.token_urlsafe()
    made = endpoints.rotate_once(account_id, attempt, webhook_id)
    return _made_before() if made is None else _show_secret(*made)


@bp.post("/settings/webhooks/<webhook_id>/delete")
@owner_required
def delete_webhook(webhook_id: str) -> ResponseReturnValue:
    """Delete a webhook, once the visitor is sure."""
    account_id, back = current_user.account.id, url_for(".list_webhooks")
    if not is_sure():
        place = endpoints.find(account_id, webhook_id).url
        sentence = f"{place} is told nothing more. What waits for it and its history are lost."
        return ask("Delete this webhook?", sentence, yes="Delete", back=back, area="settings")
    endpoints.delete(account_id, webhook_id)
    flash("The webhook was deleted.")
    return redirect(back)


def _make(form: WebhookForm) -> tuple[WebhookEndpoint, str] | None:
    return endpoints.create_once(
        current_user.account.id,
        form.attempt.data or secrets.token_urlsafe(),
        endpoints.look_at(form.url.data),
        form.events.data,
        form.description.data,
    )


def _complain(form: WebhookForm, error: DomainError) -> None:
    blame(form, error, otherwise="url", url="url", events="events", description="description")


def _show_secret(endpoint: WebhookEndpoint, secret: str) -> str:
    return render_template("webhooks/secret.html", endpoint=endpoint, secret=secret)


def _made_before() -> ResponseReturnValue:
    flash("This was done already. The secret was shown once and cannot be shown again.")
    return redirect(url_for(".list_webhooks"))


def _back(webhook_id: str) -> ResponseReturnValue:
    return redirect(url_for(".show_webhook", webhook_id=webhook_id))


def _refresh(endpoint: WebhookEndpoint, waits: bool, shown: list[WebhookDelivery]) -> int | None:
    """Return after how many seconds the page looks again; None when nothing will change."""
    pending = waits or any(one.status is DeliveryStatus.PENDING for one in shown)
    if not pending or endpoint.paused_at:
        return None
    return LATER if endpoint.retry_at and endpoint.retry_at > now() else SOON
