"""The account itself: its credits."""

from flask import Response

from flashsms.api.answers import answer
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.schemas import BalanceAnswer
from flashsms.models import Scope
from flashsms.services import credits


@bp.get("/balance")
@scope(Scope.BALANCE_READ)
@answers(BalanceAnswer)
def show_balance() -> Response:
    """Show how many credits the account has."""
    account = current_key().account
    return answer(
        {
            "balance": credits.balance_of(account.id),
            "currency": "credits",
            "accountName": account.name,
            "accountPhone": account.phone,
        }
    )
