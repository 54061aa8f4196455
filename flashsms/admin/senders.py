"""Sender IDs that wait for a decision, and those that were decided."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from flashsms.admin import bp
from flashsms.admin.forms.senders import ApproveForm, RejectForm
from flashsms.models import SenderStatus
from flashsms.services import sender_reviews, senders
from flashsms.services.errors import DomainError
from flashsms.services.sender_reviews import Approved, LooksAlike, Review
from flashsms.services.senders import AlreadyDecided
from flashsms.web.forms.asking import Form, status
from flashsms.web.forms.blaming import blame
from flashsms.web.showing import counted

LIMIT = 25  # sender IDs on a page
_NAMED = 10  # of those left out that are told by name
_LONGEST_SEARCH = 11  # characters; no sender ID has more


@bp.get("/sender-ids")
def list_senders() -> ResponseReturnValue:
    """Show the requests that wait, the oldest first."""
    place = _place()
    found = sender_reviews.waiting(LIMIT, **place)
    return render_template("admin/senders/index.html", found=found, place=place)


@bp.get("/sender-ids/decided")
def list_decided_senders() -> ResponseReturnValue:
    """Show what was decided, the newest request first, or whose name a search finds."""
    search = request.args.get("q", "").replace("\0", "").strip()[:_LONGEST_SEARCH]
    found = sender_reviews.decided(LIMIT, search, after=_place()["after"])
    return render_template("admin/senders/decided.html", found=found, search=search)


@bp.post("/sender-ids/approve")
def approve_senders() -> ResponseReturnValue:
    """Approve those that were ticked, as far as they look like no protected name."""
    chosen = request.form.getlist("sender")
    if not chosen:
        flash("Select sender IDs first: tick the boxes at the start of their rows.", "error")
    else:
        _tell(sender_reviews.approve_many(chosen))
    return redirect(url_for(".list_senders", **_place()))


@bp.get("/sender-ids/<sender_id>")
def review_sender(sender_id: str) -> ResponseReturnValue:
    """Show one sender ID with everything that helps to decide about it."""
    return _page(sender_reviews.find(sender_id))


@bp.post("/sender-ids/<sender_id>/approve")
def approve_sender(sender_id: str) -> ResponseReturnValue:
    """Approve one; what looks like a protected name only with proof."""
    form = ApproveForm()
    proven = bool(form.validate_on_submit() and form.proven.data)
    try:
        sender = sender_reviews.approve(sender_id, proven=proven, overrule=_overrules())
    except LooksAlike as error:
        form.proven.errors = [error.sentence]
        return _page(sender_reviews.find(sender_id), approve=form)
    except AlreadyDecided as error:
        return _decided_meanwhile(sender_id, error)
    flash(f"{sender.name} was approved. The account can send under it now.")
    return _back()


@bp.post("/sender-ids/<sender_id>/reject")
def reject_sender(sender_id: str) -> ResponseReturnValue:
    """Reject one, or withdraw one that was approved, for a reason."""
    form = RejectForm()
    if not form.validate_on_submit():
        return _page(sender_reviews.find(sender_id), reject=form)
    try:
        sender = senders.reject(sender_id, form.reason.data, overrule=_overrules())
    except AlreadyDecided as error:
        return _decided_meanwhile(sender_id, error)
    except DomainError as error:
        blame(form, error, otherwise="reason", reason="reason")
        return _page(sender_reviews.find(sender_id), reject=form)
    flash(f"{sender.name} was {'withdrawn' if _overrules() else 'rejected'}.")
    return _back()


def _page(review: Review, **forms: Form) -> tuple[str, int]:
    shown = {"approve": ApproveForm(formdata=None), "reject": RejectForm(formdata=None)} | forms
    body = render_template(
        "admin/senders/review.html",
        review=review,
        waits=review.sender.status is SenderStatus.PENDING,
        place=_place(),
        **shown,
    )
    return body, max(map(status, shown.values()))


def _decided_meanwhile(sender_id: str, error: AlreadyDecided) -> ResponseReturnValue:
    flash(f"{error.said} Somebody was faster: nothing was changed now.", "error")
    return redirect(url_for(".review_sender", sender_id=sender_id))


def _overrules() -> bool:
    """Whether the operator saw that it was decided, and decides otherwise."""
    return request.form.get("overrule") == "yes"


def _back() -> ResponseReturnValue:
    """Lead back to the list that the sender was in."""
    if _overrules():
        return redirect(url_for(".list_decided_senders"))
    return redirect(url_for(".list_senders", **_place()))


def _place() -> dict[str, Any]:
    """Return which page of a list the address says."""
    return {name: request.args.get(name) or None for name in ("before", "after")}


def _tell(outcome: Approved) -> None:
    """Say what became of many, and why of those that were left out."""
    if outcome.approved:
        count = len(outcome.approved)
        flash(f"{counted(count, 'sender ID')} {'was' if count == 1 else 'were'} approved.")
    if outcome.look_alikes:
        named = [f"{one.name} (looks like {protected})" for one, protected in outcome.look_alikes]
        flash(f"Left out: {_some(named)}. Approve each alone, with proof.", "error")
    if outcome.decided:
        named = [f"{one.name} ({one.status.lower()})" for one in outcome.decided]
        flash(f"Decided meanwhile by somebody else, and left so: {_some(named)}.", "error")
    if not (outcome.approved or outcome.look_alikes or outcome.decided):
        flash("None of these sender IDs is there any more.", "error")


def _some(named: list[str]) -> str:
    more = len(named) - _NAMED
    return ", ".join(named[:_NAMED]) + (f" and {more} more" if more > 0 else "")
