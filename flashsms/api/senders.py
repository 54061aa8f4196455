"""The names that an account may send under."""

from flask import Response

from flashsms.api.answers import answer
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.schemas import SendersAnswer
from flashsms.models import Scope
from flashsms.services import senders


@bp.get("/sender-ids")
@scope(Scope.SENDERS_READ)
@answers(SendersAnswer)
def list_senders() -> Response:
    """List the approved sender IDs, the oldest first."""
    listed = [
        {
            "id": sender.public_id,
            "name": sender.name,
            "status": sender.status,
            "createdAt": sender.created_at,
            "approvedAt": sender.approved_at,
        }
        for sender in senders.approved(current_key().account_id)
    ]
    return answer({"senderIds": listed})
