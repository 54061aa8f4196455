"""The letters that people get: short, plain, each about one link."""

from collections.abc import Callable
from functools import partial

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from flashsms import queue
from flashsms.extensions import db, on_commit
from flashsms.models import Carrier, Invitation, Role, User, WebhookEndpoint
from flashsms.models.invitation import still_open
from flashsms.models.webhook import IS_PAUSED
from flashsms.services import mail
from flashsms.services.people import tokens

RESET = "reset"
INVITATION = "invitation"
FAULT = "fault"
LOW_BALANCE = "low balance"
LOW_RATE = "low delivery rate"
WEBHOOK_PAUSED = "webhook paused"

RESET_PATH = "/reset-password/"  # and the token
INVITATION_PATH = "/invitation/"
ALERTS_PATH = "/settings/alerts"
WEBHOOKS_PATH = "/settings/webhooks"


def send_soon(letter: str, key: str) -> None:
    """Have a letter of a kind about `key` mailed by a worker; without a mail server log it now.

    Call this after the commit. `key` is an e-mail for RESET, an invitation's public id for
    INVITATION, and those of a carrier and of an operator with a blank between for FAULT; what
    owners are told begins with the public id of one (`tell_owners`). No secret goes into the
    queue, and what it says does not tell who exists.
    """
    if mail.is_set():
        queue.enqueue_mail(letter, key)
    else:
        send_letter(letter, key)


def tell_owners(account_id: int, letter: str, *facts: object) -> None:
    """Have a letter mailed to every owner of an account once the transaction is committed.

    `facts` are what it says beside what the database knows, without blanks.
    """
    owners = select(User.public_id).where(User.account_id == account_id, User.role == Role.OWNER)
    for user_id in db.session.scalars(owners.order_by(User.id)):
        key = " ".join(map(str, (user_id, *facts)))
        on_commit(partial(send_soon, letter, key))


def send_letter(letter: str, key: str) -> None:
    """Mail a letter if there is still somebody to get it. Raises what `mail.send` does."""
    _LETTERS[letter](key)


def _send_reset(email: str) -> None:
    user = db.session.scalar(select(User).where(User.email == email))
    if user is None:
        return
    text = (
        f"Somebody asked for a new password for {user.email}.\n\n"
        f"Choose one within an hour:\n{mail.link(RESET_PATH + tokens.for_reset(user))}\n\n"
        "If that was not you, ignore this mail. Your password stays as it is.\n"
    )
    mail.send(user.email, "Your new FlashSMS password", text)


def _send_invitation(public_id: str) -> None:
    query = select(Invitation).where(Invitation.public_id == public_id, still_open())
    invitation = db.session.scalar(query)
    if invitation is None:
        return
    name = invitation.account.name
    address = mail.link(INVITATION_PATH + tokens.for_invitation(invitation))
    text = (
        f"You are invited to send messages for {name} with FlashSMS.\n\n"
        f"Join within 7 days:\n{address}\n\n"
        "If you do not know who that is, ignore this mail.\n"
    )
    mail.send(invitation.email, f"Join {name} on FlashSMS", text)


def _send_fault(key: str) -> None:
    carrier_id, _, user_id = key.partition(" ")
    carrier = db.session.scalar(select(Carrier).where(Carrier.public_id == carrier_id))
    operator = db.session.scalar(select(User).where(User.public_id == user_id, User.is_admin))
    if carrier is None or operator is None or carrier.paused_at is None:
        return
    text = (
        f"Nothing more is sent by {carrier.name}, because only you can mend this:\n\n"
        f"{carrier.paused_for}\n\n"
        f"{mail.link(f'/admin/carriers/{carrier.public_id}')}\n\n"
        "Messages leave by the other carriers that may take them, or wait. Receipts are still "
        "heard as far as the carrier lets us.\n"
    )
    mail.send(operator.email, f"FlashSMS paused the carrier {carrier.name}", text)


def _send_low_balance(user_id: str) -> None:
    owner = _owner(user_id)
    if owner is None or not owner.account.runs_low:
        return
    account = owner.account
    left = f"{account.balance:,} credit{'' if account.balance == 1 else 's'}"
    text = (
        f"{account.name} has {left} left. You want to know when there are fewer than "
        f"{account.low_balance:,}.\n\n"
        "A message that costs more than is left is refused, so buy credits in time:\n"
        f"{mail.link('/credits')}\n\n"
        f"What you are told, and when, is set here:\n{mail.link(ALERTS_PATH)}\n"
    )
    mail.send(owner.email, f"{left} left on FlashSMS", text)


def _send_low_rate(key: str) -> None:
    user_id, rate, threshold, finished = key.split()
    owner = _owner(user_id)
    if owner is None:
        return
    text = (
        f"Of the last {int(finished):,} messages of {owner.account.name} whose end is known, "
        f"{rate}% were delivered. You want to know when it is less than {threshold}%.\n\n"
        "Each campaign shows which numbers failed, and why:\n"
        f"{mail.link('/campaigns')}\n\n"
        "Old or mistyped numbers are the usual reason. If yours are right, tell whoever runs this "
        "installation of FlashSMS.\n\n"
        f"What you are told, and when, is set here:\n{mail.link(ALERTS_PATH)}\n"
    )
    mail.send(owner.email, f"Only {rate}% of your messages were delivered", text)


def _send_webhook_paused(key: str) -> None:
    user_id, webhook_id = key.split()
    owner = _owner(user_id)
    webhook = db.session.scalar(
        select(WebhookEndpoint).where(WebhookEndpoint.public_id == webhook_id, IS_PAUSED)
    )
    if owner is None or webhook is None or webhook.account_id != owner.account_id:
        return
    text = (
        f"Your receiver is told no more what happens:\n\n{webhook.url}\n\n"
        f"{webhook.paused_for}\n\n"
        f"Mend it, then resume the webhook here:\n{mail.link(WEBHOOKS_PATH)}/{webhook_id}\n\n"
        "What happens meanwhile is kept for 3 days, and told when you resume it.\n"
    )
    mail.send(owner.email, "FlashSMS paused a webhook", text)


def _owner(public_id: str) -> User | None:
    """Return an owner with the account as it stands now."""
    query = select(User).where(User.public_id == public_id, User.role == Role.OWNER)
    fresh = query.options(joinedload(User.account))
    return db.session.scalar(fresh, execution_options={"populate_existing": True})


_LETTERS: dict[str, Callable[[str], None]] = {
    RESET: _send_reset,
    INVITATION: _send_invitation,
    FAULT: _send_fault,
    LOW_BALANCE: _send_low_balance,
    LOW_RATE: _send_low_rate,
    WEBHOOK_PAUSED: _send_webhook_paused,
}
