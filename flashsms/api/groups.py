"""The groups of an address book."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.once import answer_once
from flashsms.api.schemas import DeletedAnswer, GroupAnswer, GroupRequest, GroupsAnswer
from flashsms.models import Group, Scope
from flashsms.services import contacts


@bp.get("/contacts/groups")
@scope(Scope.CONTACTS_READ)
@answers(GroupsAnswer)
def list_groups() -> Response:
    """List the groups by name."""
    counted = contacts.groups.counted(current_key().account_id)
    return answer({"groups": [_show(group, count) for group, count in counted]})


@bp.post("/contacts/groups")
@scope(Scope.CONTACTS_WRITE)
@answers(
    GroupAnswer,
    body=GroupRequest,
    once=True,
    refuses=("bad_group", "group_exists", "too_many_groups"),
)
def create_group() -> Response:
    """Make an empty group."""
    wanted = inputs.body(GroupRequest)
    account_id = current_key().account_id
    return answer_once(wanted, lambda: _show(contacts.groups.create(account_id, wanted.name), 0))


@bp.delete("/contacts/groups/<group_id>")
@scope(Scope.CONTACTS_WRITE)
@answers(DeletedAnswer, refuses=("group_unknown",))
def delete_group(group_id: str) -> Response:
    """Delete a group; its contacts stay."""
    contacts.groups.delete(current_key().account_id, group_id)
    return answer({"id": group_id, "deleted": True})


def _show(group: Group, count: int) -> dict[str, Any]:
    return {
        "id": group.public_id,
        "name": group.name,
        "contactCount": count,
        "createdAt": group.created_at,
    }
