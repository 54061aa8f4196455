"""How the tests fill in forms as a browser would."""

import re

from flask.testing import FlaskClient
from werkzeug.test import TestResponse


def token(client: FlaskClient, path: str) -> str:
    """Return the token that a form of the page at `path` asks to be sent back."""
    found = re.search(
        r'name="csrf_token"[^>]*value="([^"]+)"', client.get(path, follow_redirects=True).text
    )
    assert found, path
    return found[1]


def fill(client: FlaskClient, path: str, to: str | None = None, **fields: str) -> TestResponse:
    """Fill in the form of the page at `path`, which is sent there or `to` another address."""
    return client.post(to or path, data=fields | {"csrf_token": token(client, path)})


def sign_in(client: FlaskClient, email: str) -> None:
    """Sign in as somebody of the cast."""
    answer = fill(client, "/login", email=email, password="correct horse")
    assert answer.status_code == 302, answer.text
