"""What is asked and answered: lists page by page, times, fields of tomorrow."""

import json
from datetime import date, datetime, timedelta, timezone

import pytest
from scripted import Answer, Server, ok

from flashsms_client import FlashSMS

TIME = "2024-12-21T10:30:00Z"
SENT = {
    "messageId": "c1",
    "recipientsSent": 1,
    "invalidRecipients": [],
    "creditsUsed": 1,
    "remainingCredits": 9,
    "scheduled": False,
    "scheduleDate": None,
}


def transactions(page: int, pages: int, *ids: str) -> Answer:
    rows = [
        {
            "id": id,
            "type": "USAGE",
            "amount": -1,
            "balance": 1,
            "description": "x",
            "reference": None,
            "createdAt": TIME,
        }
        for id in ids
    ]
    place = {
        "page": page,
        "limit": 100,
        "total": 9,
        "totalPages": pages,
        "hasMore": page < pages,
    }
    return ok({"transactions": rows, "pagination": place})


def test_pages_are_fetched_when_their_turn_comes(client: FlashSMS, server: Server):
    ledger = client.transactions(type="USAGE")
    assert server.seen == []
    server.will(transactions(1, 2, "a", "b"))
    assert next(ledger).id == "a"
    assert [request.path for request in server.seen] == [
        "/api/v1/transactions?page=1&limit=100&type=USAGE"
    ]
    assert next(ledger).id == "b"
    server.will(transactions(2, 2, "c"))
    assert [one.id for one in ledger] == ["c"]
    assert "page=2" in server.seen[-1].path


def test_what_moves_to_the_next_page_meanwhile_comes_once(client: FlashSMS, server: Server):
    server.will(transactions(1, 2, "c", "b"), transactions(2, 2, "b", "a"))
    assert [one.id for one in client.transactions()] == ["c", "b", "a"]


def test_days_and_times_are_written_as_the_api_reads_them(client: FlashSMS, server: Server):
    accra = timezone(timedelta(hours=1))
    server.will(transactions(1, 1))
    until = datetime(2024, 12, 21, 10, tzinfo=accra)
    assert list(client.transactions(start_date=date(2024, 12, 1), end_date=until)) == []
    assert "startDate=2024-12-01&endDate=2024-12-21T10%3A00%3A00%2B01%3A00" in server.seen[0].path


def test_a_time_without_a_timezone_is_refused(client: FlashSMS, server: Server):
    with pytest.raises(ValueError, match="timezone"):
        client.sms.send("Hi", recipients=["1"], schedule_date=datetime(2030, 1, 1))  # noqa: DTZ001
    assert server.seen == []


def test_a_schedule_says_that_it_is_one(client: FlashSMS, server: Server):
    server.will(ok(SENT))
    then = datetime(2030, 1, 1, tzinfo=timezone.utc)
    client.sms.send("Hi", recipients="0201234567", schedule_date=then)
    assert json.loads(server.seen[0].body) == {
        "message": "Hi",
        "recipients": ["0201234567"],
        "isScheduled": True,
        "scheduleDate": "2030-01-01T00:00:00+00:00",
    }


def test_fields_of_tomorrow_are_ignored_and_times_are_aware(client: FlashSMS, server: Server):
    server.will(ok({**SENT, "newField": {"a": 1}, "scheduleDate": "2024-12-21T10:30:00.25Z"}))
    sent = client.sms.send("Hi", recipients=["0201234567"])
    assert sent.schedule_date == datetime(2024, 12, 21, 10, 30, 0, 250_000, tzinfo=timezone.utc)
    assert sent.skipped_recipients == ()


def test_an_id_stays_within_its_part_of_the_path(client: FlashSMS, server: Server):
    server.will(ok({}))
    client.contacts.delete("../templates/tpl_1?x=#")
    assert server.seen[0].path == "/api/v1/contacts/..%2Ftemplates%2Ftpl_1%3Fx%3D%23"
