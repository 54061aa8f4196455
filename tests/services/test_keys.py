"""API keys: made, recognised, revoked."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import ApiKey, AuditEntry, Scope, now
from flashsms.services import keys
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member


def test_a_key_is_shown_once_and_kept_as_a_hash(ama: Member) -> None:
    key, secret = keys.create(ama.account.id, "shop")
    assert re.fullmatch(r"bms_live_[A-Za-z0-9]{32}", secret)
    stored = db.session.scalars(select(ApiKey).where(ApiKey.id == key.id)).one()
    assert secret not in (stored.hash, stored.hint, stored.public_id)
    assert keys.recognise(secret) is not None


def test_a_test_key_is_told_by_its_beginning_and_so_is_what_the_log_says(ama: Member) -> None:
    key, secret = keys.create(ama.account.id, "trying", is_test=True)
    assert re.fullmatch(r"bms_test_[A-Za-z0-9]{32}", secret)
    assert key.hint.startswith("bms_test_…")
    recognised = keys.recognise(secret)
    assert recognised is not None
    assert recognised.is_test
    keys.revoke(ama.account.id, key.public_id)
    made, revoked = _entries("trying")
    assert made.after["test"] is True
    assert revoked.before == {"test": True}
    assert not any("test" in (one.after or {}) for one in _entries("tests"))


def _entries(subject: str) -> list[AuditEntry]:
    found = select(AuditEntry).where(AuditEntry.subject == subject).order_by(AuditEntry.id)
    return list(db.session.scalars(found))


def test_no_scope_means_all_and_a_wrong_one_is_named(ama: Member) -> None:
    assert keys.create(ama.account.id, "all")[0].scopes == set(Scope)
    assert keys.create(ama.account.id, "one", ["sms:send"])[0].scopes == {"sms:send"}
    with pytest.raises(DomainError, match="sms:fly"):
        keys.create(ama.account.id, "none", ["sms:fly"])


def test_a_revoked_key_is_useless_at_once(ama: Member) -> None:
    key, secret = keys.create(ama.account.id, "shop")
    keys.revoke(ama.account.id, key.public_id)
    assert keys.recognise(secret) is None
    with pytest.raises(NotFound):
        keys.revoke(ama.account.id, key.public_id)


def test_a_strangers_key_cannot_be_revoked(ama: Member, kofi: Member) -> None:
    with pytest.raises(NotFound):
        keys.revoke(kofi.account.id, ama.api_key.public_id)
    assert keys.recognise(ama.key) is not None


def test_an_expired_key_is_not_recognised(ama: Member) -> None:
    _, secret = keys.create(ama.account.id, "brief", expires_at=now() + timedelta(hours=1))
    assert keys.recognise(secret) is not None
    with time_machine.travel(now() + timedelta(hours=2)):
        assert keys.recognise(secret) is None


def test_a_key_has_a_name_of_one_line_and_an_expiry_that_can_come(ama: Member) -> None:
    for name in ("", " ", "x" * 81, "a\x00b", "two\nlines"):
        with pytest.raises(DomainError) as refused:
            keys.create(ama.account.id, name)
        assert refused.value.code == "bad_name"
    for expiry in (now() - timedelta(seconds=1), now() + timedelta(days=4000)):
        with pytest.raises(DomainError, match="from today on"):
            keys.create_once(ama.account.id, "form", "brief", ["sms:send"], expiry)


def test_an_attempt_makes_one_key_however_often_it_comes(ama: Member, kofi: Member) -> None:
    given = ("shop", ["sms:send"], None)
    made = keys.create_once(ama.account.id, "form-1", *given)
    assert made is not None
    assert keys.recognise(made[1]) is not None
    assert keys.create_once(ama.account.id, "form-1", *given) is None
    assert keys.create_once(kofi.account.id, "form-1", *given) is not None
    with pytest.raises(DomainError):
        keys.create_once(ama.account.id, "form-2", "", [], None)
    assert keys.create_once(ama.account.id, "form-2", *given) is not None
    assert len(keys.newest(ama.account.id, 10)) == 3


def test_keys_are_listed_the_newest_first_and_from_there_on(ama: Member, kofi: Member) -> None:
    made = [keys.create(ama.account.id, f"key {number}")[0] for number in range(3)]
    first = keys.newest(ama.account.id, 2)
    assert [key.name for key in first] == ["key 2", "key 1"]
    rest = keys.newest(ama.account.id, 9, before=first[-1].public_id)
    assert [key.name for key in rest] == ["key 0", "tests"]
    for unknown in ("key_none", "\x00", kofi.api_key.public_id):
        with pytest.raises(NotFound):
            keys.newest(ama.account.id, 2, before=unknown)
        with pytest.raises(NotFound):
            keys.revoke(ama.account.id, unknown)
    keys.revoke(ama.account.id, made[0].public_id)
    db.session.refresh(made[0])
    assert [keys.state(key) for key in made[:2]] == [keys.State.REVOKED, keys.State.WORKING]


def test_the_last_use_is_written_once_a_minute(app: Flask, ama: Member) -> None:
    keys.recognise(ama.key)
    first = _last_use(ama)
    keys.recognise(ama.key)
    assert _last_use(ama) == first
    with time_machine.travel(now() + timedelta(minutes=2)):
        keys.recognise(ama.key)
    assert _last_use(ama) > first


def _last_use(member: Member) -> object:
    db.session.commit()
    return db.session.scalar(select(ApiKey.last_used_at).where(ApiKey.id == member.api_key.id))
