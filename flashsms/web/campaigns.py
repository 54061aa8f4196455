"""The campaigns of an account: the list, what became of each, cancelling, once more."""

from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.models import Message, MessageStatus
from flashsms.services import campaigns, contacts, history, sending
from flashsms.services.campaigns.report import Kind
from flashsms.web import bp
from flashsms.web.pages import by_htmx, csv_file, render

LIMIT = 25  # campaigns on a page
_FARTHEST = 10**12  # place in a campaign
LINES = 50  # recipients on a page
AT_ONCE = 5000  # recipients whose operators are counted before the page is shown

STATUSES = {  # as the list's address says them
    "scheduled": MessageStatus.SCHEDULED,
    "sending": MessageStatus.PENDING,
    "sent": MessageStatus.SENT,
    "delivered": MessageStatus.DELIVERED,
    "failed": MessageStatus.FAILED,
    "cancelled": MessageStatus.CANCELLED,
}

KINDS = {"live": False, "test": True}  # whether it is a test, as the list's address says it


@dataclass(frozen=True, slots=True)
class View:
    """Which campaigns are looked at; the address of the page says it."""

    search: str
    status: str | None
    kind: str | None
    before: str | None
    after: str | None

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same list."""
        return {"q": self.search or None, "status": self.status, "kind": self.kind, **place}


@bp.get("/campaigns")
@login_required
def list_campaigns() -> ResponseReturnValue:
    """Show the campaigns, newest first, all or those that a search finds."""
    view = _view()
    account_id = current_user.account.id
    found = campaigns.listing.page(
        account_id,
        LIMIT,
        search=view.search,
        statuses=[STATUSES[view.status]] if view.status else [],
        is_test=KINDS[view.kind] if view.kind else None,
        before=view.before,
        after=view.after,
    )
    soonest = min(filter(None, map(campaigns.listing.poll_after, found.items)), default=None)
    return render(
        "campaigns/index.html",
        "campaigns/_table.html",
        view=view,
        found=found,
        statuses=STATUSES,
        poll_after=soonest,
        drafts=[] if by_htmx() else campaigns.drafts.unsent(account_id),
    )


@bp.get("/campaigns/<campaign_id>")
@login_required
def show_campaign(campaign_id: str) -> ResponseReturnValue:
    """Show one campaign: how far it is, what became of it, by operator and person by person."""
    message = history.message(current_user.account.id, campaign_id)
    few = message.recipient_count <= AT_ONCE
    return render(
        "campaigns/show.html",
        operators=campaigns.report.operators(message) if few else None,
        **_progress(message),
        **_recipients(message),
    )


@bp.get("/campaigns/<campaign_id>/progress")
@login_required
def show_progress(campaign_id: str) -> ResponseReturnValue:
    """Show the bar as it is now, and tell the rest of the page when something moved."""
    message = history.message(current_user.account.id, campaign_id)
    shown = _progress(message)
    moved = request.args.get("seen") != shown["seen"]
    few = message.recipient_count <= AT_ONCE
    tells = {"HX-Trigger": "campaign-moved"} if moved and (few or not shown["poll_after"]) else {}
    return render("campaigns/_progress.html", **shown), 200, tells


@bp.get("/campaigns/<campaign_id>/operators")
@login_required
def show_operators(campaign_id: str) -> ResponseReturnValue:
    """Show what became of a campaign by operator; without HTMX as a page of its own."""
    message = history.message(current_user.account.id, campaign_id)
    if not by_htmx():
        return redirect(url_for(".show_campaign", campaign_id=campaign_id))
    operators = campaigns.report.operators(message)
    return render("campaigns/_operators.html", message=message, operators=operators)


@bp.get("/campaigns/<campaign_id>/recipients")
@login_required
def list_recipients(campaign_id: str) -> ResponseReturnValue:
    """Show some of the recipients alone."""
    message = history.message(current_user.account.id, campaign_id)
    if not by_htmx():
        kind = request.args.get("kind")
        return redirect(url_for(".show_campaign", campaign_id=campaign_id, kind=kind))
    return render("campaigns/_recipients.html", message=message, **_recipients(message))


@bp.get("/campaigns/<campaign_id>/report.csv")
@login_required
def export_campaign(campaign_id: str) -> ResponseReturnValue:
    """Give the delivery report as a file."""
    account = current_user.account
    message = history.message(account.id, campaign_id)
    pieces = campaigns.report.export_csv(message, account.timezone)
    return csv_file(f"campaign-{message.public_id}", pieces)


@bp.post("/campaigns/<campaign_id>/cancel")
@login_required
def cancel_campaign(campaign_id: str) -> ResponseReturnValue:
    """Cancel a scheduled campaign."""
    message = history.message(current_user.account.id, campaign_id)
    sending.cancel(message)
    came_back = "" if message.is_test else ", and its credits came back"
    flash(f"The campaign was cancelled{came_back}.")
    return redirect(url_for(".show_campaign", campaign_id=campaign_id))


@bp.post("/campaigns/<campaign_id>/duplicate")
@login_required
def duplicate_campaign(campaign_id: str) -> ResponseReturnValue:
    """Begin a draft of the same."""
    message = history.message(current_user.account.id, campaign_id)
    draft = campaigns.again.duplicate(message)
    if message.is_test:
        flash("This draft is no test: once you send it, it reaches people and costs credits.")
    return redirect(url_for(".edit_draft", draft_id=draft.public_id))


@bp.post("/campaigns/<campaign_id>/retry")
@login_required
def retry_campaign(campaign_id: str) -> ResponseReturnValue:
    """Begin a draft for those whom it did not reach."""
    message = history.message(current_user.account.id, campaign_id)
    draft = campaigns.again.retry_failed(message)
    return redirect(url_for(".edit_draft", draft_id=draft.public_id))


def _view() -> View:
    asked = request.args
    search = asked.get("q", "").replace("\0", "")[: campaigns.listing.LONGEST_SEARCH].strip()
    status, kind = asked.get("status"), asked.get("kind")
    return View(
        search,
        status if status in STATUSES else None,
        kind if kind in KINDS else None,
        asked.get("before") or None,
        asked.get("after") or None,
    )


def _progress(message: Message) -> dict[str, Any]:
    counts = (message.status, message.waiting, message.unknown, message.delivered, message.failed)
    return {
        "message": message,
        "seen": "-".join(map(str, counts)),
        "poll_after": campaigns.listing.poll_after(message),
    }


def _recipients(message: Message) -> dict[str, Any]:
    asked = request.args
    kind = asked.get("kind")
    start = min(max(asked.get("from", type=int, default=0), 0), _FARTHEST)
    phone = asked.get("phone", "").strip()[:30]
    wanted = Kind(kind) if kind in set(Kind) else None
    lines = campaigns.report.recipients(message, LINES, kind=wanted, phone=phone, start=start)
    return {
        "names": contacts.names_of(message.account_id, [line[1] for line in lines.items]),
        "kind": wanted,
        "phone": phone,
        "lines": lines,
    }
