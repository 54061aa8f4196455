"""Which names an account may send under."""

import pytest

from flashsms.extensions import db, transaction
from flashsms.models import Sender, SenderStatus
from flashsms.services import senders
from flashsms.services.errors import DomainError
from tests.factories import Member


def test_a_sender_is_chosen_by_name_or_id_and_else_the_first(ama: Member) -> None:
    second = senders.add_approved(ama.account.id, "Second 2")
    assert senders.choose(ama.account.id, None) == "MyBrand"
    assert senders.choose(ama.account.id, "second 2") == "Second 2"
    assert senders.choose(ama.account.id, second.public_id) == "Second 2"


def test_a_pending_sender_cannot_be_used(ama: Member) -> None:
    with transaction():
        db.session.add(
            Sender(
                account_id=ama.account.id,
                name="Soon",
                folded="soon",
                status=SenderStatus.PENDING,
            )
        )
    with pytest.raises(DomainError, match="not an approved"):
        senders.choose(ama.account.id, "Soon")
    assert [sender.name for sender in senders.approved(ama.account.id)] == ["MyBrand"]


def test_another_accounts_sender_cannot_be_used(ama: Member, kofi: Member) -> None:
    theirs = senders.add_approved(kofi.account.id, "KofiOnly")
    for wanted in ("KofiOnly", theirs.public_id):
        with pytest.raises(DomainError, match="not an approved"):
            senders.choose(ama.account.id, wanted)


@pytest.mark.parametrize(
    "name", ["", "ab", "123456", "a" * 12, "My-Brand", " Brand", "Brand ", "Bränd", "My\nBrand"]
)
def test_a_name_that_carriers_reject_is_refused(ama: Member, name: str) -> None:
    with pytest.raises(DomainError, match="3 to 11"):
        senders.add_approved(ama.account.id, name)


def test_an_account_has_a_name_once_whatever_its_case(ama: Member) -> None:
    with pytest.raises(DomainError, match="already"):
        senders.add_approved(ama.account.id, "MYBRAND")
