"""Lists over all accounts show exactly what reading everything would, in bounded pieces."""

import csv
import itertools
import random
import re
from collections.abc import Iterator
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from sqlalchemy import event, insert, select, text

from flashsms.extensions import db
from flashsms.models import (
    AuditEntry,
    Carrier,
    Message,
    MessageStatus,
    OptSource,
    Recipient,
    RecipientStatus,
)
from flashsms.models.rows import is_postgresql
from flashsms.services import opt_outs, sending
from flashsms.services.errors import NotFound
from flashsms.services.operations import (
    candidates,
    exports,
    history,
    places,
    recipients,
    sieve,
    stories,
)
from flashsms.services.sending import Order
from tests.factories import Member, phones
from tests.services.operations.history_data import (
    BEGAN,
    PHONES,
    REASONS,
    SENDERS,
    expected_messages,
    expected_recipients,
    fill,
)

MOST_PAGES = 500
MIDDLE = {"since": BEGAN + timedelta(days=5), "until": BEGAN + timedelta(days=12)}


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let windows end in the middle of everything."""
    monkeypatch.setattr(sieve, "WINDOW", 7)
    monkeypatch.setattr(candidates, "LOOKED", 4)
    monkeypatch.setattr(candidates, "MOST", 3)
    monkeypatch.setattr(history, "LOOKED", 4)


@pytest.fixture
def members(ama: Member, kofi: Member) -> list[Member]:
    everybody = [ama, kofi]
    fill(everybody)
    return everybody


def all_recipients(wanted: recipients.Wanted, limit: int = 5) -> list[int]:
    """Page through a list to its end and return the ids of its rows."""
    found: list[int] = []
    place: str | None = None
    for _ in range(MOST_PAGES):
        piece = recipients.page(wanted, limit, place)
        assert len(piece.items) <= limit
        found += [line.recipient.id for line in piece.items]
        place = piece.next
        if place is None:
            return found
    raise AssertionError("The list never ends.")


def all_messages(wanted: history.Wanted, limit: int = 5) -> list[str]:
    found: list[str] = []
    place: str | None = None
    for _ in range(MOST_PAGES):
        piece = history.page(wanted, limit, place)
        assert len(piece.items) <= limit
        found += [one.message.public_id for one in piece.items]
        place = piece.next
        if place is None:
            return found
    raise AssertionError("The list never ends.")


def choices(members: list[Member]) -> dict[str, list[Any]]:
    """What every field of the filter may ask for."""
    longest = select(Message).order_by(Message.recipient_count.desc(), Message.id).limit(1)
    return {
        "account_id": [member.account.id for member in members],
        "sender": list(SENDERS),
        "since": [MIDDLE["since"]],
        "until": [MIDDLE["until"]],
        "message": [db.session.scalar(longest)],
        "phone": PHONES[:3],
        "status": list(RecipientStatus),
        "carrier_id": list(db.session.scalars(select(Carrier.id))),
        "reason": list(REASONS),
        "is_test": [True, False],
    }


def wishes(members: list[Member]) -> Iterator[recipients.Wanted]:
    """Every filter alone, and many of them together."""
    offered = choices(members)
    yield recipients.Wanted()
    for name, values in offered.items():
        for value in values:
            yield recipients.Wanted(**{name: value})
    dice = random.Random(1)
    for _ in range(40):
        names = dice.sample(sorted(offered), dice.choice((2, 2, 3, 4)))
        yield recipients.Wanted(**{name: dice.choice(offered[name]) for name in names})


@pytest.mark.usefixtures("small_windows")
def test_every_filter_gives_what_reading_all_gives_each_row_once(members: list[Member]) -> None:
    asked = list(wishes(members))
    for wanted in asked:
        found = all_recipients(wanted)
        assert len(found) == len(set(found)), wanted
        assert set(found) == expected_recipients(wanted), wanted
    assert sum(bool(expected_recipients(wanted)) for wanted in asked) > 30


def test_large_windows_give_the_same(members: list[Member]) -> None:
    for wanted in wishes(members):
        found = all_recipients(wanted, limit=25)
        assert sorted(found) == sorted(expected_recipients(wanted)), wanted


@pytest.mark.usefixtures("small_windows")
def test_message_filters_give_what_reading_all_gives_in_order(members: list[Member]) -> None:
    one = db.session.scalar(select(Message).where(Message.sender == "Shop").limit(1))
    offered: dict[str, list[Any]] = {
        "account_id": [None, *(member.account.id for member in members)],
        "sender": ["", "Shop"],
        "status": [None, *MessageStatus],
        "message": [None, one],
        "is_test": [None, True, False],
    }
    dice = random.Random(1)
    everything = list(itertools.product(*offered.values(), ({}, MIDDLE)))
    for *values, days in dice.sample(everything, len(everything) // 3):
        wanted = history.Wanted(**dict(zip(offered, values, strict=True)), **days)
        assert all_messages(wanted) == expected_messages(wanted), wanted


def test_recipients_come_newest_first(members: list[Member]) -> None:
    order = [line.message.created_at for line in recipients.page(recipients.Wanted(), 500).items]
    assert order == sorted(order, reverse=True)
    assert len(order) > 300


def test_a_search_that_stops_says_how_far_back_it_looked(
    members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sieve, "WINDOW", 7)
    piece = recipients.page(recipients.Wanted(carrier_id=99), 5)
    assert piece.items == []
    assert piece.next
    assert piece.looked_to is not None
    further = recipients.page(recipients.Wanted(carrier_id=99), 5, piece.next)
    assert further.looked_to is not None
    assert further.looked_to <= piece.looked_to


def test_a_list_that_is_whole_does_not_go_on(members: list[Member]) -> None:
    piece = recipients.page(recipients.Wanted(phone=PHONES[0]), 1000)
    assert piece.items
    assert (piece.next, piece.looked_to) == (None, None)


@pytest.mark.parametrize(
    "place", ["", "nonsense", "c\0", "c" * 25, "c" * 25 + "-1", "-1", "c-1", "\u0663", "9" * 99]
)
def test_a_place_that_is_none_is_not_found(members: list[Member], place: str) -> None:
    with pytest.raises(NotFound, match="not there"):
        recipients.page(recipients.Wanted(), 5, place)
    with pytest.raises(NotFound, match="not there"):
        history.page(history.Wanted(), 5, place)


def test_places_of_the_other_list_are_not_found(members: list[Member]) -> None:
    public_id = history.page(history.Wanted(), 1).items[0].message.public_id
    with pytest.raises(NotFound, match="not there"):
        recipients.page(recipients.Wanted(), 5, public_id)
    with pytest.raises(NotFound, match="not there"):
        history.page(history.Wanted(), 5, f"{public_id}-1")


def test_places_do_not_tell_the_numbers_of_rows(members: list[Member]) -> None:
    newest = recipients.page(recipients.Wanted(), 1)
    line, place = newest.items[0], newest.next
    assert place == f"{line.message.public_id}-{line.message.recipient_count - 1}"


def test_a_message_is_found_by_its_id_alone(members: list[Member]) -> None:
    one = db.session.scalars(select(Message)).first()
    assert one is not None
    assert history.find(one.public_id).account.id == one.account_id
    for nonsense in ("", "c\0", "c" * 25, one.public_id[:-1], str(one.id)):
        with pytest.raises(NotFound, match="no such message"):
            places.message(nonsense)


def test_the_reasons_are_those_that_recipients_failed_for(members: list[Member]) -> None:
    failed = select(Recipient.reason).where(Recipient.status == RecipientStatus.FAILED)
    assert history.reasons() == sorted(set(db.session.scalars(failed)))


def test_there_are_no_reasons_in_an_empty_history(ama: Member) -> None:
    assert history.reasons() == []
    assert recipients.page(recipients.Wanted(), 5).items == []
    assert history.page(history.Wanted(), 5).items == []


def test_the_number_of_statements_does_not_grow(members: list[Member]) -> None:
    ran: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: ran.append(given[2]))
    asked = list(wishes(members))
    counts = []
    for wanted in asked:
        ran.clear()
        recipients.page(wanted, 25)
        counts.append(len(ran))
    assert max(counts) <= 8
    fill_again = dict(zip(range(len(asked)), counts, strict=True))
    db.session.commit()
    for number, wanted in enumerate(asked):
        ran.clear()
        recipients.page(wanted, 500)
        assert len(ran) <= fill_again[number] + 2


def test_no_statement_reads_a_large_table_from_end_to_end(members: list[Member]) -> None:
    ran: list[tuple[str, Any]] = []
    everything = list(wishes(members))
    event.listen(db.engine, "before_cursor_execute", lambda *given: ran.append(given[2:4]))
    for wanted in everything:
        page = recipients.page(wanted, 5)
        if page.next:
            recipients.page(wanted, 5, page.next)
    for status in (None, *MessageStatus):
        for account_id in (None, members[0].account.id):
            for sender in ("", "Shop"):
                for is_test in (None, True):
                    asked_for = {"sender": sender, "status": status, "is_test": is_test}
                    history.page(history.Wanted(account_id, **asked_for, **MIDDLE), 5)
    asked = dict(one for one in ran if one[0].startswith(("SELECT", "WITH")))
    assert len(asked) > 30
    found = [
        (step, statement)
        for statement, values in asked.items()
        for step in explained(statement, values)
    ]
    whole = re.compile(
        r"SCAN (recipients|messages)\b(?! USING)|.*Seq Scan on (recipients|messages)"
    )
    assert [both for both in found if whole.match(both[0])] == []


def test_the_reasons_are_a_few_steps_through_an_index(members: list[Member]) -> None:
    message_id = db.session.scalar(select(Message.id).limit(1))
    one = {"message_id": message_id, "phone": PHONES[0], "parts": 1, "credits": 1, "due_at": BEGAN}
    one["status"] = RecipientStatus.FAILED
    db.session.execute(
        insert(Recipient), [one | {"reason": reason} for reason in REASONS for _ in range(1000)]
    )
    db.session.execute(text("ANALYZE"))
    ran: list[tuple[str, Any]] = []
    event.listen(db.engine, "before_cursor_execute", lambda *given: ran.append(given[2:4]))
    assert history.reasons() == sorted(REASONS)
    [statement] = ran
    steps = [step for step in explained(*statement) if "recipients" in step]
    assert steps
    assert all("ix_recipients_failed_reason" in step for step in steps), steps


def explained(statement: str, values: Any) -> list[str]:
    """Return the steps of the plan; on PostgreSQL, which reads small tables whole if it may, of
    the one without doing so: a step of that kind that is left is one that no index serves.
    """
    connection = db.session.connection()
    if not is_postgresql():
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
        return [line[3] for line in plan]
    connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    return [line[0] for line in connection.exec_driver_sql(f"EXPLAIN {statement}", values)]


def read(pieces: Iterator[str]) -> list[list[str]]:
    whole = "".join(pieces)
    assert whole.startswith("\ufeff")
    return list(csv.reader(StringIO(whole.removeprefix("\ufeff"))))


def test_an_export_has_every_message_that_is_wanted(
    members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 7)
    wanted = history.Wanted(account_id=members[0].account.id)
    head, *rows = read(exports.messages_csv(wanted, "Africa/Accra", {"account": "Ama"}))
    assert [row[0] for row in rows] == expected_messages(wanted)
    assert head[:3] == ["message", "created", "account"]


@pytest.mark.usefixtures("small_windows")
def test_an_export_has_every_recipient_that_is_wanted(
    members: list[Member], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exports, "PIECE", 7)
    wanted = recipients.Wanted(status=RecipientStatus.FAILED)
    rows = read(exports.recipients_csv(wanted, "Africa/Accra", {}))[1:]
    keys = select(Recipient.phone, Message.public_id).join(Message)
    expected = db.session.execute(keys.where(Recipient.id.in_(expected_recipients(wanted)))).all()
    assert sorted((row[0], row[3]) for row in rows) == sorted(map(tuple, expected))


def test_an_export_writes_down_once_who_took_what(members: list[Member]) -> None:
    said = {"status": "failed"}
    list(exports.recipients_csv(recipients.Wanted(), "Africa/Accra", said))
    [entry] = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action == "history exported")
    ).all()
    assert (entry.subject, entry.after, entry.account_id) == ("recipients", said, None)


def test_no_cell_of_an_export_is_a_formula(ama: Member) -> None:
    order = Order(text="=1+1", recipients=phones(1), campaign_name="@sum")
    sending.accept(ama.account.id, order)
    row = read(exports.messages_csv(history.Wanted(), "Africa/Accra", {}))[1]
    assert (row[5], row[6]) == ("'@sum", "'=1+1")
    assert row[-1] == "no"
    head, row = read(exports.recipients_csv(recipients.Wanted(), "Africa/Accra", {}))
    assert row[-2:] == ["'=1+1", "no"]
    assert head[-1] == "test"


def test_an_export_tells_what_test_keys_sent(ama: Member) -> None:
    sending.accept(ama.account.id, Order(text="Hi", recipients=phones(1), is_test=True))
    sending.accept(ama.account.id, Order(text="Hi", recipients=phones(1)))
    lists = (
        read(exports.messages_csv(history.Wanted(is_test=True), "Africa/Accra", {})),
        read(exports.recipients_csv(recipients.Wanted(is_test=True), "Africa/Accra", {})),
    )
    for _, *rows in lists:
        assert [row[-1] for row in rows] == ["yes"]


def test_a_number_is_told_with_the_accounts_it_opted_out_of(ama: Member, kofi: Member) -> None:
    opt_outs.opt_out(ama.account.id, "233241234567", OptSource.REPLY)
    opt_outs.opt_out(kofi.account.id, "233241234567", OptSource.API)
    opt_outs.opt_out(kofi.account.id, "233241234568", OptSource.API)
    opt_outs.opt_in(kofi.account.id, "233241234567", OptSource.API)
    [refusal] = stories.refusals("233241234567")
    assert (refusal.account.id, refusal.source) == (ama.account.id, OptSource.REPLY)


@pytest.mark.parametrize("typed", ["0241234567", "+233 24 123 4567", "233241234567"])
def test_a_number_is_read_however_it_was_typed(ama: Member, typed: str) -> None:
    assert stories.digits(typed) == "233241234567"


@pytest.mark.parametrize("typed", ["", "hello", "12\0", "1" * 16, "\u0663" * 9])
def test_what_is_no_number_has_no_story(ama: Member, typed: str) -> None:
    assert stories.digits(typed) is None
    with pytest.raises(NotFound, match="not a phone number"):
        stories.checked(typed)
