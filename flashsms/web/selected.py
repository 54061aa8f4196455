"""What is done with the contacts that were ticked on a page of the address book."""

from collections.abc import Callable
from functools import wraps

from flask import flash, request
from flask.typing import ResponseReturnValue
from flask_login import current_user, login_required

from flashsms.models import OptSource
from flashsms.services import contacts, opt_outs
from flashsms.web import book, bp
from flashsms.web.asking import ask, is_sure
from flashsms.web.book import current_view
from flashsms.web.showing import counted


def selection_required(
    view: Callable[[list[str]], ResponseReturnValue],
) -> Callable[[], ResponseReturnValue]:
    """Call a view with the ids that were ticked; without any, say so."""

    @wraps(view)
    def guarded() -> ResponseReturnValue:
        selected = request.form.getlist("contact")
        if not selected:
            flash("Select contacts first: tick the boxes at the start of their rows.", "error")
            return book.back()
        return view(selected)

    signed_in: Callable[[], ResponseReturnValue] = login_required(guarded)
    return signed_in


@bp.post("/contacts/selected/add")
@selection_required
def add_selected(selected: list[str]) -> ResponseReturnValue:
    """Put them into a group."""
    group = contacts.groups.find(current_user.account.id, request.form.get("into", ""))
    added = contacts.groups.put_in(current_user.account.id, group.public_id, selected)
    flash(f"{counted(added, 'contact')} joined {group.name}.")
    return book.back()


@bp.post("/contacts/selected/remove")
@selection_required
def remove_selected(selected: list[str]) -> ResponseReturnValue:
    """Take them out of the group that is looked at."""
    group = contacts.groups.find(current_user.account.id, current_view().group or "")
    removed = contacts.groups.take_out(current_user.account.id, group.public_id, selected)
    flash(f"{counted(removed, 'contact')} left {group.name}.")
    return book.back()


@bp.post("/contacts/selected/opt-out")
@selection_required
def opt_out_selected(selected: list[str]) -> ResponseReturnValue:
    """Never send to them again."""
    phones = [one.phone for one in contacts.find_many(current_user.account.id, selected)]
    new = opt_outs.opt_out_many(current_user.account.id, phones, OptSource.DASHBOARD)
    flash(f"{counted(new, 'contact')} will get no more messages.")
    return book.back()


@bp.post("/contacts/selected/delete")
@selection_required
def delete_selected(selected: list[str]) -> ResponseReturnValue:
    """Delete them, once the visitor is sure."""
    if not is_sure():
        heading = f"Delete {counted(len(selected), 'contact')}?"
        sentence = "They also leave their groups. Messages that were sent stay in the history."
        there = book.address(current_view())
        return ask(heading, sentence, yes="Delete", back=there, area="contacts")
    deleted = contacts.delete_many(current_user.account.id, selected)
    flash(f"{counted(deleted, 'contact')} {'was' if deleted == 1 else 'were'} deleted.")
    return book.back()
