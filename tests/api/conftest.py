"""A client whose requests stand on their own, as in production, and whose answers are checked."""

import contextvars
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from tests.api import contract


class Apart(FlaskClient):
    """Each request has a context, and so a database session, apart from the test's own.

    Each answer is held against the API's document.
    """

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        response = contextvars.Context().run(super().open, *args, **kwargs)
        contract.check(self.application, response)
        return response


@pytest.fixture(autouse=True)
def _requests_apart(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    app.test_client_class = Apart
    contract.hold_views_to_it(monkeypatch)
