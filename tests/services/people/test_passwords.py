"""Passwords: changed, forgotten; and the sessions that end with them."""

from collections.abc import Callable

import pytest
import time_machine
from flask import Flask
from rq import Queue

from flashsms import queue
from flashsms.models import User, now
from flashsms.services import people
from flashsms.services.errors import DomainError
from tests.services.people.conftest import HOME, PASSWORD, at_once

NEW = "goats on the road"


def test_changing_the_password_ends_every_session(abena: User) -> None:
    before = abena.session_version
    changed = people.change_password(abena, PASSWORD, NEW)
    assert people.load(abena.id, before) is None
    assert people.load(abena.id, changed.session_version) is changed
    assert people.sign_in(abena.email, NEW, HOME).user.id == abena.id
    with pytest.raises(DomainError):
        people.sign_in(abena.email, PASSWORD, HOME)


def test_the_old_password_must_be_right_and_the_new_one_good(abena: User) -> None:
    with pytest.raises(DomainError, match="present password"):
        people.change_password(abena, "not it at all", NEW)
    with pytest.raises(DomainError, match="guessed first"):
        people.change_password(abena, PASSWORD, "iloveyou22")
    assert people.load(abena.id, abena.session_version) is not None


def test_a_stolen_session_cannot_try_passwords_for_long(abena: User) -> None:
    for _ in range(10):
        with pytest.raises(DomainError, match="not right"):
            people.change_password(abena, "not it at all", NEW)
    with pytest.raises(DomainError, match="Too many"):
        people.change_password(abena, PASSWORD, NEW)


def test_signing_out_everywhere_keeps_the_password(abena: User) -> None:
    before = abena.session_version
    after = people.sign_out_everywhere(abena).session_version
    assert people.load(abena.id, before) is None
    assert people.load(abena.id, after) is not None
    assert people.sign_in(abena.email, PASSWORD, HOME).user.id == abena.id


def test_a_mailed_link_sets_a_new_password_once(abena: User, token: Callable[[], str]) -> None:
    people.ask_reset("Abena@example.com ", HOME)
    assert people.check_reset(token()).id == abena.id
    before = abena.session_version
    people.reset(token(), NEW, HOME)
    assert people.load(abena.id, before) is None
    assert people.sign_in(abena.email, NEW, HOME).user.id == abena.id
    for act in (lambda: people.reset(token(), PASSWORD, HOME), lambda: people.check_reset(token())):
        with pytest.raises(DomainError, match="used already"):
            act()


def test_a_link_works_once_even_when_used_at_once(
    app: Flask, abena: User, token: Callable[[], str]
) -> None:
    people.ask_reset(abena.email, HOME)
    link = token()
    outcomes = at_once(app, [lambda: people.reset(link, NEW, HOME)] * 6)
    assert outcomes == [*["bad_link"] * 5, "done"]


def test_a_link_is_good_for_an_hour(abena: User, token: Callable[[], str]) -> None:
    people.ask_reset(abena.email, HOME)
    with time_machine.travel(now().timestamp() + 3500):
        assert people.check_reset(token()).id == abena.id
    with time_machine.travel(now().timestamp() + 3700), pytest.raises(DomainError, match="too old"):
        people.reset(token(), NEW, HOME)


@pytest.mark.parametrize("made_up", ["", "x", "a.b.c", "no\x00thing", "WyJ1c3JfMSIsIngiXQ.x.y"])
def test_a_link_cannot_be_made_up(abena: User, made_up: str) -> None:
    with pytest.raises(DomainError) as refused:
        people.reset(made_up, NEW, HOME)
    assert refused.value.code == "bad_link"


def test_a_link_does_not_lead_to_a_bad_password(abena: User, token: Callable[[], str]) -> None:
    people.ask_reset(abena.email, HOME)
    with pytest.raises(DomainError, match="e-mail"):
        people.reset(token(), "abena@example.com", HOME)
    assert people.reset(token(), NEW, HOME).id == abena.id


def test_an_invitation_is_no_way_to_a_password(abena: User, token: Callable[[], str]) -> None:
    people.ask_reset(abena.email, HOME)
    with pytest.raises(DomainError) as refused:
        people.accept(token(), NEW)
    assert refused.value.code == "bad_link"


def test_nobody_is_told_who_exists(abena: User, caplog: pytest.LogCaptureFixture) -> None:
    for email in ("nobody@example.com", "no\x00body", "", "@", "x" * 10_000):
        people.ask_reset(email, HOME)
    assert caplog.text == ""


def test_nobody_is_buried_in_mail(abena: User, caplog: pytest.LogCaptureFixture) -> None:
    for _ in range(8):
        people.ask_reset(abena.email, HOME)
    assert caplog.text.count(people.RESET_PATH) == 5
    for number in range(30):
        people.ask_reset(abena.email, f"10.0.0.{number}")
    assert caplog.text.count(people.RESET_PATH) == 20


def test_a_stranger_cannot_use_up_somebodys_resets(
    abena: User, caplog: pytest.LogCaptureFixture
) -> None:
    for _ in range(8):
        people.ask_reset(abena.email, "203.0.113.7")
    caplog.clear()
    people.ask_reset(abena.email, HOME)
    assert caplog.text.count(people.RESET_PATH) == 1


def test_an_address_asks_for_twenty_resets_at_most(
    abena: User, caplog: pytest.LogCaptureFixture
) -> None:
    for number in range(20):
        people.ask_reset(f"user{number}@example.com", HOME)
    people.ask_reset(abena.email, HOME)
    assert caplog.text == ""


def test_a_new_password_forgets_what_was_tried_with_the_old_one(
    abena: User, token: Callable[[], str]
) -> None:
    for _ in range(10):
        with pytest.raises(DomainError, match="not right"):
            people.sign_in(abena.email, "wrong", HOME)
    with pytest.raises(DomainError, match="Too many"):
        people.sign_in(abena.email, PASSWORD, HOME)
    people.ask_reset(abena.email, HOME)
    people.reset(token(), NEW, HOME)
    assert people.sign_in(abena.email, NEW, HOME).user.id == abena.id


def test_with_a_mail_server_a_worker_gets_the_same_for_everybody_and_no_secret(
    app: Flask, abena: User
) -> None:
    app.config["SMTP_URL"] = "smtp://mail.example.com"
    people.ask_reset(abena.email, HOME)
    people.ask_reset("nobody@example.com", HOME)
    jobs = Queue(queue.URGENT, connection=queue.redis()).jobs
    assert [(job.func_name, job.args) for job in jobs] == [
        (queue.SEND_MAIL, ("reset", abena.email)),
        (queue.SEND_MAIL, ("reset", "nobody@example.com")),
    ]
