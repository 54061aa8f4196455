"""How far a new account has come."""

from dataclasses import dataclass

from sqlalchemy import Integer, bindparam, exists, select

from flashsms.extensions import db
from flashsms.models import ApiKey, Contact, Message, Sender, SenderStatus


@dataclass(frozen=True, slots=True)
class Steps:
    """What the account has done; a `sender` is approved, `asked` says that one waits for that."""

    asked: bool
    sender: bool
    contacts: bool
    message: bool
    key: bool

    @property
    def done(self) -> bool:
        """Whether nothing is left that everybody has to do; keys are for developers."""
        return self.sender and self.contacts and self.message


def of(account_id: int) -> Steps:
    """Look what the account has done, in one statement that counts nothing."""
    found = db.session.execute(_LOOK, {"account": account_id}).one()
    return Steps(*map(bool, found))


_account = bindparam("account", type_=Integer())
_LOOK = select(
    exists().where(Sender.account_id == _account, Sender.status == SenderStatus.PENDING),
    exists().where(Sender.account_id == _account, Sender.status == SenderStatus.APPROVED),
    exists().where(Contact.account_id == _account),
    exists().where(Message.account_id == _account, Message.is_test.is_(False)),
    exists().where(ApiKey.account_id == _account),
)
