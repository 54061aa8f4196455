"""Conversations: who wrote, what was said, answering."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db
from flashsms.models import Carrier, Message, OptSource
from flashsms.services import carriers, contacts, inbound, opt_outs, sending
from flashsms.services.contacts import Draft
from flashsms.services.sending import Order
from flashsms.web.conversations import LIMIT, TEXTS
from tests.factories import Member, phones
from tests.web.browsing import fill, sign_in

ESI = "233242001000"
NUMBER = "233301234567"


@pytest.fixture
def carrier(app: Flask) -> Carrier:
    return carriers.set_url("smpp://id:pw@127.0.0.1:1")


@pytest.fixture
def signed_in(client: FlaskClient, ama: Member, carrier: Carrier) -> FlaskClient:
    """Ama, whose number people write to."""
    inbound.numbers.add(NUMBER, account="ama@example.com", carrier=None)
    sign_in(client, "ama@example.com")
    return client


def write(carrier: Carrier, said: str, phone: str = ESI, ref: str = "") -> None:
    inbound.take(carrier.id, [Inbound(phone, NUMBER, said, ref)])


def test_nobody_has_written_yet(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    assert "ask whoever runs this installation" in client.get("/conversations").text


def test_what_is_unread_shows_until_it_is_opened(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    contacts.add(ama.account.id, [Draft(ESI, "Esi", "Mensah")])
    write(carrier, "<b>Hello</b>")
    write(carrier, "Anybody there?")
    listed = signed_in.get("/conversations").text
    assert "Esi Mensah" in listed
    assert "Anybody there?" in listed
    assert '2<span class="visually-hidden"> unread' in listed
    assert "something is unread" in signed_in.get("/contacts").text
    opened = signed_in.get(f"/conversations/{ESI}").text
    assert "&lt;b&gt;Hello&lt;/b&gt;" in opened
    assert "<b>Hello" not in opened
    assert "something is unread" not in signed_in.get("/conversations").text
    assert inbound.conversations.find(ama.account.id, ESI).unread == 0


def test_strangers_see_nothing_of_it(
    app: Flask, signed_in: FlaskClient, kofi: Member, carrier: Carrier
) -> None:
    write(carrier, "For Ama alone")
    sending.accept(kofi.account.id, Order(text="From Kofi", recipients=[ESI]))
    assert "From Kofi" not in signed_in.get(f"/conversations/{ESI}").text
    stranger = app.test_client()
    sign_in(stranger, "kofi@example.com")
    assert stranger.get(f"/conversations/{ESI}").status_code == 404
    assert "Ama alone" not in stranger.get("/conversations").text
    sent = fill(stranger, "/contacts/opt-outs", to=f"/conversations/{ESI}", text="Hi", attempt="1")
    assert sent.status_code == 404
    assert "\0" not in stranger.get("/conversations/%00").text


def test_both_sides_stand_in_their_order_page_by_page(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    said = []
    for at in range(TEXTS):
        write(carrier, f"theirs {at:02d}.", ref=str(at))
        sending.accept(ama.account.id, Order(text=f"ours {at:02d}.", recipients=[ESI]))
        said += [f"theirs {at:02d}.", f"ours {at:02d}."]
    found, page = [], f"/conversations/{ESI}"
    while page:
        text = signed_in.get(page).text
        found = re.findall(r"(?:theirs|ours) \d\d\.", text) + found
        earlier = re.search(r'rel="prev" href="([^"]+)"', text)
        page = earlier[1].replace("&amp;", "&") if earlier else ""
    assert found == said
    assert signed_in.get(f"/conversations/{ESI}?before=nonsense").status_code == 200
    assert signed_in.get(f"/conversations/{ESI}?before={'9' * 17}_x").status_code == 200


def test_the_list_is_paged_and_searched(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    for phone in phones(LIMIT + 3):
        write(carrier, "Hi", phone)
    contacts.add(ama.account.id, [Draft(phones(2)[1], "Kɔfi", "Owusu")])
    first = signed_in.get("/conversations").text
    assert first.count('id="conversation-') == LIMIT
    older = re.search(r'rel="next" href="([^"]+)"', first)[1]
    second = signed_in.get(older).text
    assert second.count('id="conversation-') == 3
    newer = re.search(r'rel="prev" href="([^"]+)"', second)[1].replace("&amp;", "&")
    assert signed_in.get(newer).text.count('id="conversation-') == LIMIT
    for wanted in ("kɔfi ow", "024 000 1001", "+233240001001"):
        found = signed_in.get("/conversations", query_string={"q": wanted}).text
        assert found.count('id="conversation-') == 1, wanted
    assert "Nobody was found" in signed_in.get("/conversations?q=xyz").text


def test_an_answer_leaves_from_the_number_and_once(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    write(carrier, "Are you open?")
    form = {"text": "Until six.\r\nCome!", "attempt": "one"}
    for _ in range(2):
        answer = fill(signed_in, f"/conversations/{ESI}", **form)
        assert answer.location == f"/conversations/{ESI}"
    [sent] = db.session.scalars(select(Message))
    assert (sent.from_number, sent.only_carrier_id) == (NUMBER, carrier.id)
    assert (sent.text, sent.sender, sent.is_answer) == ("Until six.\nCome!", "0301234567", False)
    assert ama.balance == 999
    assert "Until six." in signed_in.get(f"/conversations/{ESI}").text


def test_without_a_number_it_leaves_under_a_name_that_cannot_be_answered(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    write(carrier, "Hello")
    [number] = inbound.numbers.of_account(ama.account.id)
    inbound.numbers.remove(number.public_id)
    assert "From MyBrand: they cannot answer" in signed_in.get(f"/conversations/{ESI}").text
    fill(signed_in, f"/conversations/{ESI}", text="Hi", attempt="1")
    [sent] = db.session.scalars(select(Message))
    assert (sent.sender, sent.from_number, sent.only_carrier_id) == ("MyBrand", None, None)


def test_who_opted_out_cannot_be_answered(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    write(carrier, "Hello")
    opt_outs.opt_out(ama.account.id, ESI, OptSource.DASHBOARD)
    page = signed_in.get(f"/conversations/{ESI}").text
    assert "This person opted out" in page
    assert "<textarea" not in page
    refused = fill(signed_in, "/contacts/opt-outs", to=f"/conversations/{ESI}", text="Hi")
    assert refused.status_code == 400
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0
    write(carrier, "Hi", phone="MTN")
    assert "no number that messages can be sent to" in signed_in.get("/conversations/MTN").text


def test_an_empty_answer_is_refused_and_a_dear_one_improved(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    write(carrier, "Hello")
    assert fill(signed_in, f"/conversations/{ESI}", text=" ").status_code == 400
    better = fill(signed_in, f"/conversations/{ESI}", text="it\u2019s", replace="yes").text
    assert "it&#39;s</textarea>" in better
    assert db.session.scalar(select(func.count()).select_from(Message)) == 0


def test_the_open_conversation_is_refreshed_alone(
    signed_in: FlaskClient, ama: Member, carrier: Carrier
) -> None:
    write(carrier, "Hello")
    part = signed_in.get(f"/conversations/{ESI}", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div class="card-body" id="timeline" hx-get=')
    part = signed_in.get("/conversations", headers={"HX-Request": "true"}).text
    assert part.lstrip().startswith('<div id="conversations-table" hx-get=')
