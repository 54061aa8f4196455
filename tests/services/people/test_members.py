"""Who belongs to an account: invited, joined, promoted, demoted, gone."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db, transaction
from flashsms.models import RecoveryCode, Role, User, now
from flashsms.services import people
from flashsms.services.errors import DomainError, NotFound
from tests.services.people.conftest import HOME, PASSWORD, at_once, joined, outcome

Token = Callable[[], str]


def emails(account_id: int) -> list[str]:
    return [user.email for user in people.members(account_id)]


def test_an_invited_person_joins_with_the_role_meant_for_them(abena: User, token: Token) -> None:
    invitation = people.invite(abena.account_id, " Yaw@Example.com", Role.MEMBER, abena)
    assert people.invitations(abena.account_id) == [invitation]
    assert people.find_invitation(token()).account.name == "Abena's shop"
    yaw = people.accept(token(), PASSWORD)
    assert (yaw.email, yaw.role, yaw.account_id) == (
        "yaw@example.com",
        Role.MEMBER,
        abena.account_id,
    )
    assert emails(abena.account_id) == ["abena@example.com", "yaw@example.com"]
    assert people.invitations(abena.account_id) == []


def test_an_invitation_works_once_even_when_accepted_at_once(
    app: Flask, abena: User, token: Token
) -> None:
    people.invite(abena.account_id, "yaw@example.com", Role.MEMBER, abena)
    link = token()
    outcomes = at_once(app, [lambda: people.accept(link, PASSWORD)] * 6)
    assert outcomes == [*["bad_link"] * 5, "done"]
    assert len(people.members(abena.account_id)) == 2


def test_an_invitation_is_good_for_seven_days(abena: User, token: Token) -> None:
    people.invite(abena.account_id, "yaw@example.com", Role.MEMBER, abena)
    link = token()
    with time_machine.travel(now().timestamp() + 7 * 86400 + 10):
        with pytest.raises(DomainError, match="too old"):
            people.accept(link, PASSWORD)
        assert people.invitations(abena.account_id) == []
    assert people.accept(link, PASSWORD).email == "yaw@example.com"


def test_a_revoked_invitation_is_useless(abena: User, token: Token) -> None:
    invitation = people.invite(abena.account_id, "yaw@example.com", Role.MEMBER, abena)
    people.revoke(abena.account_id, invitation.public_id, abena)
    with pytest.raises(DomainError, match="Ask for another"):
        people.accept(token(), PASSWORD)
    with pytest.raises(NotFound):
        people.revoke(abena.account_id, invitation.public_id, abena)
    assert people.invitations(abena.account_id) == []


def test_inviting_again_replaces_the_first_invitation(abena: User, token: Token) -> None:
    people.invite(abena.account_id, "yaw@example.com", Role.OWNER, abena)
    first = token()
    again = people.invite(abena.account_id, "yaw@example.com", Role.MEMBER, abena)
    assert people.invitations(abena.account_id) == [again]
    with pytest.raises(DomainError, match="too old or was used"):
        people.accept(first, PASSWORD)
    assert people.accept(token(), PASSWORD).role is Role.MEMBER


def test_an_email_belongs_to_one_user_of_all_accounts(abena: User, token: Token) -> None:
    people.invite(abena.account_id, "kofi@example.com", Role.MEMBER, abena)
    kofi = people.sign_up("Kofi's shop", "0201234567", "kofi@example.com", PASSWORD, HOME)
    with pytest.raises(DomainError) as refused:
        people.accept(token(), PASSWORD)
    assert refused.value.code == "email_taken"
    assert len(people.invitations(abena.account_id)) == 1
    with pytest.raises(DomainError) as refused:
        people.invite(kofi.account_id, "abena@example.com", Role.MEMBER, kofi)
    assert refused.value.code == "email_taken"


def test_a_bad_password_does_not_use_up_the_invitation(abena: User, token: Token) -> None:
    people.invite(abena.account_id, "yaw@example.com", Role.MEMBER, abena)
    with pytest.raises(DomainError, match="8 to 200"):
        people.accept(token(), "short")
    assert people.accept(token(), PASSWORD).email == "yaw@example.com"


def test_nobody_mails_invitations_without_end(abena: User) -> None:
    for number in range(30):
        people.invite(abena.account_id, f"friend{number}@example.com", Role.MEMBER, abena)
    with pytest.raises(DomainError, match="Wait 60 minutes"):
        people.invite(abena.account_id, "one.more@example.com", Role.MEMBER, abena)


def test_a_member_changes_nobody_but_may_leave(abena: User, yaw: User) -> None:
    account = abena.account_id
    invitation = people.invite(account, "esi@example.com", Role.MEMBER, abena)
    forbidden = [
        lambda: people.invite(account, "efua@example.com", Role.MEMBER, yaw),
        lambda: people.revoke(account, invitation.public_id, yaw),
        lambda: people.change_role(account, yaw.public_id, Role.OWNER, yaw),
        lambda: people.remove(account, abena.public_id, yaw),
    ]
    for act in forbidden:
        with pytest.raises(DomainError) as refused:
            act()
        assert (refused.value.code, refused.value.status) == ("owners_only", 403)
    people.remove(account, yaw.public_id, yaw)
    assert emails(account) == ["abena@example.com"]


def test_a_stranger_changes_nobody_and_is_nobody(abena: User, yaw: User) -> None:
    kofi = people.sign_up("Kofi's shop", "0201234567", "kofi@example.com", PASSWORD, HOME)
    invitation = people.invite(abena.account_id, "esi@example.com", Role.MEMBER, abena)
    with pytest.raises(DomainError, match="Only an owner"):
        people.remove(abena.account_id, yaw.public_id, kofi)
    for act in (
        lambda: people.remove(kofi.account_id, yaw.public_id, kofi),
        lambda: people.change_role(kofi.account_id, yaw.public_id, Role.OWNER, kofi),
        lambda: people.revoke(kofi.account_id, invitation.public_id, kofi),
        lambda: people.revoke(kofi.account_id, "no\x00thing", kofi),
        lambda: people.remove(kofi.account_id, "no\x00body", kofi),
    ):
        with pytest.raises(NotFound):
            act()
    assert emails(abena.account_id) == ["abena@example.com", "yaw@example.com"]


def test_who_is_removed_is_out_at_once_with_all_they_had(abena: User, yaw: User) -> None:
    people.confirm(yaw, pyotp.TOTP(people.begin(yaw).secret).now())
    people.change_role(abena.account_id, yaw.public_id, Role.OWNER, abena)
    people.remove(abena.account_id, yaw.public_id, abena)
    assert people.load(yaw.id, yaw.session_version) is None
    assert db.session.scalar(select(func.count()).select_from(RecoveryCode)) == 0
    people.sign_up("Yaw's own", "0201234567", "yaw@example.com", PASSWORD, HOME)


@pytest.mark.parametrize("ending", ["removed", "demoted", "left"])
def test_the_invitations_of_who_is_no_owner_any_more_are_useless(
    abena: User, yaw: User, token: Token, ending: str
) -> None:
    account = abena.account_id
    people.change_role(account, yaw.public_id, Role.OWNER, abena)
    kept = people.invite(account, "esi@example.com", Role.MEMBER, abena)
    people.invite(account, "yaw.again@example.com", Role.OWNER, yaw)
    if ending == "demoted":
        people.change_role(account, yaw.public_id, Role.MEMBER, abena)
    else:
        people.remove(account, yaw.public_id, abena if ending == "removed" else yaw)
    with pytest.raises(DomainError, match="Ask for another"):
        people.accept(token(), PASSWORD)
    assert people.invitations(account) == [kept]


def test_who_stays_an_owner_keeps_the_invitations(abena: User, yaw: User) -> None:
    invitation = people.invite(abena.account_id, "esi@example.com", Role.MEMBER, abena)
    for act in (
        lambda: people.remove(abena.account_id, abena.public_id, abena),
        lambda: people.change_role(abena.account_id, abena.public_id, Role.MEMBER, abena),
    ):
        with pytest.raises(DomainError, match="needs an owner"):
            act()
    people.change_role(abena.account_id, abena.public_id, Role.OWNER, abena)
    people.remove(abena.account_id, yaw.public_id, abena)
    assert people.invitations(abena.account_id) == [invitation]


def test_a_session_of_who_was_removed_is_nobodys_even_if_the_id_is_used_again(
    app: Flask, abena: User, yaw: User, token: Token
) -> None:
    session = yaw.id, yaw.session_version
    people.remove(abena.account_id, yaw.public_id, abena)
    joined(abena, "esi@example.com", Role.MEMBER, token)
    assert people.load(*session) is None


def test_the_last_owner_can_neither_leave_nor_be_demoted(abena: User, yaw: User) -> None:
    for act in (
        lambda: people.remove(abena.account_id, abena.public_id, abena),
        lambda: people.change_role(abena.account_id, abena.public_id, Role.MEMBER, abena),
    ):
        with pytest.raises(DomainError, match="needs an owner"):
            act()
    people.change_role(abena.account_id, yaw.public_id, Role.OWNER, abena)
    demoted = people.change_role(abena.account_id, abena.public_id, Role.MEMBER, abena)
    assert demoted.role is Role.MEMBER
    with pytest.raises(DomainError, match="needs an owner"):
        people.remove(abena.account_id, yaw.public_id, yaw)


def test_owners_who_leave_or_demote_each_other_at_once_leave_one(
    app: Flask, abena: User, token: Token
) -> None:
    account = abena.account_id
    owners = [abena] + [
        joined(abena, f"owner{number}@example.com", Role.OWNER, token) for number in range(3)
    ]
    acts = [lambda one=one: people.remove(account, one.public_id, one) for one in owners[:2]]
    acts += [
        lambda one=one: people.change_role(account, one.public_id, Role.MEMBER, one)
        for one in owners[2:]
    ]
    assert at_once(app, acts) == ["done", "done", "done", "last_owner"]
    roles = [user.role for user in people.members(account)]
    assert roles.count(Role.OWNER) == 1


def test_an_owner_waits_for_another_who_is_about_to_leave(
    app: Flask, abena: User, token: Token
) -> None:
    account = abena.account_id
    esi = joined(abena, "esi@example.com", Role.OWNER, token)
    with ThreadPoolExecutor(1) as pool:
        with transaction():
            people.remove(account, abena.public_id, abena)
            leaving = pool.submit(outcome, app, lambda: people.remove(account, esi.public_id, esi))
            wait([leaving], timeout=0.5)  # it comes to look while this one is about to go
        assert leaving.result() == "last_owner"
    assert emails(account) == ["esi@example.com"]
