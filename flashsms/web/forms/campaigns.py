"""The compose page: many small choices, read into a wish whatever they are."""

from werkzeug.datastructures import MultiDict

from flashsms.services.campaigns import Wish
from flashsms.web.forms.asking import one_line_end

_NO_TIME = "no time"  # "later" was chosen, and no time was


def read_wish(form: MultiDict[str, str]) -> Wish:
    """Return what the compose page holds; nothing is checked here."""
    later = form.get("later", "").strip() or _NO_TIME
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
        later=later if form.get("when") == "later" else "",
    )


def _values(form: MultiDict[str, str]) -> dict[str, str]:
    """Return what is filled in for placeholders: fields such as "value:date"."""
    given = {name.removeprefix("value:"): text for name, text in form.items() if ":" in name}
    return {name: _line(text) for name, text in given.items() if text.strip()}


def _chosen(form: MultiDict[str, str], name: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_line(one) for one in form.getlist(name)))


def _line(typed: str) -> str:
    return typed.replace("\0", "").strip()
