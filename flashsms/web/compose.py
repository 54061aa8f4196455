"""Writing a campaign: the page, and the look at what it comes to while somebody types."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.services import campaigns, contacts, credits, first_steps, meter, senders, templates
from flashsms.services.campaigns import AlreadySent, NotReady, Wish, drafts, wish
from flashsms.services.errors import DomainError, NotFound
from flashsms.web import bp
from flashsms.web.forms.campaigns import read_wish
from flashsms.web.pages import by_htmx, render

FOUND = 8  # contacts that a search offers to pick

_FIELD_OF = {  # the code of a refusal to the part of the page that it is about
    "no_sender": "sender",
    "sender_not_approved": "sender",
    "no_recipients": "groups",
    "group_unknown": "groups",
    "contact_unknown": "groups",
    "message_unknown": "groups",
}


@bp.errorhandler(AlreadySent)
def lead_to_campaign(error: AlreadySent) -> ResponseReturnValue:
    """Lead whoever changes or sends a draft that was sent, from another tab or twice, to it."""
    there = url_for("web.show_campaign", campaign_id=error.message.public_id)
    return ("", 200, {"HX-Redirect": there}) if by_htmx() else redirect(there)


@bp.get("/campaigns/new")
@login_required
def new_campaign() -> ResponseReturnValue:
    """Lead to an address of its own, so that Back and reload come to what was written there."""
    begun = urlencode([("new", "yes"), *request.args.items(multi=True)])
    return redirect(f"{url_for('.edit_draft', draft_id=drafts.new_id())}?{begun}")


@bp.get("/campaigns/drafts/<draft_id>")
@login_required
def edit_draft(draft_id: str) -> ResponseReturnValue:
    """Go on writing, or begin with what the address of a new campaign names."""
    try:
        draft = drafts.find(current_user.account.id, draft_id)
    except NotFound:
        if "new" not in request.args:
            raise
        return page(draft_id, _begun())
    return page(draft_id, wish.load(draft.wish))


@bp.post("/campaigns/drafts/<draft_id>")
@login_required
def save_draft(draft_id: str) -> ResponseReturnValue:
    """Keep what was written, then do what the button said."""
    done = "replace" if "replace" in request.form else request.form.get("do")
    written = read_wish(request.form)
    try:
        written = _changed(written, done)
        drafts.save(current_user.account.id, draft_id, written)
    except AlreadySent:
        raise
    except DomainError as error:
        return complaint(draft_id, written, error)
    if done == "find":
        return page(draft_id, written)
    if done == "review":
        return redirect(url_for(".review_draft", draft_id=draft_id))
    if done == "save":
        flash("The draft was saved.")
    return redirect(url_for(".edit_draft", draft_id=draft_id))


@bp.post("/campaigns/drafts/<draft_id>/glance")
@login_required
def glance_at_draft(draft_id: str) -> ResponseReturnValue:
    """Keep what was typed so far, and show what it comes to."""
    written = read_wish(request.form)
    saved = None
    if not written.is_empty:
        saved = drafts.save(current_user.account.id, draft_id, written).updated_at
    shown = _glance(written)
    moved = request.form.get("asked") != ",".join(shown["glance"].asked)
    return render("compose/_glance.html", saved=saved, moved=moved, **shown)


@bp.post("/campaigns/drafts/<draft_id>/picker")
@login_required
def pick_contacts(draft_id: str) -> ResponseReturnValue:
    """Show the contacts that are picked, and those that a search finds."""
    return render("compose/_picker.html", **_picker(read_wish(request.form)))


@bp.post("/campaigns/drafts/<draft_id>/delete")
@login_required
def delete_draft(draft_id: str) -> ResponseReturnValue:
    """Throw a draft away."""
    drafts.discard(current_user.account.id, draft_id)
    flash("The draft was deleted.")
    return redirect(url_for(".list_campaigns"))


def complaint(draft_id: str, written: Wish, error: DomainError) -> ResponseReturnValue:
    """Show the page again with what is wrong at its field."""
    field = _FIELD_OF.get(error.code, "text")
    faults = error.faults if isinstance(error, NotReady) else {field: error.sentence}
    return page(draft_id, written, faults), 400


def page(draft_id: str, written: Wish, errors: Mapping[str, str] | None = None) -> str:
    """Render the compose page."""
    account_id = current_user.account.id
    approved = senders.approved(account_id)
    return render(
        "compose/edit.html",
        draft_id=draft_id,
        errors=errors or {},
        senders=approved,
        waiting=None if approved else first_steps.of(account_id).asked,
        templates=templates.for_dashboard(account_id),
        groups=contacts.groups.counted(account_id),
        earlier=campaigns.again.earlier(account_id, written),
        saved=None,
        **_picker(written),
        **_glance(written),
    )


def _begun() -> Wish:
    asked = request.args
    return Wish(
        text=_template_text(asked["template"]) if asked.get("template") else "",
        groups=tuple(asked.getlist("group")[: wish.MOST_CHOSEN]),
        contacts=tuple(asked.getlist("contact")[: wish.MOST_CHOSEN]),
    )


def _changed(written: Wish, done: str | None) -> Wish:
    """Return the wish after a button that writes into the text."""
    if done == "template" and request.form.get("template"):
        above = [written.text] if written.text.strip() else []
        return replace(written, text="\n".join([*above, _template_text(request.form["template"])]))
    if done == "replace":
        return replace(written, text=meter.measure(written.text).better)
    return written


def _template_text(public_id: str) -> str:
    for template in templates.for_dashboard(current_user.account.id):
        if template.public_id == public_id:
            return template.content
    raise NotFound("template_unknown", "There is no such template. It may have been deleted.")


def _glance(written: Wish) -> dict[str, Any]:
    account_id = current_user.account.id
    glance = campaigns.glance.look(account_id, written)
    balance = credits.balance_of(account_id)
    return {"wish": written, "glance": glance, "meter": glance.meter, "balance": balance}


def _picker(written: Wish) -> dict[str, Any]:
    """Return the contacts picked, and those found that are not picked yet."""
    account_id = current_user.account.id
    search = request.form.get("find", "").replace("\0", "")[: contacts.LONGEST_SEARCH].strip()
    picked = contacts.find_many(account_id, written.contacts) if written.contacts else []
    found = contacts.page(account_id, 1, FOUND, search=search).items if search else []
    chosen = {contact.public_id for contact in picked}
    return {
        "search": search,
        "picked": picked,
        "found": [contact for contact in found if contact.public_id not in chosen],
    }
