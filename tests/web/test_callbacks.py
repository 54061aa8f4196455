"""What HTTP providers call: only with the carrier's secret, stored before it is acknowledged."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select
from sqlalchemy.exc import DataError, OperationalError

from flashsms.carriers.contract import Fate, Outcome, Submission
from flashsms.carriers.http.twilio import signature
from flashsms.extensions import db
from flashsms.models import InboundMessage, Message, ParkedReceipt
from flashsms.services import carriers, inbound, sending
from flashsms.services.carriers import WayOut
from flashsms.services.sending import Order
from flashsms.web.callbacks import LARGEST
from tests import scripted
from tests.factories import Member, phones, statuses

KANNEL = "kannel://user:secret@127.0.0.1:13013"
TWILIO = "twilio://AC1:token@default"


def way(name: str, url: str) -> WayOut:
    return carriers.find(carriers.add(name, url).public_id)


def path(one: WayOut, step: str) -> str:
    """The address of a callback without the host."""
    assert one.callback.startswith("http://127.0.0.1:8000/callbacks/car_")
    return f"{one.callback.removeprefix('http://127.0.0.1:8000')}/{step}"


@pytest.fixture
def kannel(app: Flask) -> WayOut:
    return way("Kannel", KANNEL)


@pytest.fixture
def message(app: Flask, ama: Member, kannel: WayOut) -> Message:
    """A message to one person that Kannel took as "ours-1"."""

    def answer(submission: Submission) -> Outcome:
        return Outcome(submission.reference, Fate.ACCEPTED, ("ours-1",))

    scripted.install(app, answer)
    sent = sending.accept(ama.account.id, Order(text="Hi", recipients=phones(1))).message
    sending.send_next_batch(sent.id, sent.ticket)
    assert statuses(sent.id) == {"SENT": 1}
    return sent


def test_a_receipt_is_applied_and_acknowledged(
    client: FlaskClient, kannel: WayOut, message: Message
) -> None:
    answer = client.get(path(kannel, "receipts"), query_string={"id": "ours-1", "state": "1"})
    assert answer.status_code == 200
    assert statuses(message.id) == {"DELIVERED": 1}


def test_another_carriers_callback_cannot_touch_it(
    client: FlaskClient, kannel: WayOut, message: Message
) -> None:
    other = way("Other", KANNEL)
    told = {"id": "ours-1", "state": "1"}
    assert client.get(path(other, "receipts"), query_string=told).status_code == 200
    assert statuses(message.id) == {"SENT": 1}
    assert db.session.scalars(select(ParkedReceipt.carrier_id)).all() == [other.id]
    borrowed = path(kannel, "receipts").replace(kannel.public_id, other.public_id)
    assert client.get(borrowed, query_string=told).status_code == 404


def test_one_that_is_switched_off_is_still_heard(
    client: FlaskClient, kannel: WayOut, message: Message
) -> None:
    carriers.remove(kannel.public_id)
    told = {"id": "ours-1", "state": "2"}
    assert client.get(path(kannel, "receipts"), query_string=told).status_code == 200
    assert statuses(message.id) == {"FAILED": 1}


def twilio(app: Flask, ama: Member, client: FlaskClient, **changes: str) -> int:
    """Let Twilio bring a text, and return the status of our answer."""
    one = way("Twilio", TWILIO)
    inbound.numbers.add("0301234567", account="ama@example.com", carrier=None)
    form = {"MessageSid": "SM1", "From": "+233242001000", "To": "+233301234567", "Body": "Hé & ho"}
    called = f"{one.callback}/inbound?tenant=a%20b"
    sign = signature(changes.get("token", "token"), called, list(form.items()))
    sent = form | ({"Body": changes["body"]} if "body" in changes else {})
    answer = client.post(
        f"{path(one, 'inbound')}?tenant=a%20b", data=sent, headers={"X-Twilio-Signature": sign}
    )
    if answer.status_code == 200:
        assert "<Response" in answer.text
        assert answer.mimetype == "text/xml"
    return answer.status_code


def test_a_signed_text_is_stored(app: Flask, client: FlaskClient, ama: Member) -> None:
    assert twilio(app, ama, client) == 200
    [one] = db.session.scalars(select(InboundMessage))
    assert (one.account_id, one.phone, one.text) == (ama.account.id, "233242001000", "Hé & ho")


@pytest.mark.parametrize("changes", [{"token": "wrong"}, {"body": "Another text"}])
def test_a_wrong_signature_is_refused(
    app: Flask, client: FlaskClient, ama: Member, changes: dict[str, str]
) -> None:
    assert twilio(app, ama, client, **changes) == 403
    assert db.session.scalars(select(InboundMessage)).all() == []


def test_all_refusals_look_alike(app: Flask, client: FlaskClient, kannel: WayOut) -> None:
    smpp = carriers.set_url("smpp://id:pw@127.0.0.1:1")
    right = path(kannel, "receipts")
    secret = right.split("/")[-2]
    wrong = [
        right.replace(secret, "x" * len(secret)),
        right.replace(secret, "é"),
        right.replace(kannel.public_id, "car_nothing"),
        f"/callbacks/{smpp.public_id}/{secret}/receipts",
    ]
    answers = [client.post(one, data={"id": "1", "state": "1"}) for one in wrong]
    assert {(one.status_code, one.text) for one in answers} == {(404, "There is nothing here.\n")}
    assert client.get(right.replace("receipts", "other")).status_code == 404


def test_what_cannot_be_read_says_why(client: FlaskClient, kannel: WayOut) -> None:
    answer = client.get(path(kannel, "receipts"), query_string={"state": "1"})
    assert answer.status_code == 400
    assert "“id”" in answer.text
    assert client.post(path(kannel, "inbound"), data=b"x" * (LARGEST + 1)).status_code == 413


def test_a_provider_is_asked_to_call_again_while_the_database_is_away(
    app: Flask, client: FlaskClient, kannel: WayOut, message: Message
) -> None:
    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE recipients"):
            raise OperationalError(statement, {}, Exception("away"))

    event.listen(db.engine, "before_cursor_execute", fail)
    told = {"id": "ours-1", "state": "1"}
    answer = client.get(path(kannel, "receipts"), query_string=told)
    event.remove(db.engine, "before_cursor_execute", fail)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert client.get(path(kannel, "receipts"), query_string=told).status_code == 200
    assert statuses(message.id) == {"DELIVERED": 1}


def test_what_can_never_be_stored_is_not_asked_for_again(
    client: FlaskClient, kannel: WayOut
) -> None:
    def fail(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if statement.startswith("UPDATE recipients"):
            raise DataError(statement, {}, Exception("out of range"))

    event.listen(db.engine, "before_cursor_execute", fail)
    told = {"id": "ours-1", "state": "1"}
    answer = client.get(path(kannel, "receipts"), query_string=told)
    event.remove(db.engine, "before_cursor_execute", fail)
    assert (answer.status_code, answer.headers.get("Retry-After")) == (400, None)
    assert "cannot be stored" in answer.text


def test_unprintables_in_a_call_do_no_harm(client: FlaskClient, app: Flask) -> None:
    one = way("Africa's Talking", "africastalking://user:key@default")
    told = {"id": "7\0", "status": "Success", "phoneNumber": "2332\x0042001000\x1b"}
    assert client.post(path(one, "receipts"), data=told).status_code == 200
    db.session.commit()
    found = db.session.execute(select(ParkedReceipt.carrier_ref, ParkedReceipt.phone)).all()
    assert found == [("7", "233242001000")]
    brought = {"id": "7\0", "from": "MTN\0", "to": "\x001900", "text": "a\0b"}
    assert client.post(path(one, "inbound"), data=brought).status_code == 200
    db.session.commit()
    found = db.session.execute(select(InboundMessage.number, InboundMessage.text)).all()
    assert found == [("1900", "ab")]


def test_messages_ask_for_receipts_at_our_address(app: Flask, kannel: WayOut) -> None:
    assert carriers.find(kannel.public_id).dialled.startswith(f"{KANNEL}?callback=http%3A%2F%2F")
    own = way("Own", f"{KANNEL}?tps=5&callback=https://proxy.example/cb")
    assert own.dialled == own.url
    more = way("More", f"{KANNEL}?tps=5")
    assert more.options.tps == 5
    assert "&callback=" in more.dialled
    smpp = way("SMPP", "smpp://id:pw@127.0.0.1:1")
    assert (smpp.callback, smpp.dialled) == ("", smpp.url)
