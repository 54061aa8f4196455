"""The second factor: codes of an authenticator app, and recovery codes."""

import re
from xml.etree import ElementTree

import pyotp
import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import RecoveryCode, User
from flashsms.services import people
from flashsms.services.errors import DomainError
from flashsms.services.people import tokens
from tests.services.people.conftest import HOME, PASSWORD, at_once

NOON = 1_900_000_020  # ten seconds before a code changes


@pytest.fixture
def app_of_abena(abena: User) -> pyotp.TOTP:
    """Abena's authenticator app, set up an hour before noon."""
    with time_machine.travel(NOON - 3600, tick=False):
        totp = pyotp.TOTP(people.begin(abena).secret)
        people.confirm(abena, totp.now())
    return totp


def test_an_app_needs_a_secret_a_link_or_a_picture(abena: User) -> None:
    enrolment = people.begin(abena)
    assert re.fullmatch(r"[A-Z2-7]{32}", enrolment.secret)
    parsed = pyotp.parse_uri(enrolment.uri)
    assert (parsed.name, parsed.issuer) == ("abena@example.com", "FlashSMS")
    assert ElementTree.fromstring(enrolment.svg).tag == "svg"
    assert "style=" not in enrolment.svg


def test_nothing_is_asked_for_before_the_first_code(abena: User) -> None:
    people.begin(abena)
    with pytest.raises(DomainError, match="not right"):
        people.confirm(abena, "000000")
    assert people.sign_in(abena.email, PASSWORD, HOME).needs_code is False


def test_the_secret_is_stored_encrypted(abena: User) -> None:
    secret = people.begin(abena).secret
    stored = db.session.scalar(select(User.second_factor_secret)) or ""
    assert len(stored) > len(secret)
    assert secret not in stored


def test_signing_in_takes_the_password_and_a_code(abena: User, app_of_abena: pyotp.TOTP) -> None:
    with time_machine.travel(NOON, tick=False):
        asked = people.sign_in(abena.email, PASSWORD, HOME)
        assert (asked.user.id, asked.needs_code) == (abena.id, True)
        for wrong in ("", "000000"):
            with pytest.raises(DomainError) as refused:
                people.sign_in_with_code(asked.ticket or "", wrong, HOME)
            assert refused.value.code == "bad_code"
        user = people.sign_in_with_code(asked.ticket or "", app_of_abena.now(), HOME)
        assert user.id == abena.id


def ticket_refused(ticket: str, code: str) -> bool:
    with pytest.raises(DomainError) as refused:
        people.sign_in_with_code(ticket, code, HOME)
    return refused.value.code == "bad_ticket"


def test_a_ticket_is_nobodys_invention_and_lasts_five_minutes(
    abena: User, app_of_abena: pyotp.TOTP
) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        ticket = people.sign_in(abena.email, PASSWORD, HOME).ticket or ""
        assert ticket_refused("", app_of_abena.now())
        assert ticket_refused(ticket[:-1], app_of_abena.now())
        assert ticket_refused(tokens.for_reset(abena), app_of_abena.now())
        clock.shift(301)
        assert ticket_refused(ticket, app_of_abena.now())


def test_a_ticket_ends_with_the_sessions_the_password_and_the_second_factor(
    abena: User, app_of_abena: pyotp.TOTP
) -> None:
    def ticket() -> str:
        return people.sign_in(abena.email, PASSWORD, HOME).ticket or ""

    with time_machine.travel(NOON, tick=False):
        before = ticket()
        people.sign_out_everywhere(abena)
        assert ticket_refused(before, app_of_abena.now())
        before = ticket()
        people.change_password(abena, PASSWORD, "another tin roof")
        assert ticket_refused(before, app_of_abena.now())
        before = people.proven(abena).ticket or ""
        people.switch_off(abena, "another tin roof")
        assert ticket_refused(before, app_of_abena.now())


def test_a_ticket_is_of_no_use_once_a_code_was_used(abena: User) -> None:
    with time_machine.travel(NOON, tick=False) as clock:
        totp = pyotp.TOTP(people.begin(abena).secret)
        codes = people.confirm(abena, totp.now())
        for code in (codes[0], totp.at(NOON + 30)):
            ticket = people.sign_in(abena.email, PASSWORD, HOME).ticket or ""
            assert people.sign_in_with_code(ticket, code, HOME).id == abena.id
            assert ticket_refused(ticket, codes[1])
        clock.shift(60)
        ticket = people.sign_in(abena.email, PASSWORD, HOME).ticket or ""
        assert people.sign_in_with_code(ticket, totp.now(), HOME).id == abena.id


def test_sessions_that_began_without_a_code_end_when_codes_are_asked_for(abena: User) -> None:
    before = abena.session_version
    code = pyotp.TOTP(people.begin(abena).secret).now()
    with pytest.raises(DomainError, match="not right"):
        people.confirm(abena, "000000")
    assert people.load(abena.id, before) is abena
    people.confirm(abena, code)
    assert people.load(abena.id, before) is None
    assert people.load(abena.id, abena.session_version) is abena


