"""What the account's credits were used for."""

from typing import Any

from flask import Response

from flashsms.api import inputs
from flashsms.api.answers import answer, pagination
from flashsms.api.auth import current_key, scope
from flashsms.api.blueprint import bp
from flashsms.api.describing import answers
from flashsms.api.schemas import TransactionsAnswer, TransactionsQuery
from flashsms.models import Scope, Transaction
from flashsms.services import history


@bp.get("/transactions")
@scope(Scope.TRANSACTIONS_READ)
@answers(TransactionsAnswer, query=TransactionsQuery)
def list_transactions() -> Response:
    """List the account's ledger, newest first."""
    wanted = inputs.query(TransactionsQuery)
    page = history.transactions(current_key().account_id, wanted.slice(), wanted.type)
    listed = [_show(transaction) for transaction in page.items]
    return answer({"transactions": listed, "pagination": pagination(page)})


def _show(transaction: Transaction) -> dict[str, Any]:
    return {
        "id": transaction.public_id,
        "type": transaction.type,
        "amount": transaction.amount,
        "balance": transaction.balance,
        "description": transaction.description,
        "reference": transaction.reference,
        "createdAt": transaction.created_at,
    }
