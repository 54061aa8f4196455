"""To anybody but an operator the admin area does not exist."""

import re
from collections.abc import Iterator

import pytest
from flask import Flask
from flask.testing import FlaskClient

from flashsms.extensions import transaction
from flashsms.models import Role
from flashsms.services import accounts
from tests.factories import Member
from tests.web.browsing import sign_in

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")


def addresses(app: Flask) -> Iterator[str]:
    """Every address of the area with something in place of its ids, and some that are none."""
    for rule in app.url_map.iter_rules():
        if rule.endpoint.startswith("admin."):
            yield re.sub(r"<[^>]+>", "acc_1", rule.rule)
    yield from ("/admin/", "/admin/nothing", "//admin", "/admin//accounts")


def join(ama: Member) -> str:
    """Let somebody be a member of the account, and return the e-mail."""
    with transaction():
        hashed = accounts.opening.hasher.hash("correct horse")
        accounts.add_user(ama.account.id, "kofi@example.com", hashed, Role.MEMBER)
    return "kofi@example.com"


def asked(client: FlaskClient, method: str, path: str) -> int:
    """Ask for a path as it stands: the client itself takes "//admin" for a host."""
    return client.open("/", method=method, environ_overrides={"PATH_INFO": path}).status_code


@pytest.mark.parametrize("who", ["visitor", "owner", "member"])
def test_every_route_is_a_404_to_strangers(
    app: Flask, client: FlaskClient, ama: Member, who: str
) -> None:
    if who != "visitor":
        sign_in(client, "ama@example.com" if who == "owner" else join(ama))
    answers = {
        (method, path): asked(client, method, path) for path in addresses(app) for method in METHODS
    }
    assert len(answers) > 50
    assert {call: status for call, status in answers.items() if status != 404} == {}


def test_a_stranger_is_told_what_an_unknown_address_tells(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    refused, unknown = client.get("/admin"), client.get("/nothing")
    strip = re.compile(r'content="[^"]*"|value="[^"]*"')
    assert strip.sub("", refused.text) == strip.sub("", unknown.text)


def test_an_operator_needs_the_token_of_the_page(operator: FlaskClient) -> None:
    assert operator.get("/admin").status_code == 200
    assert operator.post("/admin/sender-ids").status_code == 400
