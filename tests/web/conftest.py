"""A browser whose requests stand on their own, as they do in production."""

import pytest
from flask import Flask

from tests.api.conftest import Apart


@pytest.fixture(autouse=True)
def _requests_apart(app: Flask) -> None:
    app.test_client_class = Apart