def test_codes_are_counted_with_the_passwords_of_an_email(
    abena: User, app_of_abena: pyotp.TOTP
) -> None:
    with time_machine.travel(NOON, tick=False):
        ticket = people.sign_in(abena.email, PASSWORD, HOME).ticket or ""
        for _ in range(9):
            with pytest.raises(DomainError, match="not right"):
                people.sign_in_with_code(ticket, "000000", HOME)
        with pytest.raises(DomainError, match="Too many"):
            people.sign_in_with_code(ticket, app_of_abena.now(), HOME)


def test_what_was_begun_can_be_looked_at_again_until_it_is_confirmed(abena: User) -> None:
    assert people.resume(abena) is None
    begun = people.begin(abena)
    assert people.resume(abena) == begun
    people.confirm(abena, pyotp.TOTP(begun.secret).now())
    assert people.resume(abena) is None


def test_a_code_may_be_half_a_minute_early_or_late_and_no_more(
    abena: User, app_of_abena: pyotp.TOTP
) -> None:
    with time_machine.travel(NOON, tick=False):
        for seconds in (-60, 60):
            with pytest.raises(DomainError, match="not right"):
                people.verify(abena, app_of_abena.at(NOON + seconds))
        for seconds in (-30, 0, 30):
            people.verify(abena, app_of_abena.at(NOON + seconds))


def test_a_code_works_once_and_so_does_no_older_one(abena: User, app_of_abena: pyotp.TOTP) -> None:
    with time_machine.travel(NOON, tick=False):
        people.verify(abena, app_of_abena.now())
        for seconds in (-30, 0):
            with pytest.raises(DomainError, match="used already"):
                people.verify(abena, app_of_abena.at(NOON + seconds))


def test_a_code_works_once_even_when_used_at_once(
    app: Flask, abena: User, app_of_abena: pyotp.TOTP
) -> None:
    with time_machine.travel(NOON, tick=False):
        code = app_of_abena.now()
        outcomes = at_once(app, [lambda: people.verify(abena, code)] * 6)
    assert outcomes == [*["bad_code"] * 5, "done"]


def test_the_code_that_confirmed_cannot_sign_in(abena: User) -> None:
    with time_machine.travel(NOON, tick=False):
        code = pyotp.TOTP(people.begin(abena).secret).now()
        people.confirm(abena, code)
        with pytest.raises(DomainError, match="used already"):
            people.verify(abena, code)


def test_each_of_ten_recovery_codes_works_once(app: Flask, abena: User) -> None:
    codes = people.confirm(abena, pyotp.TOTP(people.begin(abena).secret).now())
    assert len(set(codes)) == people.codes_left(abena) == 10
    assert all(re.fullmatch(r"([a-z2-9]{4}-){3}[a-z2-9]{4}", code) for code in codes)
    assert not set(codes) & set(db.session.scalars(select(RecoveryCode.hash)))
    people.verify(abena, codes[0].upper().replace("-", " "))
    assert at_once(app, [lambda: people.verify(abena, codes[1])] * 4) == [*["bad_code"] * 3, "done"]
    assert people.codes_left(abena) == 8


def test_a_strangers_codes_are_of_no_use(abena: User, yaw: User, app_of_abena: pyotp.TOTP) -> None:
    codes = people.confirm(yaw, pyotp.TOTP(people.begin(yaw).secret).now())
    with pytest.raises(DomainError, match="not right"):
        people.verify(abena, codes[0])
    assert people.codes_left(yaw) == 10


def test_codes_cannot_be_guessed_for_long(abena: User, app_of_abena: pyotp.TOTP) -> None:
    with time_machine.travel(NOON, tick=False):
        for _ in range(10):
            with pytest.raises(DomainError, match="not right"):
                people.verify(abena, "not a code")
        with pytest.raises(DomainError, match="Too many"):
            people.verify(abena, app_of_abena.now())


def test_an_app_that_is_set_up_is_not_replaced_unasked(
    abena: User, app_of_abena: pyotp.TOTP
) -> None:
    with pytest.raises(DomainError, match="already"):
        people.begin(abena)
    with pytest.raises(DomainError, match="already"):
        people.confirm(abena, "000000")
    with time_machine.travel(NOON, tick=False):
        people.verify(abena, app_of_abena.now())


def test_switching_off_takes_the_password(abena: User, app_of_abena: pyotp.TOTP) -> None:
    with pytest.raises(DomainError, match="password"):
        people.switch_off(abena, "not her password")
    assert people.sign_in(abena.email, PASSWORD, HOME).needs_code is True
    people.switch_off(abena, PASSWORD)
    assert people.sign_in(abena.email, PASSWORD, HOME).needs_code is False
    assert people.codes_left(abena) == 0
    with pytest.raises(DomainError, match="No authenticator app"):
        people.verify(abena, app_of_abena.now())


def test_with_another_secret_key_only_recovery_codes_help(
    app: Flask, abena: User, caplog: pytest.LogCaptureFixture
) -> None:
    totp = pyotp.TOTP(people.begin(abena).secret)
    codes = people.confirm(abena, totp.now())
    app.config["SECRET_KEY"] = "another one"
    with pytest.raises(DomainError, match="not right"):
        people.verify(abena, totp.at(0))
    assert "SECRET_KEY" in caplog.text
    people.verify(abena, codes[0])
