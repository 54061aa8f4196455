"""Operators look for accounts, and change what they have and may do."""

import html
import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from flashsms.extensions import db
from flashsms.models import Account, AuditEntry
from flashsms.services import accounts
from tests.factories import Member, ledger_sum, member
from tests.web.browsing import fill, sign_in

PURCHASE = {"grant-type": "PURCHASE", "grant-amount": "500", "grant-reason": "Paid in cash"}


def path(whose: Member) -> str:
    return f"/admin/accounts/{whose.account.public_id}"


def attempt(client: FlaskClient, whose: Member) -> str:
    found = re.search(r'name="grant-attempt"[^>]*value="([^"]+)"', client.get(path(whose)).text)
    assert found
    return found[1]


def grant(client: FlaskClient, whose: Member, **fields: str) -> TestResponse:
    given = {f"grant-{name}": value for name, value in fields.items()}
    given = {"grant-attempt": attempt(client, whose)} | PURCHASE | given
    return fill(client, path(whose), to=f"{path(whose)}/credits", **given)


def act(client: FlaskClient, whose: Member, what: str, **fields: str) -> TestResponse:
    return fill(client, path(whose), to=f"{path(whose)}/{what}", **fields)


def standing(whose: Member) -> Account:
    db.session.commit()
    return db.session.get_one(Account, whose.account.id, populate_existing=True)


def noted(whose: Member) -> list[tuple[str, str]]:
    """What was noted about an account since it was opened, and who did it."""
    db.session.commit()
    query = select(AuditEntry.action, AuditEntry.actor)
    query = query.where(AuditEntry.account_id == whose.account.id).order_by(AuditEntry.id)
    return [tuple(one) for one in db.session.execute(query)][2:]  # its first credits and key


def fault(answer: TestResponse, field: str) -> str:
    found = re.search(rf'id="{field}-hint">([^<]*)<', answer.text)
    assert answer.status_code == 400, answer.text
    assert found, answer.text
    return html.unescape(found[1])


# The list


