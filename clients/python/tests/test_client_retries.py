"""When things go wrong on the way: what is sent again, and what is not."""

import json
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime

import pytest
from scripted import HANG_UP, SILENCE, Answer, Server, ok, refused

import flashsms_client
from flashsms_client import FlashSMS, FlashSMSError

BALANCE = {"balance": 5, "currency": "credits", "accountName": "A", "accountPhone": "1"}
GROUP = {"id": "grp_1", "name": "VIP", "contactCount": 0, "createdAt": "2024-12-21T10:30:00Z"}
PAGE_OF_A_PROXY = Answer(502, b"<html>Bad gateway</html>", {"Content-Type": "text/html"})
CUT = Answer(200, b'{"success": tr', missing=40)
SECRET = "bms_live_secret"

passing = pytest.mark.parametrize(
    "trouble",
    [refused(500), refused(503), PAGE_OF_A_PROXY, refused(429), HANG_UP, SILENCE, CUT],
    ids=["500", "503", "a proxy's 502", "429", "hung up", "silent", "cut off"],
)


@passing
def test_a_question_is_asked_again(client: FlashSMS, server: Server, pauses, trouble: Answer):
    server.will(trouble, trouble, ok(BALANCE))
    assert client.balance().balance == 5
    assert len(server.seen) == 3
    assert 0.25 <= pauses[0] <= 0.5
    assert 0.5 <= pauses[1] <= 1.0


@passing
def test_what_creates_carries_one_key_through_all_attempts(
    client: FlashSMS, server: Server, pauses, trouble: Answer
):
    server.will(trouble, trouble, ok(GROUP), ok(GROUP))
    client.groups.create("VIP")
    client.groups.create("VIP")
    *attempts, another = [request.headers["Idempotency-Key"] for request in server.seen]
    assert len(attempts) == 3
    assert len(set(attempts)) == 1
    assert len(another) > 30
    assert another not in attempts
    assert all(json.loads(request.body) == {"name": "VIP"} for request in server.seen)


def test_a_key_of_ones_own_is_used(client: FlashSMS, server: Server, pauses):
    server.will(refused(500), ok(GROUP))
    client.groups.create("VIP", idempotency_key="order-17")
    assert [request.headers["Idempotency-Key"] for request in server.seen] == ["order-17"] * 2


@pytest.mark.parametrize("trouble", [refused(500), HANG_UP, SILENCE])
def test_what_no_key_protects_is_not_sent_again_in_doubt(
    client: FlashSMS, server: Server, pauses, trouble: Answer
):
    server.will(trouble)
    with pytest.raises(FlashSMSError):
        client.webhooks.test("whk_1")
    assert len(server.seen) == 1


def test_what_was_certainly_not_done_is_sent_again(client: FlashSMS, server: Server, pauses):
    server.will(refused(429), ok({"webhookId": "whk_1", "eventId": "evt_1", "type": "x"}))
    client.webhooks.test("whk_1")
    assert len(server.seen) == 2


def test_nobody_there(pauses):
    client = FlashSMS(SECRET, "http://127.0.0.1:1", max_retries=2)
    with client, pytest.raises(flashsms_client.ConnectionFailed, match="not answer") as raised:
        client.webhooks.test("whk_1")
    assert not raised.value.sent
    assert len(pauses) == 2


def test_a_deletion_whose_answer_was_lost_has_happened(client: FlashSMS, server: Server, pauses):
    server.will(HANG_UP, refused(404, "contact_unknown"))
    client.contacts.delete("cnt_1")
    server.will(refused(429), refused(404, "contact_unknown"))
    with pytest.raises(flashsms_client.NotFound):
        client.contacts.delete("cnt_1")


def test_it_gives_up_and_says_what_to_repeat(client: FlashSMS, server: Server, pauses):
    server.will(*[refused(500)] * 4)
    with pytest.raises(flashsms_client.ServerError) as raised:
        client.groups.create("VIP")
    assert len(server.seen) == 4
    assert raised.value.idempotency_key == server.seen[0].headers["Idempotency-Key"]
    assert str(raised.value) == "A sentence. (500, some_code, req_1)"


def test_pauses_grow_no_longer_than_eight_seconds(server: Server, pauses):
    server.will(*[refused(500)] * 10, ok(BALANCE))
    with FlashSMS(SECRET, server.url, max_retries=10) as client:
        client.balance()
    assert all(4 <= pause <= 8 for pause in pauses[4:])


