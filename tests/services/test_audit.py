"""Who did what to whom: one entry for each act, in its transaction, for ever."""

import pytest
from flask import Flask
from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import DBAPIError

from flashsms.extensions import db, transaction
from flashsms.models import AuditEntry, Role, TransactionType
from flashsms.services import audit, credits, keys, people, senders
from flashsms.services.audit import Action, Actor
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member

HOME = "197.251.1.2"


def actions(member: Member) -> list[str]:
    """What was written down about an account after it was made, the oldest first."""
    db.session.commit()
    found = select(AuditEntry.action).where(AuditEntry.account_id == member.account.id)
    return list(db.session.scalars(found.order_by(AuditEntry.id)))


@pytest.fixture
def ada(ama: Member) -> Member:
    """Ama's account, and who acts is named."""
    audit.act_as(Actor("operator@example.com", HOME))
    return ama


def test_each_act_leaves_one_entry(ada: Member) -> None:
    made = len(actions(ada))
    owner = people.members(ada.account.id)[0]
    key, _ = keys.create(ada.account.id, "Website")
    keys.revoke(ada.account.id, key.public_id)
    wanted = senders.request(ada.account.id, "AmaShop")
    senders.approve(wanted.public_id)
    credits.grant(ada.account.id, 5, type=TransactionType.BONUS, reason="Thanks")
    people.invite(ada.account.id, "yaw@example.com", Role.MEMBER, owner)
    people.change_password(owner, "correct horse", "a fine long password")
    assert actions(ada)[made:] == [
        Action.KEY_CREATED,
        Action.KEY_REVOKED,
        Action.SENDER_APPROVED,
        Action.CREDITS_GRANTED,
        Action.MEMBER_INVITED,
        Action.PASSWORD_CHANGED,
    ]


def test_an_entry_says_who_from_where_and_what_changed(ada: Member) -> None:
    credits.grant(ada.account.id, -5, type=TransactionType.ADJUSTMENT, reason="Paid twice")
    [entry] = audit.page(ada.account.id, 1).items
    assert (entry.actor, entry.address) == ("operator@example.com", HOME)
    assert (entry.subject, entry.before) == ("-5 credits", {"balance": 1000})
    assert entry.after == {"balance": 995, "type": "ADJUSTMENT", "reason": "Paid twice"}


def test_what_is_refused_leaves_none(ada: Member) -> None:
    before = actions(ada)
    with pytest.raises(DomainError):
        credits.grant(ada.account.id, -5000, type=TransactionType.ADJUSTMENT, reason="Too much")
    with pytest.raises(NotFound):
        keys.revoke(ada.account.id, "key_nothing")
    with pytest.raises(DomainError):
        senders.approve("sid_nothing")
    assert actions(ada) == before


def test_signing_in_and_failing_to_are_noted_with_the_address(ada: Member) -> None:
    made = len(actions(ada))
    with pytest.raises(DomainError):
        people.sign_in("ama@example.com", "wrong password", HOME)
    with pytest.raises(DomainError):
        people.sign_in("nobody@example.com", "wrong password", HOME)
    people.sign_in("ama@example.com", "correct horse", HOME)
    assert actions(ada)[made:] == [Action.SIGN_IN_FAILED, Action.SIGNED_IN]
    [entry] = audit.page(ada.account.id, 1).items
    assert (entry.actor, entry.address) == ("ama@example.com", HOME)


def test_nobody_changes_the_log(app: Flask, ada: Member) -> None:
    keys.create(ada.account.id, "Website")
    for statement in (
        update(AuditEntry).values(actor="somebody else"),
        delete(AuditEntry),
    ):
        with pytest.raises(DBAPIError, match="append-only"), transaction():
            db.session.execute(statement)
    assert db.session.scalar(select(func.count()).where(AuditEntry.actor == "somebody else")) == 0


def test_pages_go_back_and_belong_to_one_account(ada: Member, kofi: Member) -> None:
    for number in range(5):
        keys.create(ada.account.id, f"Key {number}")
    first = audit.page(ada.account.id, 2)
    second = audit.page(ada.account.id, 2, first.items[-1].public_id)
    names = [entry.subject for entry in first.items + second.items]
    assert names == ["Key 4", "Key 3", "Key 2", "Key 1"]
    assert first.older
    with pytest.raises(NotFound):
        audit.page(kofi.account.id, 2, first.items[-1].public_id)
    with pytest.raises(NotFound):
        audit.page(ada.account.id, 2, "\0")