def test_the_list_has_every_account(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    page = operator.get("/admin/accounts").text
    assert page.index(path(kofi)) < page.index(path(ama)) < page.index(">Operations</a>")
    for shown in ("ama@example.com", "0201234567", "1,000", path(ama)):
        assert shown in page


def test_a_search_leaves_some(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    page = operator.get("/admin/accounts?q=ama@").text
    assert path(ama) in page
    assert path(kofi) not in page
    assert "No account was found" in operator.get("/admin/accounts?q=%25%00_").text


def test_the_suspended_ones_alone(operator: FlaskClient, ama: Member, kofi: Member) -> None:
    assert "No account is suspended" in operator.get("/admin/accounts?suspended=yes").text
    accounts.suspend(ama.account.public_id, "Spam")
    page = operator.get("/admin/accounts?suspended=yes").text
    assert path(ama) in page
    assert path(kofi) not in page


def test_the_list_goes_on(operator: FlaskClient) -> None:
    for number in range(27):
        member(f"Shop {number:02}", f"shop{number}@example.com", sender=None)
    first = operator.get("/admin/accounts?q=shop").text
    assert "Shop 26" in first
    assert "Shop 00" not in first
    onward = html.unescape(re.search(r'rel="next" href="([^"]+)"', first)[1])
    second = operator.get(onward).text
    assert "Shop 00" in second
    back = html.unescape(re.search(r'rel="prev" href="([^"]+)"', second)[1])
    assert "Shop 26" in operator.get(back).text
    assert operator.get("/admin/accounts?before=acc_nothing").status_code == 404


def test_htmx_gets_the_table_alone(operator: FlaskClient, ama: Member) -> None:
    table = operator.get("/admin/accounts?q=ama", headers={"HX-Request": "true"}).text
    assert table.lstrip().startswith('<div id="accounts-table">')
    assert "<html" not in table


# One account


def test_the_page_shows_how_it_stands(
    client: FlaskClient, operator: FlaskClient, ama: Member
) -> None:
    hello = {"recipients": ["0201234567"], "message": "Hello", "campaignName": "Easter sale"}
    sent = client.post("/api/v1/sms/send", json=hello, headers=ama.headers)
    assert sent.status_code == 200
    page = operator.get(path(ama)).text
    for shown in ("ama@example.com", "Easter sale", "MyBrand", "approved", "999", "Opening credits",
                  "API key created", f"/admin/history?account={ama.account.public_id}",
                  f"/admin/credits?account={ama.account.public_id}",
                  f"/admin/history/{sent.json['data']['messageId']}"):  # fmt: skip
        assert shown in page, shown


@pytest.mark.parametrize("account_id", ["acc_nothing", "1", "%00"])
@pytest.mark.parametrize("what", ["", "/credits", "/suspend", "/reactivate", "/terms", "/view"])
def test_an_unknown_account_is_not_found(
    operator: FlaskClient, ama: Member, account_id: str, what: str
) -> None:
    fields = PURCHASE | {"grant-attempt": "a", "suspend-reason": "b", "terms-price": "1"}
    there = f"/admin/accounts/{account_id}{what}"
    answer = fill(operator, path(ama), to=there, **fields) if what else operator.get(there)
    assert answer.status_code == 404


def test_nothing_changes_by_looking(operator: FlaskClient, ama: Member) -> None:
    for what in ("credits", "suspend", "reactivate", "terms", "view"):
        assert operator.get(f"{path(ama)}/{what}").status_code == 405
        assert operator.post(f"{path(ama)}/{what}").status_code == 400  # without the token
    assert noted(ama) == []


# Credits


def test_credits_are_granted_with_a_reason(operator: FlaskClient, ama: Member) -> None:
    assert grant(operator, ama).location == path(ama)
    assert ama.balance == ledger_sum(ama.account) == 1500
    assert noted(ama) == [("credits granted", "boss@example.com")]
    page = operator.get(path(ama)).text
    assert "Added 500 credits. The balance is 1,500." in page
    assert "Paid in cash" in page


@pytest.mark.parametrize(
    ("typed", "balance"), [("12,000", 13000), ("\N{MINUS SIGN}1 000", 0), (" -5 ", 995)]
)
def test_an_amount_is_read_as_people_write_it(
    operator: FlaskClient, ama: Member, typed: str, balance: int
) -> None:
    assert grant(operator, ama, type="ADJUSTMENT", amount=typed).status_code == 302
    assert ama.balance == balance


def test_a_double_click_grants_once(operator: FlaskClient, ama: Member) -> None:
    fields = PURCHASE | {"grant-attempt": attempt(operator, ama)}
    for _ in range(2):
        assert act(operator, ama, "credits", **fields).location == path(ama)
    assert ama.balance == 1500
    assert noted(ama) == [("credits granted", "boss@example.com")]
    assert "This was done already" in operator.get(path(ama)).text


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("amount", "", "Enter how many credits."),
        ("amount", "many", "Enter a whole number"),
        ("amount", "1.5", "Enter a whole number"),
        ("amount", "9" * 5000, "Enter a whole number"),
        ("amount", "0", "Credits must not be 0"),
        ("amount", " ", "Enter a whole number"),
        ("amount", ",", "Enter a whole number"),
        ("amount", "-5", "Credits must be above 0"),
        ("amount", "9" * 40, "Credits must be at most 1,000,000,000 credits."),
        ("reason", "", "Enter the reason."),
        ("reason", "  ", "Enter the reason."),
        ("reason", "a" * 201, "Use at most 200 characters."),
        ("reason", "a\0b", "Reason must be one line of text"),
        ("type", "USAGE", "Not a valid choice."),
        ("type", "", "Not a valid choice."),
    ],
)
def test_a_fault_is_shown_at_its_field(
    operator: FlaskClient, ama: Member, field: str, typed: str, said: str
) -> None:
    assert fault(grant(operator, ama, **{field: typed}), f"grant-{field}").startswith(said)
    assert ama.balance == 1000
    assert noted(ama) == []


def test_no_more_is_taken_than_there_is(operator: FlaskClient, ama: Member) -> None:
    answer = grant(operator, ama, type="ADJUSTMENT", amount="-1001")
    assert fault(answer, "grant-amount") == "The account has only 1,000 credits."
    assert 'value="-1001"' in answer.text
    assert "Paid in cash" in answer.text
    assert ama.balance == 1000


# Suspension


def test_suspending_asks_first(client: FlaskClient, operator: FlaskClient, ama: Member) -> None:
    asked = act(operator, ama, "suspend", **{"suspend-reason": "Spam to <b>strangers</b>"})
    assert "Suspend Ama?" in asked.text
    assert "<b>strangers" not in asked.text
    assert standing(ama).suspended_at is None
    done = act(operator, ama, "suspend", sure="yes", **{"suspend-reason": "Spam to strangers"})
    assert done.location == path(ama)
    assert standing(ama).suspended_for == "Spam to strangers"
    assert noted(ama) == [("account suspended", "boss@example.com")]
    again = act(operator, ama, "suspend", sure="yes", **{"suspend-reason": "Once more"})
    assert again.location == path(ama)
    assert "suspended already" in operator.get(path(ama)).text
    assert len(noted(ama)) == 1


@pytest.mark.parametrize("reason", ["", " ", "a" * 201, "a\0b"])
def test_suspending_needs_a_reason(operator: FlaskClient, ama: Member, reason: str) -> None:
    answer = act(operator, ama, "suspend", sure="yes", **{"suspend-reason": reason})
    assert fault(answer, "suspend-reason")
    assert standing(ama).suspended_at is None


