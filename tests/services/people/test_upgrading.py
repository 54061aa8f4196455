"""An installation that was there before people had ids and sessions of their own."""

from flask import Flask
from flask_migrate import downgrade, upgrade

from flashsms.extensions import db
from flashsms.models import User
from flashsms.services import people
from tests.factories import Member


def test_who_was_there_before_signs_in_as_ever(app: Flask, ama: Member, kofi: Member) -> None:
    db.session.remove()
    downgrade(revision="0002")
    upgrade()
    users = db.session.query(User).order_by(User.id).all()
    ids = [user.public_id for user in users]
    assert ids == sorted(set(ids))
    assert all(id.startswith("usr_") for id in ids)
    for user in users:
        assert people.sign_in(user.email, "correct horse", "10.0.0.1").user is user
        assert people.load(user.id, user.session_version) is user
