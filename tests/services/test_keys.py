"""API keys: made, recognised, revoked."""

import re
from datetime import timedelta

import pytest
import time_machine
from flask import Flask
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import ApiKey, Scope, now
from flashsms.services import keys
from flashsms.services.errors import DomainError, NotFound
from tests.factories import Member


def test_a_key_is_shown_once_and_kept_as_a_hash(ama: Member) -> None:
    key, secret = keys.create(ama.account.id, "shop")
    assert re.fullmatch(r"bms_live_[A-Za-z0-9]{32}", secret)
    stored = db.session.scalars(select(ApiKey).where(ApiKey.id == key.id)).one()
    assert secret not in (stored.hash, stored.hint, stored.public_id)
    assert keys.recognise(secret) is not None


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