def test_a_suspended_accounts_keys_answer_with_the_reason(
    client: FlaskClient, operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    act(operator, ama, "suspend", sure="yes", **{"suspend-reason": "Spam to strangers."})
    for method, there in (("GET", "balance"), ("POST", "sms/send"), ("GET", "contacts")):
        answer = client.open(f"/api/v1/{there}", method=method, headers=ama.headers)
        assert answer.status_code == 403
        assert answer.json["code"] == "account_suspended"
        assert "suspended: Spam to strangers. Ask the operator" in answer.json["error"]
    assert client.get("/api/v1/balance", headers=kofi.headers).status_code == 200
    assert act(operator, ama, "reactivate").location == path(ama)
    assert client.get("/api/v1/balance", headers=ama.headers).status_code == 200
    done = ["account suspended", "account reactivated"]
    assert noted(ama) == [(one, "boss@example.com") for one in done]


def test_reactivating_twice_is_said(operator: FlaskClient, ama: Member) -> None:
    assert act(operator, ama, "reactivate").location == path(ama)
    assert "not suspended" in operator.get(path(ama)).text
    assert noted(ama) == []


def test_its_own_pages_say_why(client: FlaskClient, ama: Member, boss: Member) -> None:
    sign_in(client, "ama@example.com")
    assert "is suspended" not in client.get("/").text
    accounts.suspend(ama.account.public_id, "Spam to <strangers>.")
    for there in ("/", "/campaigns", "/settings"):
        page = client.get(there).text
        assert "This account is suspended: Spam to &lt;strangers&gt;.</strong>" in page
        assert "Nothing is sent until" in page


# Terms


def test_a_rate_limit_of_its_own_takes_effect(
    client: FlaskClient, operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    terms = {"terms-rate_limit": "2", "terms-price": "1"}
    assert act(operator, ama, "terms", **terms).location == path(ama)
    calls = [client.get("/api/v1/balance", headers=ama.headers) for _ in range(3)]
    assert [one.status_code for one in calls] == [200, 200, 429]
    assert calls[0].headers["RateLimit-Limit"] == "2"
    others = [client.get("/api/v1/balance", headers=kofi.headers) for _ in range(3)]
    assert [one.status_code for one in others] == [200, 200, 200]
    assert act(operator, ama, "terms", **terms | {"terms-rate_limit": ""}).status_code == 302
    assert standing(ama).rate_limit is None
    assert client.get("/api/v1/balance", headers=ama.headers).status_code == 200
    assert noted(ama) == [("rate limit or price changed", "boss@example.com")] * 2


def test_a_price_of_its_own_takes_effect(
    client: FlaskClient, operator: FlaskClient, ama: Member
) -> None:
    act(operator, ama, "terms", **{"terms-price": "3"})
    text = {"message": "a" * 161}
    two = {"recipients": ["0201234567", "0241234567"]}
    asked = client.post("/api/v1/sms/estimate", json=text | {"recipientCount": 2},
                        headers=ama.headers).json["data"]  # fmt: skip
    dry = client.post("/api/v1/sms/send", json=text | two | {"dryRun": True},
                      headers=ama.headers).json["data"]  # fmt: skip
    sent = client.post("/api/v1/sms/send", json=text | two, headers=ama.headers).json["data"]
    assert sent["creditsUsed"] == 12
    assert 12 in asked.values()
    assert dry["creditsRequired"] == 12
    assert ama.balance == ledger_sum(ama.account) == 988


def test_terms_that_are_saved_twice_are_noted_once(operator: FlaskClient, ama: Member) -> None:
    for _ in range(2):
        act(operator, ama, "terms", **{"terms-price": "3", "terms-rate_limit": "0"})
    assert (standing(ama).price, standing(ama).rate_limit) == (3, 0)
    assert len(noted(ama)) == 1


@pytest.mark.parametrize(
    ("field", "typed", "said"),
    [
        ("price", "", "Enter the price."),
        ("price", "0", "Price must be from 1 to 100 credits a part."),
        ("price", "101", "Price must be from 1 to 100 credits a part."),
        ("price", "x", "Enter a whole number"),
        ("price", " ", "Enter a whole number"),
        ("rate_limit", "-1", "Rate limit must be from 0 to 1,000,000."),
        ("rate_limit", "9" * 30, "Rate limit must be from 0 to 1,000,000."),
        ("rate_limit", "often", "Enter a whole number"),
    ],
)
def test_wrong_terms_are_said_at_their_field(
    operator: FlaskClient, ama: Member, field: str, typed: str, said: str
) -> None:
    fields = {"terms-price": "1", "terms-rate_limit": "", f"terms-{field}": typed}
    answer = act(operator, ama, "terms", **fields)
    assert fault(answer, f"terms-{field}").startswith(said)
    assert noted(ama) == []
