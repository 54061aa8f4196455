"""Which part of the address book is looked at, and the page that shows it."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_login import current_user

from flashsms.services import contacts, opt_outs
from flashsms.services.contacts import blocks
from flashsms.web.forms.contacts import ContactForm
from flashsms.web.pages import render

LIMIT = 25  # contacts on a page
_LAST_PAGE = 1_000_000


@dataclass(frozen=True, slots=True)
class View:
    """Which part of the address book is looked at; the address of the page says it."""

    search: str
    group: str | None
    page: int

    def args(self, **changed: Any) -> dict[str, Any]:
        """Return the arguments of its address, or of one that differs in something."""
        here = {"q": self.search or None, "group": self.group, "page": self.page} | changed
        return here | {"page": None if here["page"] == 1 else here["page"]}

    @property
    def query(self) -> str:
        """The end of an address that says the same, "?" included; a row's are many to build."""
        given = urlencode({name: value for name, value in self.args().items() if value})
        return f"?{given}" if given else ""


def current_view() -> View:
    """Return the view that the address of this request names."""
    wanted = request.args.get("q", "").replace("\0", "")[: contacts.LONGEST_SEARCH]
    return View(wanted, request.args.get("group") or None, page_number(_LAST_PAGE))


def page_number(last: int) -> int:
    """Return which page the address asks for, from 1 to `last`; 1 for what is no number."""
    typed = request.args.get("page", "")
    page = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 8 else 1
    return min(max(page, 1), last)


def address(view: View) -> str:
    """Return the address of a view."""
    return url_for("web.list_contacts", **view.args())


def back() -> ResponseReturnValue:
    """Lead back to the view from which this request came."""
    return redirect(address(current_view()))


def show(view: View, form: ContactForm) -> str:
    """Render the page of a view, or for HTMX its table."""
    account_id = current_user.account.id
    group = contacts.groups.find(account_id, view.group) if view.group else None
    found = contacts.page(
        account_id, view.page, LIMIT, search=view.search, group_id=group.id if group else None
    )
    groups = contacts.groups.counted(account_id)
    form.offer([one for one, _ in groups], view.group)
    return render(
        "contacts/index.html",
        "contacts/_table.html",
        view=view,
        group=group,
        found=found,
        opted_out=opt_outs.among(account_id, [one.phone for one in found.items]),
        groups=groups,
        everybody=blocks.total(account_id) if group or view.search else found.total,
        form=form,
    )
