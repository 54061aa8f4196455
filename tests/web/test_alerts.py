"""Owners say what they want to be told of, and pages say when it is so."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import Account, AuditEntry, Role
from flashsms.services import accounts, credits
from flashsms.services.alerts import thresholds
from flashsms.services.alerts.thresholds import Thresholds
from tests.factories import Member, member
from tests.web.browsing import fill, sign_in

PAGE = "/settings/alerts"


def wanted(who: Member) -> Thresholds:
    db.session.commit()
    return thresholds.of(db.session.get_one(Account, who.account.id, populate_existing=True))


def spend(who: Member, amount: int) -> None:
    with transaction():
        credits.charge(who.account.id, amount, description="Sale", reference="c1")


def entries() -> list[AuditEntry]:
    query = select(AuditEntry).where(AuditEntry.action == "alerts changed")
    return list(db.session.scalars(query.order_by(AuditEntry.id)))


def test_an_owner_switches_alerts_on_and_off(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    sign_in(client, "ama@example.com")
    assert wanted(ama) == Thresholds()
    page = client.get(PAGE).text
    assert "To 0201234567, for 1 credit each time." in page
    assert "No sender ID is approved" not in page
    saved = fill(client, PAGE, low_balance="1,500", low_balance_sms="y", low_rate="80")
    assert saved.location == PAGE
    assert wanted(ama) == Thresholds(low_balance=1500, low_balance_sms=True, low_rate=80)
    page = client.get(PAGE).text
    assert "The alerts were saved." in page
    assert 'value="1500"' in page
    assert "checked" in page
    fill(client, PAGE, low_balance=" 1500 ", low_balance_sms="y", low_rate="80 %")
    assert "Nothing was changed." in client.get(PAGE).text
    fill(client, PAGE, low_balance="", low_rate="80")
    assert wanted(ama) == Thresholds(low_rate=80)
    assert wanted(kofi) == Thresholds()
    assert [(one.actor, one.account_id, one.before, one.after) for one in entries()] == [
        (
            "ama@example.com",
            ama.account.id,
            {"low balance": "off", "text about it": "no", "low delivery rate": "off"},
            {"low balance": 1500, "text about it": "yes", "low delivery rate": "80%"},
        ),
        (
            "ama@example.com",
            ama.account.id,
            {"low balance": 1500, "text about it": "yes"},
            {"low balance": "off", "text about it": "no"},
        ),
    ]
    assert "low balance: off" in client.get("/settings/activity").text


@pytest.mark.parametrize(
    ("fields", "where", "sentence"),
    [
        ({"low_balance": "0"}, "low_balance", "Lowest balance must be from 1 to 1,000,000,000"),
        ({"low_balance": "1000000001"}, "low_balance", "Lowest balance must be from 1 to"),
        ({"low_balance": "9" * 30}, "low_balance", "Lowest balance must be from 1 to"),
        ({"low_balance": "-5"}, "low_balance", "Lowest balance must be from 1 to"),
        ({"low_balance": "many"}, "low_balance", "Enter a whole number, such as 500."),
        ({"low_balance": "5\0"}, "low_balance", "Enter a whole number, such as 500."),
        ({"low_balance_sms": "y"}, "low_balance", "Lowest balance must say below how many"),
        ({"low_rate": "0"}, "low_rate", "Lowest delivery rate must be from 1 to 100 percent"),
        ({"low_rate": "101"}, "low_rate", "Lowest delivery rate must be from 1 to 100 percent"),
        ({"low_rate": "99.5"}, "low_rate", "Enter a whole number, such as 80."),
        ({"low_rate": "%"}, "low_rate", "Enter a whole number, such as 80."),
    ],
)
def test_what_makes_no_sense_is_refused_at_its_field(
    client: FlaskClient, ama: Member, fields: dict[str, str], where: str, sentence: str
) -> None:
    sign_in(client, "ama@example.com")
    answer = fill(client, PAGE, **{"low_balance": "", "low_rate": ""} | fields)
    assert answer.status_code == 400
    assert f'id="{where}-hint">{sentence}' in answer.text
    assert wanted(ama) == Thresholds()
    assert entries() == []


def test_the_page_says_when_no_text_can_be_sent(client: FlaskClient) -> None:
    member("Esi", "esi@example.com", sender=None)
    sign_in(client, "esi@example.com")
    assert "No sender ID is approved yet" in client.get(PAGE).text


def test_pages_say_that_credits_run_low_and_what_to_do(client: FlaskClient, ama: Member) -> None:
    with transaction():
        hashed = accounts.opening.hasher.hash("correct horse")
        accounts.add_user(ama.account.id, "esi@example.com", hashed, Role.MEMBER)
    thresholds.save(ama.account.id, Thresholds(low_balance=100))
    sign_in(client, "ama@example.com")
    spend(ama, 900)
    assert [path for path in ("/", "/credits") if "run low" in client.get(path).text] == []
    spend(ama, 99)
    sentence = "Credits run low: 1 credit left, fewer than 100."
    home, ledger = client.get("/").text, client.get("/credits").text
    assert sentence in home
    assert "See how to buy more" in home
    assert sentence in ledger
    assert "How to buy more stands below." in ledger
    fill(client, "/", "/logout")
    sign_in(client, "esi@example.com")
    assert "Tell an owner of the account to buy more." in client.get("/").text


def test_members_cannot(client: FlaskClient, ama: Member) -> None:
    with transaction():
        hashed = accounts.opening.hasher.hash("correct horse")
        accounts.add_user(ama.account.id, "esi@example.com", hashed, Role.MEMBER)
    sign_in(client, "esi@example.com")
    assert client.get(PAGE).status_code == 403
    assert fill(client, "/settings", PAGE, low_balance="5").status_code == 403
    assert PAGE not in client.get("/settings").text
    assert wanted(ama) == Thresholds()
