"""Adding and changing carriers, each time with one row of the audit log."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import AuditEntry, Carrier
from flashsms.services import carriers
from flashsms.services.carriers import Unchanged
from flashsms.services.errors import DomainError, NotFound

URL = "smpp://telco:hush@smsc.example.com:2775"


def actions() -> list[str]:
    db.session.commit()
    found = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))
    rows = [row for row in found if "carrier" in row.action]
    assert "hush" not in repr([(row.before, row.after) for row in rows])
    return [str(row.action) for row in rows]


def test_urls_are_sealed_in_the_database(app: Flask) -> None:
    carriers.add("Way", URL)
    [sealed] = db.session.scalars(select(Carrier.url)).all()
    assert "telco" not in sealed
    assert carriers.every()[0].url == URL
    assert "hush" not in repr(carriers.every())


def test_another_secret_key_leaves_the_urls_unread_and_says_it_once(
    app: Flask, caplog: pytest.LogCaptureFixture
) -> None:
    carriers.add("Way", URL)
    app.config["SECRET_KEY"] = "another"
    for _ in range(5):
        assert carriers.in_order() == []
    [way] = carriers.every()
    assert (way.url, way.shown_url, way.options) == ("", "", None)
    assert caplog.text.count("cannot be read") == 1


def test_a_failed_act_leaves_no_row_of_the_log(app: Flask) -> None:
    carriers.add("Way", URL)
    for act in (
        lambda: carriers.add("Way", URL),
        lambda: carriers.add("", URL),
        lambda: carriers.add("New", "pigeon://coop"),
        lambda: carriers.add("New", URL, operators=["Glo"]),
        lambda: carriers.pause("car_nothing", "why"),
        lambda: carriers.pause("a\0b", "why"),
        lambda: carriers.edit("a\0b", "x", URL, priority=1, operators=()),
        lambda: carriers.move("a\0b", 1),
        lambda: carriers.find("a\0b"),
    ):
        with pytest.raises(DomainError):
            act()
    assert actions() == ["carrier added"]


def test_setting_a_url_keeps_the_priority_unless_one_is_given(app: Flask) -> None:
    carriers.set_url(URL, "Way", 3)
    carriers.set_url(URL.replace("hush", "hush2"), "Way")
    assert carriers.every()[0].priority == 3
    carriers.set_url(URL.replace("hush", "hush2"), "Way")
    assert actions() == ["carrier added", "carrier changed"]
    carriers.set_url("smpp://telco:***@smsc.example.com:2775?tps=9", "Way", 4)
    assert carriers.every()[0].url == "smpp://telco:hush2@smsc.example.com:2775?tps=9"
    assert carriers.every()[0].priority == 4


def test_starting_again_notes_only_what_changes(app: Flask) -> None:
    for url in (URL, URL, "", "", URL, URL):
        carriers.use_environment(url)
    assert actions() == ["carrier added", "carrier switched off", "carrier changed"]
    carriers.use_environment(URL + "?tps=5")
    assert actions()[3:] == ["carrier changed"]


def test_the_environment_leaves_the_order_as_an_operator_made_it(app: Flask) -> None:
    carriers.use_environment(URL)
    first = carriers.add("First", URL, priority=5)
    carriers.move(first.public_id, -1)
    carriers.use_environment("")
    carriers.use_environment(URL)
    assert [one.name for one in carriers.in_order()] == ["First", "environment"]


def test_every_operator_ticked_is_as_none(app: Flask) -> None:
    carriers.add("Way", URL, operators=["MTN", "Telecel", "AT", "Other"])
    assert carriers.every()[0].operators == frozenset()


def test_places_at_the_end_of_the_numbers_are_renumbered(app: Flask) -> None:
    ways = [carriers.add(name, URL, priority=1000) for name in "ABC"]
    carriers.move(ways[2].public_id, -1)
    assert [(one.name, one.priority) for one in carriers.every()] == [("A", 1), ("C", 2), ("B", 3)]


def test_those_switched_off_keep_their_place(app: Flask) -> None:
    ways = [carriers.add(name, URL, priority=at) for at, name in enumerate("ABC", start=1)]
    carriers.remove(ways[1].public_id)
    carriers.move(ways[2].public_id, -1)
    assert [one.name for one in carriers.in_order()] == ["C", "A"]
    with pytest.raises(NotFound):
        carriers.move(ways[1].public_id, 1)


@pytest.mark.parametrize(
    "act",
    [
        lambda way: carriers.pause(way, "why"),
        carriers.remove,
        lambda way: carriers.move(way, 1),
    ],
)
def test_two_operators_at_once_do_it_once(app: Flask, act: Callable[[str], object]) -> None:
    first = carriers.add("First", URL, priority=1).public_id
    carriers.add("Second", URL, priority=2)
    before = len(actions())

    def one() -> str:
        with app.app_context():
            try:
                act(first)
            except Unchanged:
                return "unchanged"
            return "done"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(future.result() for future in [pool.submit(one) for _ in range(4)])
    assert said == ["done", "unchanged", "unchanged", "unchanged"]
    assert len(actions()) == before + 1


def test_two_of_one_name_at_once_make_one(app: Flask) -> None:
    def one() -> str:
        with app.app_context():
            try:
                carriers.add("Way", URL)
            except DomainError as error:
                return error.code
            return "added"

    with ThreadPoolExecutor(4) as pool:
        said = sorted(future.result() for future in [pool.submit(one) for _ in range(4)])
    assert said == ["added", "name_taken", "name_taken", "name_taken"]
    assert actions() == ["carrier added"]
