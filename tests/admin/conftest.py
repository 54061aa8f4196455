"""An operator who is signed in, beside the cast of accounts."""

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.api.conftest import Apart
from tests.factories import Member, member
from tests.web.browsing import sign_in


@pytest.fixture(autouse=True)
def _requests_apart(app: Flask) -> None:
    app.test_client_class = Apart


@pytest.fixture
def boss(app: Flask) -> Member:
    """The account of whoever runs the installation."""
    return member("Operations", "boss@example.com", is_admin=True)


@pytest.fixture
def operator(app: Flask, boss: Member) -> FlaskClient:
    """The browser of the operator, signed in."""
    browser = app.test_client()
    sign_in(browser, "boss@example.com")
    return browser
