"""Opening an account from the outside."""

import time

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Account, Role, Transaction
from flashsms.services import people
from flashsms.services.errors import DomainError
from tests.factories import ledger_sum
from tests.services.people.conftest import HOME, PASSWORD, at_once, outcome

GOOD = {
    "name": "Abena's shop",
    "phone": "020 123 4567",
    "email": "abena@example.com",
    "password": PASSWORD,
    "address": HOME,
}


def test_whoever_signs_up_owns_an_account_with_the_welcome_credits(app: Flask) -> None:
    user = people.sign_up(" Abena's shop ", "020 123 4567", "Abena@Example.com ", PASSWORD, HOME)
    assert (user.email, user.role, user.is_admin) == ("abena@example.com", Role.OWNER, False)
    assert (user.account.name, user.account.phone) == ("Abena's shop", "020 123 4567")
    assert user.account.balance == ledger_sum(user.account) == 5
    rows = db.session.execute(select(Transaction.type, Transaction.description)).all()
    assert [tuple(row) for row in rows] == [("BONUS", "Welcome")]


def test_the_operator_decides_how_many_credits_welcome_somebody(app: Flask) -> None:
    app.config["SIGNUP_CREDITS"] = 0
    account = people.sign_up(**GOOD).account
    assert account.balance == ledger_sum(account) == 0
    assert db.session.scalar(select(func.count()).select_from(Transaction)) == 0


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("name", "  ", "bad_name"),
        ("name", "Shop\nBcc: all", "bad_name"),
        ("name", "x" * 121, "bad_name"),
        ("phone", "030", "bad_phone"),
        ("email", "abena", "bad_email"),
        ("email", "a\x00b@example.com", "bad_email"),
        ("email", "abéna@example.com", "bad_email"),
        ("email", "abena..owusu@example.com", "bad_email"),
        ("email", "abena@example..com", "bad_email"),
        ("email", f"{'a' * 243}@example.com", "bad_email"),
        ("email", "kofi,abena@example.com", "bad_email"),
        ("email", "abena@example.com\nBcc: kofi@example.com", "bad_email"),
        ("password", "short", "bad_password"),
        ("password", "password1", "bad_password"),
        ("password", "Abena@Example.com", "bad_password"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_is_stored(
    app: Flask, field: str, value: str, code: str
) -> None:
    with pytest.raises(DomainError, match=field) as refused:
        people.sign_up(**GOOD | {field: value})
    assert refused.value.code == code
    assert db.session.scalar(select(func.count()).select_from(Account)) == 0


@pytest.mark.parametrize("size", [253, 20_000, 400_000])
def test_a_long_email_is_refused_at_once(app: Flask, size: int) -> None:
    started = time.process_time()
    for middle in (".", "a.", "@", "a@.", " ", '"'):
        email = ("a@" + middle * size)[:size] + "@"
        with pytest.raises(DomainError, match="must be an e-mail"):
            people.sign_up(**GOOD | {"email": email})
    assert time.process_time() - started < 0.3


def test_nobody_opens_accounts_without_end(app: Flask) -> None:
    app.config["SIGNUP_LIMIT"] = 10

    def sign_up(number: int, address: str) -> str:
        return outcome(
            app,
            lambda: people.sign_up(
                **GOOD | {"email": f"bot{number}@example.com", "address": address}
            ),
        )

    assert [sign_up(number, HOME) for number in range(10)] == ["done"] * 10
    assert sign_up(10, HOME) == sign_up(0, HOME) == "too_many_attempts"
    assert sign_up(10, "197.251.1.3") == "done"


def test_who_only_mistypes_is_not_kept_out(app: Flask) -> None:
    for _ in range(12):
        with pytest.raises(DomainError, match="phone"):
            people.sign_up(**GOOD | {"phone": "030"})
    assert people.sign_up(**GOOD).email == "abena@example.com"


def test_an_email_belongs_to_one_user_even_when_many_sign_up_at_once(app: Flask) -> None:
    outcomes = at_once(app, [lambda: people.sign_up(**GOOD)] * 6)
    assert outcomes == ["done", *["email_taken"] * 5]
    assert db.session.scalar(select(func.count()).select_from(Account)) == 1
    assert db.session.scalar(select(func.count()).select_from(Transaction)) == 1
