"""The pages of the documentation; for an owner the samples can have a test key filled in."""

import json
import secrets
from datetime import timedelta
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.models import ApiKey, MessageStatus, RecipientStatus, Scope, now
from flashsms.services import keys, mail
from flashsms.simulator.magic import MAGIC, Magic
from flashsms.web import bp
from flashsms.web.docs import contents, reference, samples
from flashsms.web.docs.events import EVENTS
from flashsms.web.docs.fields import prose
from flashsms.web.docs.samples import Filling
from flashsms.web.forms.keys import SCOPES
from flashsms.web.session import owner_required

_KEY_NAME = "Documentation"
_KEY_LIFE = timedelta(days=30)


@bp.get("/docs")
def show_docs() -> ResponseReturnValue:
    """Show how to begin, and a guide for each task, with the samples."""
    return _guides()


@bp.post("/docs")
@owner_required
def fill_docs() -> ResponseReturnValue:
    """Make a test key and show the same page with it in the samples, in this answer only."""
    made = keys.create_once(
        current_user.account.id,
        request.form.get("attempt") or secrets.token_urlsafe(),
        _KEY_NAME,
        scopes=(),
        expires_at=now() + _KEY_LIFE,
        is_test=True,
    )
    if made is None:
        flash("This key was made already. It was shown once and cannot be shown again.")
        return redirect(url_for(".show_docs"))
    return _guides(*made)


@bp.get("/docs/reference")
def show_reference() -> ResponseReturnValue:
    """Show everything that the API takes and answers."""
    return _render(
        "docs/reference.html",
        topics=contents.TOPICS,
        scopes=SCOPES,
        every_scope=list(Scope),
        magic=[(ending, one.what, ends_as(one)) for ending, one in MAGIC.items()],
        events=EVENTS,
        pretty=_pretty,
    )


def ends_as(magic: Magic) -> str:
    """Return what becomes of a recipient whose number ends like that."""
    if magic.refusal and not magic.first_time:
        return RecipientStatus.FAILED
    if not magic.stat:
        return MessageStatus.SENT
    return RecipientStatus.DELIVERED if magic.stat == "DELIVRD" else RecipientStatus.FAILED


def _guides(key: ApiKey | None = None, secret: str = samples.KEY) -> str:
    filling = Filling(mail.link("/api/v1"), secret)
    return _render(
        "docs/index.html",
        quickstart=contents.QUICKSTART,
        guides=contents.GUIDES,
        key=key,
        secret=secret,
        attempt=secrets.token_urlsafe(),
        samples_of=lambda task: samples.of(task, filling),
    )


def _render(page: str, **values: Any) -> str:
    """Render a page with what all of them show: the contents, and the API's address."""
    found = reference.read()
    return render_template(
        page,
        chapters=contents.chapters(found),
        reference=found,
        address=mail.link("/api/v1"),
        prose=prose,
        **values,
    )


def _pretty(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
