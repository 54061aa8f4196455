"""Signing in, and who a session stands for."""

import pytest
from argon2 import PasswordHasher
from flask import Flask

from flashsms import connect_redis
from flashsms.extensions import db
from flashsms.models import User
from flashsms.services import accounts, people
from flashsms.services.errors import DomainError
from flashsms.services.people import attempts
from tests.services.people.conftest import HOME, PASSWORD, at_once


def refusal(email: str, password: str, address: str = HOME) -> str:
    with pytest.raises(DomainError) as refused:
        people.sign_in(email, password, address)
    return f"{refused.value.code}: {refused.value.sentence}"


def test_the_right_password_lets_in_whatever_the_case_of_the_email(abena: User) -> None:
    found = people.sign_in(" Abena@Example.COM", PASSWORD, HOME)
    assert (found.user.id, found.needs_code) == (abena.id, False)


def test_a_refusal_does_not_tell_who_exists(abena: User) -> None:
    known = refusal("abena@example.com", "not her password")
    assert known.startswith("wrong_sign_in")
    assert refusal("nobody@example.com", "not her password") == known
    assert refusal("no\x00body", "") == known
    assert refusal("abena@example.com", "half a pair \ud83d") == known


def test_a_hash_is_compared_even_for_nobody(abena: User, monkeypatch: pytest.MonkeyPatch) -> None:
    compared: list[str] = []

    class Watched(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:
            compared.append(str(hash))
            return super().verify(hash, password)

    monkeypatch.setattr(accounts.opening, "hasher", Watched(1, 8, 1))
    refusal("abena@example.com", "not her password")
    refusal("nobody@example.com", "not her password")
    assert compared[0] == abena.password_hash
    parameters = [hash.split("$")[1:4] for hash in compared]
    assert parameters[0] == parameters[1]


def test_ten_attempts_at_an_email_from_an_address_are_enough(abena: User) -> None:
    for email in ("abena@example.com", "nobody@example.com"):
        for _ in range(10):
            assert refusal(email, "wrong").startswith("wrong_sign_in")
        assert refusal(email.upper(), PASSWORD).startswith("too_many_attempts")


def test_a_stranger_cannot_lock_somebody_out(abena: User) -> None:
    for _ in range(12):
        refusal("abena@example.com", "wrong", "203.0.113.7")
    assert people.sign_in("abena@example.com", PASSWORD, HOME).user.id == abena.id


def test_a_hundred_attempts_at_an_email_are_enough_from_wherever(abena: User) -> None:
    for number in range(100):
        assert refusal("abena@example.com", "wrong", f"10.0.0.{number}").startswith("wrong_sign_in")
    assert refusal("abena@example.com", PASSWORD, "10.0.1.1").startswith("too_many_attempts")


def test_who_is_refused_over_and_over_does_not_keep_the_neighbours_out(abena: User) -> None:
    for _ in range(30):
        refusal("nobody@example.com", "wrong")
    assert people.sign_in("abena@example.com", PASSWORD, HOME).user.id == abena.id


def test_a_whole_office_signs_in_from_one_address(abena: User) -> None:
    for _ in range(30):
        assert people.sign_in("abena@example.com", PASSWORD, HOME).user.id == abena.id
    for number in range(20):
        assert refusal(f"user{number}@example.com", "wrong").startswith("wrong_sign_in")


def test_attempts_at_once_do_not_all_find_room(app: Flask, abena: User) -> None:
    outcomes = at_once(app, [lambda: people.sign_in(abena.email, "wrong", HOME)] * 16)
    assert outcomes == [*["too_many_attempts"] * 6, *["wrong_sign_in"] * 10]


def test_twenty_attempts_from_an_address_are_enough_at_whomever(abena: User) -> None:
    for number in range(20):
        refusal(f"user{number}@example.com", "wrong", "2001:db8::1")
    assert refusal("abena@example.com", PASSWORD, "2001:db8::2").startswith("too_many_attempts")
    assert people.sign_in("abena@example.com", PASSWORD, "2001:db8:0:1::2").user.id == abena.id


def test_who_gets_in_begins_anew(abena: User) -> None:
    for _ in range(2):
        for _ in range(9):
            assert refusal("abena@example.com", "wrong").startswith("wrong_sign_in")
        assert people.sign_in("abena@example.com", PASSWORD, HOME).user.id == abena.id


def test_without_redis_nobody_is_locked_out_and_the_log_says_so(
    app: Flask, abena: User, caplog: pytest.LogCaptureFixture
) -> None:
    app.extensions["redis"] = connect_redis("unix:///nowhere/redis.sock")
    app.extensions.pop("attempts", None)
    for _ in range(12):
        assert refusal("abena@example.com", "wrong").startswith("wrong_sign_in")
    assert people.sign_in("abena@example.com", PASSWORD, HOME).user.id == abena.id
    assert "Redis is away" in caplog.text


def test_an_old_hash_is_renewed_with_todays_parameters(
    abena: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, session = abena.password_hash, abena.session_version
    monkeypatch.setattr(accounts.opening, "hasher", PasswordHasher(2, 16, 1))
    people.sign_in("abena@example.com", PASSWORD, HOME)
    db.session.expire_all()
    assert abena.password_hash != before
    assert "m=16,t=2" in abena.password_hash
    assert people.load(abena.id, session) is not None
    assert (
        people.load(abena.id, abena.session_version) is not None
    )  # the password is the same, so are the sessions


def test_a_session_is_good_for_one_version(abena: User) -> None:
    loaded = people.load(abena.id, abena.session_version)
    assert loaded is not None
    assert loaded.account.name == "Abena's shop"
    assert people.load(abena.id, abena.session_version + 1) is None
    assert people.load(abena.id + 1, abena.session_version) is None


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("197.251.1.2", "197.251.1.2"),
        ("::ffff:197.251.1.2", "197.251.1.2"),
        ("2001:db8::1", "2001:db8::/64"),
        ("unix", "unix"),
    ],
)
def test_an_address_is_counted_by_its_network(address: str, counted: str) -> None:
    assert attempts.network(address) == counted
