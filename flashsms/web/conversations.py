"""What people wrote, and what they were answered."""

import secrets
from dataclasses import dataclass
from typing import Any

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.models import Conversation
from flashsms.services import contacts, inbound
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.inbound.reading import is_person
from flashsms.services.inbound.replying import way_back
from flashsms.services.meter import measure
from flashsms.web import bp
from flashsms.web.forms.asking import status
from flashsms.web.forms.conversations import ReplyForm
from flashsms.web.pages import by_htmx, render

LIMIT = 25  # conversations on a page
TEXTS = 50  # texts of a conversation on a page
LIST_REFRESH, REFRESH = 10, 5  # seconds

bp.add_app_template_global(inbound.conversations.has_unread, "has_unread")


@bp.app_template_filter()
def address(known: str) -> str:
    """Return a number as phones show it (`+233201234567`), a short code or a name as it is."""
    return f"+{known}" if is_person(known) else known


@dataclass(frozen=True, slots=True)
class View:
    """Which conversations are looked at; the address of the page says it."""

    search: str
    before: str | None
    after: str | None

    def args(self, **place: Any) -> dict[str, Any]:
        """Return the arguments of the address of another page of the same list."""
        return {"q": self.search or None, **place}


@bp.get("/conversations")
@login_required
def list_conversations() -> ResponseReturnValue:
    """Show who wrote, the latest first, all or those that a search finds."""
    account_id, view = current_user.account.id, _view()
    found = inbound.conversations.page(
        account_id, LIMIT, search=view.search, before=view.before, after=view.after
    )
    return render(
        "conversations/index.html",
        "conversations/_table.html",
        view=view,
        found=found,
        names=contacts.names_of(account_id, [one.phone for one in found.items]),
        place_of=inbound.conversations.place_of,
        refresh=LIST_REFRESH,
        has_numbers=bool(inbound.numbers.of_account(account_id)) if not by_htmx() else None,
    )


@bp.get("/conversations/<phone>")
@login_required
def show_conversation(phone: str) -> ResponseReturnValue:
    """Show a conversation from its end, or before a place in it; opening it marks it read."""
    found = _opened(phone)
    return _page(found, ReplyForm(formdata=None))


@bp.post("/conversations/<phone>")
@login_required
def reply(phone: str) -> ResponseReturnValue:
    """Send somebody an answer."""
    found = inbound.conversations.find(current_user.account.id, phone)
    form = ReplyForm()
    if "replace" in request.form:
        form.text.data = measure(form.text.data or "").better
        return _page(found, form)
    if form.validate_on_submit():
        attempt = form.attempt.data or secrets.token_urlsafe()
        try:
            inbound.reply(found.account_id, phone, form.text.data, attempt=attempt)
        except DomainError as error:
            if isinstance(error, NotFound):
                raise
            form.text.errors = [error.sentence.removeprefix("message ")]
        else:
            flash("Your answer is on its way.")
            return redirect(url_for(".show_conversation", phone=phone))
    return _page(found, form), status(form)


def _opened(phone: str) -> Conversation:
    """Return a conversation that is read from here on, unless an operator only looks at it."""
    account_id = current_user.account.id
    found = inbound.conversations.find(account_id, phone)
    if found.unread and not current_user.is_viewing:
        inbound.conversations.mark_read(account_id, phone)
    return found


def _page(found: Conversation, form: ReplyForm) -> str:
    before = request.args.get("before") or None
    account_id, phone = found.account_id, found.phone
    form.attempt.data = form.attempt.data or secrets.token_urlsafe()
    person = None if by_htmx() else contacts.find_by_phone(account_id, phone)
    return render(
        "conversations/show.html",
        "conversations/_timeline.html",
        conversation=found,
        timeline=inbound.timeline.of(account_id, phone, TEXTS, before),
        before=before,
        refresh=REFRESH,
        form=form,
        meter=measure(form.text.data or ""),
        person=person,
        name=_name(person),
        way=None if by_htmx() else way_back(account_id, found),
    )


def _name(person: Any) -> str:
    return " ".join(filter(None, (person.first_name, person.last_name))) if person else ""


def _view() -> View:
    asked = request.args
    longest = inbound.conversations.LONGEST_SEARCH
    search = asked.get("q", "").replace("\0", "")[:longest].strip()
    return View(search, asked.get("before") or None, asked.get("after") or None)
