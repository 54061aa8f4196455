"""The compose page: many small choices, read into a wish whatever they are."""

from datetime import UTC, datetime

from werkzeug.datastructures import MultiDict

from flashsms.services.campaigns import Wish
from flashsms.services.campaigns.drafts import Offer
from flashsms.services.campaigns.wish import BOTH, NO_TIME
from flashsms.web.forms.asking import one_line_end


def read_wish(form: MultiDict[str, str]) -> Wish:
    """Return what the compose page holds; nothing is checked here."""
    typed = form.get("later", "").strip()
    later = (typed or NO_TIME) if form.get("when") == "later" else (typed and BOTH)
    return Wish(
        name=_line(form.get("name", "")),
        sender=_line(form.get("sender", "")),
        text=one_line_end(form.get("text")) or "",
        everybody="everybody" in form,
        groups=_chosen(form, "groups"),
        contacts=_chosen(form, "contacts"),
        numbers=one_line_end(form.get("numbers")) or "",
        people_of=_line(form.get("people_of", "")),
        only_failed="only_failed" in form,
        values=_values(form),
        later=later,
    )


def read_offer(form: MultiDict[str, str]) -> Offer:
    """Return what the review showed; what cannot be read was never shown."""
    try:
        starts_at = datetime.fromisoformat(form["starts_at"]) if form.get("starts_at") else None
    except ValueError:
        starts_at = datetime.min.replace(tzinfo=UTC)  # when nothing starts
    version, price = (form.get(name, type=int, default=0) for name in ("version", "price"))
    return Offer(version, price, starts_at)


def _values(form: MultiDict[str, str]) -> dict[str, str]:
    """Return what is filled in for placeholders: fields such as "value:date"."""
    given = {name.removeprefix("value:"): text for name, text in form.items() if ":" in name}
    return {name: _line(text) for name, text in given.items() if text.strip()}


def _chosen(form: MultiDict[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_line(one) for one in form.getlist(name)))


def _line(typed: str) -> str:
    return typed.replace("\0", "").strip()