def test_it_waits_as_long_as_the_server_says(client: FlashSMS, server: Server, pauses):
    then = format_datetime(datetime.now(timezone.utc) + timedelta(seconds=30), usegmt=True)
    server.will(refused(429, Retry_After="7"), refused(503, Retry_After=then), ok(BALANCE))
    client.balance()
    assert pauses[0] == 7
    assert 28 <= pauses[1] <= 30


def test_it_does_not_wait_for_an_hour(client: FlashSMS, server: Server, pauses):
    server.will(refused(429, Retry_After="3600"))
    with pytest.raises(flashsms_client.RateLimited) as raised:
        client.balance()
    assert raised.value.retry_after == 3600
    assert pauses == []


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, flashsms_client.InvalidRequest),
        (401, flashsms_client.Unauthorized),
        (402, flashsms_client.InsufficientCredits),
        (403, flashsms_client.Forbidden),
        (404, flashsms_client.NotFound),
        (409, flashsms_client.Conflict),
        (413, flashsms_client.InvalidRequest),
        (501, flashsms_client.ServerError),
    ],
)
def test_a_refusal_is_final(client: FlashSMS, server: Server, pauses, status: int, kind: type):
    server.will(refused(status))
    with pytest.raises(FlashSMSError) as raised:
        client.balance()
    assert type(raised.value) is kind
    assert (raised.value.status, raised.value.code) == (status, "some_code")
    assert (raised.value.message, raised.value.request_id) == ("A sentence.", "req_1")
    assert len(server.seen) == 1


@pytest.mark.parametrize(
    "garbage",
    [
        Answer(200, b"<html>Welcome to nginx!</html>"),
        Answer(200, b"[1, 2]"),
        Answer(200, b"\xff\xfe"),
        Answer(200, b'{"success": true}'),
        Answer(200, b"not gzip", {"Content-Encoding": "gzip"}),
        ok(None),
        ok({"balance": 1}),
        ok({**BALANCE, "balance": "5"}),
    ],
)
def test_an_answer_of_somebody_else_is_told_from_ours(
    client: FlashSMS, server: Server, garbage: Answer
):
    server.will(garbage)
    with pytest.raises(flashsms_client.BadAnswer):
        client.balance()
    assert len(server.seen) == 1


def test_a_redirection_is_told_and_not_followed(client: FlashSMS, server: Server):
    server.will(Answer(301, b"", {"Location": "https://sms.example.com/api/v1/balance"}))
    with pytest.raises(flashsms_client.BadAnswer, match="redirects to https://sms"):
        client.balance()


def test_a_list_that_is_none_is_told_too(client: FlashSMS, server: Server):
    server.will(ok({"groups": {}}), ok({"messages": []}))
    with pytest.raises(flashsms_client.BadAnswer, match="no list of groups"):
        client.groups.list()
    with pytest.raises(flashsms_client.BadAnswer):
        next(client.sms.history())


def test_the_key_is_shown_nowhere(client: FlashSMS, server: Server, pauses, caplog):
    caplog.set_level("DEBUG")
    server.will(refused(401), HANG_UP, HANG_UP, HANG_UP, HANG_UP)
    shown = [repr(client), repr(vars(client)), repr(vars(client.sms))]
    for _ in range(2):
        with pytest.raises(FlashSMSError) as raised:
            client.balance()
        shown += [repr(raised.value), str(raised.getrepr(showlocals=True))]
    assert server.seen[0].headers["Authorization"] == f"Bearer {SECRET}"
    assert "127.0.0.1" in caplog.text
    assert SECRET not in caplog.text
    assert [text for text in shown if SECRET in text] == []


@pytest.mark.parametrize("key", ["", "two words", "bms_live_\nx", "bms_live_…"])
def test_what_cannot_be_a_key_is_refused_unseen(key: str):
    with pytest.raises(ValueError, match="api_key must be") as raised:
        FlashSMS(key, "https://sms.example.com")
    assert not key or key not in str(raised.value)


def test_blanks_around_a_key_and_the_path_of_the_api_do_no_harm(server: Server):
    server.will(ok(BALANCE), ok(BALANCE))
    for url in (f"{server.url}/", f"{server.url}/api/v1/"):
        with FlashSMS(f" {SECRET}\n", url) as client:
            client.balance()
    assert {request.path for request in server.seen} == {"/api/v1/balance"}
    assert {request.headers["Authorization"] for request in server.seen} == {f"Bearer {SECRET}"}


@pytest.mark.parametrize("url", ["sms.example.com", "ftp://x", "https://", "https://me:pw@x.org"])
def test_what_is_no_address_is_refused(url: str):
    with pytest.raises(ValueError, match="base_url must be"):
        FlashSMS(SECRET, url)
