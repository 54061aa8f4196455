"""The last look at a campaign before it is sent, and sending it."""

from dataclasses import replace

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.services import campaigns, meter, sending
from flashsms.services.campaigns import AlreadySent, Wish, drafts, wish
from flashsms.services.errors import Conflict, DomainError
from flashsms.services.sending import Preflight
from flashsms.web import bp
from flashsms.web.compose import complaint
from flashsms.web.forms.campaigns import read_offer
from flashsms.web.pages import by_htmx, render

AT_ONCE = 5000  # people whose exact price is worked out before the page is shown


@bp.get("/campaigns/drafts/<draft_id>/review")
@login_required
def review_draft(draft_id: str) -> ResponseReturnValue:
    """Show what sending would do and cost, exactly; for many people that follows the page."""
    draft = drafts.find(current_user.account.id, draft_id)
    written = wish.load(draft.wish)
    if by_htmx() and request.args.get("version") != str(draft.version):
        return "", 200, {"HX-Refresh": "true"}  # the page around it shows something else
    glance = campaigns.glance.look(current_user.account.id, written)
    at_once = by_htmx() or "now" in request.args or glance.people <= AT_ONCE
    try:
        starts_at = wish.moment_of(written.later, current_user.account.timezone)
        summary = _summary(written) if at_once else None
    except DomainError as error:
        if by_htmx():
            return render("compose/_refused.html", draft=draft, sentence=error.sentence)
        return complaint(draft_id, written, error)
    return render(
        "compose/review.html",
        "compose/_summary.html",
        draft=draft,
        wish=written,
        glance=glance,
        summary=summary,
        starts_at=starts_at,
    )


@bp.post("/campaigns/drafts/<draft_id>/cheapen")
@login_required
def cheapen_draft(draft_id: str) -> ResponseReturnValue:
    """Write every replacement into the text that makes the message cheaper."""
    draft = drafts.find(current_user.account.id, draft_id)
    written = wish.load(draft.wish)
    cheaper = replace(written, text=meter.measure(written.text).better)
    drafts.save(current_user.account.id, draft_id, cheaper, over=draft.version)
    return redirect(url_for(".review_draft", draft_id=draft_id))


@bp.post("/campaigns/drafts/<draft_id>/send")
@login_required
def send_draft(draft_id: str) -> ResponseReturnValue:
    """Send what was reviewed, for the price that was shown; or show it again if that changed."""
    try:
        message = drafts.send(current_user.account, draft_id, read_offer(request.form))
    except AlreadySent:
        raise
    except DomainError as error:
        if error.code == drafts.UNKNOWN:
            raise
        flash(error.sentence, "error")
        place = ".review_draft" if isinstance(error, Conflict) else ".edit_draft"
        return redirect(url_for(place, draft_id=draft_id))
    return redirect(url_for(".show_campaign", campaign_id=message.public_id))


def _summary(written: Wish) -> Preflight:
    account = current_user.account
    return sending.preflight(account.id, wish.order(written, account.timezone))
