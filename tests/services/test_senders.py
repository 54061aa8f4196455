"""Which names an account may send under, and how it comes to have them."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Sender, SenderStatus, now
from flashsms.services import senders
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member


def standing(public_id: str) -> tuple[SenderStatus, str | None, bool]:
    """Return the status as the database has it now, the reason, and whether a time is noted."""
    db.session.commit()
    found = db.session.execute(
        select(Sender.status, Sender.reason, Sender.approved_at).where(
            Sender.public_id == public_id
        )
    ).one()
    return found.status, found.reason, found.approved_at is not None


def test_a_sender_is_chosen_by_name_or_id_and_else_the_first(ama: Member) -> None:
    second = senders.add_approved(ama.account.id, "Second 2")
    assert senders.choose(ama.account.id, None) == "MyBrand"
    assert senders.choose(ama.account.id, "second 2") == "Second 2"
    assert senders.choose(ama.account.id, second.public_id) == "Second 2"


def test_a_pending_sender_cannot_be_used(ama: Member) -> None:
    senders.request(ama.account.id, "Soon")
    with pytest.raises(DomainError, match="not approved yet"):
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
    for verb in (senders.add_approved, senders.request):
        with pytest.raises(DomainError, match="3 to 11") as refused:
            verb(ama.account.id, name)
        assert refused.value.code == "bad_sender"


def test_an_account_has_a_name_once_whatever_its_case(ama: Member) -> None:
    with pytest.raises(DomainError, match="already"):
        senders.add_approved(ama.account.id, "MYBRAND")


def test_a_request_waits_with_its_purpose(ama: Member) -> None:
    before = now()
    sender = senders.request(ama.account.id, "AmaShop", " Order updates.\r\n\r\n  And offers. ")
    assert (sender.name, sender.status) == ("AmaShop", SenderStatus.PENDING)
    assert sender.purpose == "Order updates.\nAnd offers."
    assert (sender.reason, sender.approved_at) == (None, None)
    assert before <= sender.created_at <= now()
    assert sender.public_id.startswith("sid_")
    assert senders.request(ama.account.id, "Other", "  \n ").purpose is None


def test_an_approved_request_can_be_sent_under(ama: Member) -> None:
    sender = senders.request(ama.account.id, "AmaShop")
    approved = senders.approve(sender.public_id)
    assert approved.status is SenderStatus.APPROVED
    assert standing(sender.public_id) == (SenderStatus.APPROVED, None, True)
    assert senders.choose(ama.account.id, "amashop") == "AmaShop"


def test_a_rejected_request_keeps_the_reason_and_cannot_be_sent_under(ama: Member) -> None:
    sender = senders.request(ama.account.id, "MTN")
    rejected = senders.reject(sender.public_id, " Belongs to a network. ")
    assert rejected.reason == "Belongs to a network."
    assert standing(sender.public_id) == (SenderStatus.REJECTED, "Belongs to a network.", False)
    with pytest.raises(DomainError, match="was rejected: Belongs"):
        senders.choose(ama.account.id, "MTN")


def test_a_rejected_name_can_be_requested_again_and_waits_anew(ama: Member) -> None:
    first = senders.request(ama.account.id, "amashop", "Offers")
    asked_at = first.created_at
    senders.reject(first.public_id, "Say what it is for.")
    second = senders.request(ama.account.id, "AmaShop", "Order updates for Ama's shop")
    assert second.public_id == first.public_id
    assert (second.name, second.purpose) == ("AmaShop", "Order updates for Ama's shop")
    assert second.created_at > asked_at
    assert standing(second.public_id) == (SenderStatus.PENDING, None, False)
    senders.approve(second.public_id)
    assert senders.choose(ama.account.id, None) == "MyBrand"


def test_what_waits_or_is_approved_is_not_requested_twice(ama: Member) -> None:
    sender = senders.request(ama.account.id, "AmaShop", "Offers")
    with pytest.raises(DomainError, match="not decided") as waits:
        senders.request(ama.account.id, "AMASHOP", "Something else")
    senders.approve(sender.public_id)
    with pytest.raises(DomainError, match="approved already") as is_there:
        senders.request(ama.account.id, "amashop")
    assert waits.value.code == is_there.value.code == "sender_taken"
    assert standing(sender.public_id) == (SenderStatus.APPROVED, None, True)
    [kept] = db.session.scalars(select(Sender.purpose).where(Sender.folded == "amashop"))
    assert kept == "Offers"


def test_each_account_requests_for_itself(ama: Member, kofi: Member) -> None:
    hers = senders.request(ama.account.id, "Shared")
    senders.reject(hers.public_id, "Not yours.")
    his = senders.request(kofi.account.id, "Shared")
    senders.approve(his.public_id)
    assert standing(hers.public_id) == (SenderStatus.REJECTED, "Not yours.", False)
    assert [one.public_id for one in senders.every(kofi.account.id)][1:] == [his.public_id]
    with pytest.raises(DomainError, match="was rejected: Not yours"):
        senders.choose(ama.account.id, "Shared")


def test_a_decision_is_made_once(ama: Member) -> None:
    good = senders.approve(senders.request(ama.account.id, "Good").public_id)
    for verb in (
        lambda: senders.approve(good.public_id),
        lambda: senders.reject(good.public_id, "x"),
    ):
        with pytest.raises(DomainError, match="already approved") as refused:
            verb()
        assert refused.value.code == "sender_decided"
    bad = senders.reject(senders.request(ama.account.id, "Bad").public_id, "Too vague.")
    for verb in (
        lambda: senders.approve(bad.public_id),
        lambda: senders.reject(bad.public_id, "x"),
    ):
        with pytest.raises(DomainError, match=r"already rejected \(Too vague\.\)"):
            verb()
    assert standing(good.public_id) == (SenderStatus.APPROVED, None, True)
    assert standing(bad.public_id) == (SenderStatus.REJECTED, "Too vague.", False)


def test_a_decision_can_be_overruled_but_not_made_again(ama: Member) -> None:
    sender = senders.approve(senders.request(ama.account.id, "AmaShop").public_id)
    with pytest.raises(DomainError, match="already approved"):
        senders.approve(sender.public_id, overrule=True)
    senders.reject(sender.public_id, "Complaints.", overrule=True)
    assert standing(sender.public_id) == (SenderStatus.REJECTED, "Complaints.", False)
    with pytest.raises(DomainError, match="was rejected: Complaints"):
        senders.choose(ama.account.id, "AmaShop")
    with pytest.raises(DomainError, match="already rejected"):
        senders.reject(sender.public_id, "Again.", overrule=True)
    senders.approve(sender.public_id, overrule=True)
    assert standing(sender.public_id) == (SenderStatus.APPROVED, None, True)


@pytest.mark.parametrize("public_id", ["sid_nobody", "", "sid_\0", "x" * 5000])
def test_an_unknown_sender_cannot_be_decided(app: Flask, public_id: str) -> None:
    for verb in (lambda: senders.approve(public_id), lambda: senders.reject(public_id, "No.")):
        with pytest.raises(NotFound, match="no sender"):
            verb()


@pytest.mark.parametrize("reason", ["", "  ", "two\nlines", "a\0b", "x" * 201])
def test_a_rejection_needs_a_reason_on_one_line(ama: Member, reason: str) -> None:
    sender = senders.request(ama.account.id, "AmaShop")
    with pytest.raises(DomainError, match="reason") as refused:
        senders.reject(sender.public_id, reason)
    assert refused.value.code == "bad_sender"
    assert standing(sender.public_id) == (SenderStatus.PENDING, None, False)


@pytest.mark.parametrize(
    "purpose", ["x" * 501, f"{'x' * 250}\n{'y' * 250}", "a\0b", "a\tb", "\ud800"]
)
def test_a_purpose_is_a_short_paragraph(ama: Member, purpose: str) -> None:
    with pytest.raises(DomainError, match="purpose") as refused:
        senders.request(ama.account.id, "AmaShop", purpose)
    assert refused.value.code == "bad_sender"
    assert [sender.name for sender in senders.every(ama.account.id)] == ["MyBrand"]


def test_an_account_sees_all_its_senders_wherever_they_stand(ama: Member) -> None:
    senders.request(ama.account.id, "Waits")
    senders.reject(senders.request(ama.account.id, "Refused").public_id, "No.")
    assert [(one.name, one.status, one.reason) for one in senders.every(ama.account.id)] == [
        ("MyBrand", SenderStatus.APPROVED, None),
        ("Waits", SenderStatus.PENDING, None),
        ("Refused", SenderStatus.REJECTED, "No."),
    ]


def test_of_very_many_senders_the_latest_are_listed(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "MOST_LISTED", 2)
    for name in ("Older", "Newer"):
        senders.request(ama.account.id, name)
    assert [one.name for one in senders.every(ama.account.id)] == ["Older", "Newer"]
    with pytest.raises(DomainError, match="Older"):
        senders.choose(ama.account.id, "older")
    assert senders.choose(ama.account.id, "mybrand") == "MyBrand"


def test_so_many_requests_wait_and_no_more(
    ama: Member, kofi: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(senders, "MOST_PENDING", 2)
    first, _ = (senders.request(ama.account.id, name) for name in ("First", "Second"))
    with pytest.raises(DomainError, match="2 sender IDs of this account wait") as refused:
        senders.request(ama.account.id, "Third")
    assert refused.value.code == "too_many_senders"
    with pytest.raises(DomainError, match="requested already"):
        senders.request(ama.account.id, "second")
    senders.request(kofi.account.id, "Third")
    senders.reject(first.public_id, "No.")
    senders.request(ama.account.id, "Third")
    with pytest.raises(DomainError, match="wait"):
        senders.request(ama.account.id, "First")
    assert standing(first.public_id) == (SenderStatus.REJECTED, "No.", False)


def test_of_many_requests_at_once_twenty_wait(app: Flask, ama: Member) -> None:
    for number in range(senders.MOST_PENDING - 3):
        senders.request(ama.account.id, f"Shop{number}")
    start = Barrier(8)

    def ask(number: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                return senders.request(ama.account.id, f"Late{number}").status
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(ask, range(8)))
    assert outcomes == [*3 * ["PENDING"], *5 * ["too_many_senders"]]


def test_the_operator_sees_what_waits_in_every_account_the_oldest_first(
    ama: Member, kofi: Member
) -> None:
    first = senders.request(ama.account.id, "First")
    senders.request(kofi.account.id, "Second")
    senders.request(ama.account.id, "Third")
    senders.reject(first.public_id, "No.")
    senders.approve(senders.request(ama.account.id, "Fourth").public_id)
    senders.request(ama.account.id, "First")
    shown = [(sender.name, account) for sender, account in senders.pending()]
    assert shown == [("Second", "Kofi"), ("Third", "Ama"), ("First", "Ama")]
    assert [sender.name for sender, _ in senders.pending(limit=1)] == ["Second"]


def test_of_two_operators_at_once_one_decides(app: Flask, ama: Member) -> None:
    sender = senders.request(ama.account.id, "AmaShop")
    start = Barrier(8)

    def decide(number: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                if number % 2:
                    senders.approve(sender.public_id)
                    return "approved"
                senders.reject(sender.public_id, "No.")
                return "rejected"
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(decide, range(8)))
    assert outcomes.count("sender_decided") == 7
    [made] = set(outcomes) - {"sender_decided"}
    assert standing(sender.public_id)[0].lower() == made


def test_the_same_request_eight_times_at_once_is_taken_once(app: Flask, ama: Member) -> None:
    start = Barrier(8)

    def ask(_: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                return senders.request(ama.account.id, "AmaShop").status
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(ask, range(8)))
    assert outcomes == ["PENDING", *["sender_taken"] * 7]
