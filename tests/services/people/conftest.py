"""People who do the things that people do, and what lands in the log for want of a mail server."""

import re
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from flashsms.extensions import db
from flashsms.models import Role, User
from flashsms.services import people
from flashsms.services.errors import DomainError

PASSWORD = "tin roof rain"
HOME = "197.251.1.2"


@pytest.fixture
def abena(app: Flask) -> User:
    """The owner of an account that has nobody else."""
    return people.sign_up("Abena's shop", "0201234567", "abena@example.com", PASSWORD, HOME)


@pytest.fixture
def token(caplog: pytest.LogCaptureFixture) -> Callable[[], str]:
    """Return the token of the link that was mailed, or rather logged, last."""

    def read() -> str:
        links = re.findall(rf"(?:{people.RESET_PATH}|{people.INVITATION_PATH})(\S+)", caplog.text)
        return links[-1]

    return read


@pytest.fixture
def yaw(abena: User, token: Callable[[], str]) -> User:
    """A plain member of Abena's account."""
    return joined(abena, "yaw@example.com", Role.MEMBER, token)


def joined(by: User, email: str, role: Role, token: Callable[[], str]) -> User:
    """Somebody who accepted an invitation."""
    people.invite(by.account_id, email, role, by)
    return people.accept(token(), PASSWORD)


def outcome(app: Flask, act: Callable[[], object]) -> str:
    """Do this in a session of its own; return "done" or the refusal's code."""
    with app.app_context():
        try:
            act()
        except DomainError as error:
            return error.code
        return "done"


def at_once(app: Flask, acts: Iterable[Callable[[], object]]) -> list[str]:
    """Do all of these at the same time; return how each ended, sorted."""
    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(lambda act: outcome(app, act), acts))
    db.session.rollback()
    db.session.expire_all()  # what this session read is old now
    return outcomes
