"""A client whose requests stand on their own, as they do in production."""

import contextvars
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse


class Apart(FlaskClient):
    """Each request has a context, and so a database session, apart from the test's own."""

    def open(self, *args: Any, **kwargs: Any) -> TestResponse:
        return contextvars.Context().run(super().open, *args, **kwargs)


@pytest.fixture(autouse=True)
def _requests_apart(app: Flask) -> None:
    app.test_client_class = Apart
