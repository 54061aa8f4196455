"""Who must not be sent to, in a browser."""

import re

import pytest
from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.models import OptSource
from flashsms.services import opt_outs
from tests.factories import Member, phones
from tests.web.browsing import fill, sign_in

PATH = "/contacts/opt-outs"


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def numbers(page: str) -> list[str]:
    return re.findall(r'tabular">\+(\d+)</td>', page)


def opted_out(member: Member) -> list[tuple[str, OptSource]]:
    db.session.commit()
    found = opt_outs.page(member.account.id, 1, 100).items
    return [(one.phone, one.source) for one in found]


def test_an_empty_list_says_what_it_is_for(client: FlaskClient) -> None:
    assert "Nobody has opted out" in client.get(PATH).text


def test_a_number_is_added_and_taken_back(client: FlaskClient, ama: Member) -> None:
    assert fill(client, PATH, phone="020 123 4567").location == PATH
    assert opted_out(ama) == [("233201234567", OptSource.DASHBOARD)]
    page = client.get(PATH).text
    assert numbers(page) == ["233201234567"]
    assert "here, by hand" in page
    fill(client, PATH, phone="0201234567")
    assert "was opted out already" in client.get(PATH).text
    fill(client, PATH, to=f"{PATH}/take-back", phone="233201234567")
    assert "+233201234567 gets messages again." in client.get(PATH).text
    assert opted_out(ama) == []


@pytest.mark.parametrize("phone", ["", "12", "a\0b", "😀", "1" * 10_000])
def test_what_is_no_number_is_refused(client: FlaskClient, ama: Member, phone: str) -> None:
    answer = fill(client, PATH, phone=phone)
    assert answer.status_code == 400
    assert 'class="invalid-feedback" id="phone-hint"' in answer.text
    assert fill(client, PATH, to=f"{PATH}/take-back", phone=phone).status_code == 400
    assert opted_out(ama) == []


def test_a_form_without_its_field_is_shown_again(client: FlaskClient) -> None:
    assert fill(client, PATH).status_code == 400
    assert fill(client, PATH, to=f"{PATH}/take-back").status_code == 400


def test_the_list_says_how_each_came_and_is_paged(client: FlaskClient, ama: Member) -> None:
    opt_outs.opt_out_many(ama.account.id, phones(60), OptSource.API)
    opt_outs.opt_out(ama.account.id, "233201234567", OptSource.REPLY)
    first = client.get(PATH).text
    assert len(numbers(first)) == 50
    assert "replied STOP" in first
    assert "61 numbers" in first
    second = client.get(f"{PATH}?page=2").text
    assert len(numbers(second)) == 11
    assert "through the API" in second
    back = fill(client, f"{PATH}?page=2", to=f"{PATH}/take-back?page=2", phone=phones(1)[0])
    assert back.location == f"{PATH}?page=2"


def test_a_whole_number_is_found_however_it_is_typed(client: FlaskClient, ama: Member) -> None:
    opt_outs.opt_out_many(ama.account.id, phones(60), OptSource.API)
    opt_outs.opt_out(ama.account.id, "233201234567", OptSource.REPLY)
    assert numbers(client.get(f"{PATH}?q=020-123-4567").text) == ["233201234567"]
    for nothing in ("0209999999", "020", "%00", "x" * 500):
        assert "This number is not opted out" in client.get(f"{PATH}?q={nothing}").text


@pytest.mark.parametrize("page", ["0", "-1", "x", "1000", "99999999999"])
def test_odd_pages_are_answered(client: FlaskClient, page: str) -> None:
    assert client.get(f"{PATH}?page={page}").status_code == 200


def test_script_that_is_looked_for_is_text(client: FlaskClient) -> None:
    assert "<script>alert" not in client.get(f"{PATH}?q=<script>alert").text


def test_another_accounts_opt_outs_are_its_own(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    opt_outs.opt_out(kofi.account.id, "233201234567", OptSource.REPLY)
    assert numbers(client.get(PATH).text) == []
    assert numbers(client.get(f"{PATH}?q=0201234567").text) == []
    fill(client, PATH, to=f"{PATH}/take-back", phone="233201234567")
    assert "was not opted out" in client.get(PATH).text
    assert opted_out(kofi) == [("233201234567", OptSource.REPLY)]
