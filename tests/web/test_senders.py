"""Sender IDs in a browser."""

import pytest
from flask.testing import FlaskClient

from flashsms.services import senders
from tests.factories import Member
from tests.web.browsing import fill, sign_in


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def test_a_name_is_requested_and_waits(client: FlaskClient) -> None:
    answer = fill(client, "/sender-ids", name="AmaShop", purpose="Offers to customers")
    assert answer.location == "/sender-ids"
    page = client.get("/sender-ids").text
    assert "AmaShop" in page
    assert "pending" in page


def test_a_bad_name_is_said_at_its_field(client: FlaskClient) -> None:
    answer = fill(client, "/sender-ids", name="No!")
    assert answer.status_code == 400
    assert "3 to 11 letters" in answer.text


def test_a_request_beyond_those_that_wait_is_refused_at_its_field(
    client: FlaskClient, ama: Member
) -> None:
    for number in range(senders.MOST_PENDING):
        senders.request(ama.account.id, f"Shop{number}")
    answer = fill(client, "/sender-ids", name="OneMore")
    assert answer.status_code == 400
    assert 'id="name-hint">20 sender IDs of this account wait' in answer.text


def test_the_reason_of_a_rejection_is_shown_as_text(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    wanted = senders.request(ama.account.id, "BankOfAma")
    senders.reject(wanted.public_id, "<b>Belongs</b> to a bank")
    senders.request(kofi.account.id, "KofiShop")
    page = client.get("/sender-ids").text
    assert "rejected" in page
    assert "&lt;b&gt;Belongs&lt;/b&gt; to a bank" in page
    assert "KofiShop" not in page
