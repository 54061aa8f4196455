"""Whatever is sent to the API, it answers and never crashes."""

import json
import string

from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flashsms.api.schemas import SendRequest
from tests.api.calls import get, post
from tests.factories import Member

house = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
FIELDS = [field.alias for field in SendRequest.model_fields.values()]
scalars = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters())
    | st.datetimes().map(str)
    | st.sampled_from(["0201234567", "MyBrand", "2099-01-01T00:00:00Z", "\x00", "\ud800"])
)
values = st.recursive(scalars, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner))
known = st.dictionaries(st.sampled_from(FIELDS), values | st.lists(st.text()))
likely = st.fixed_dictionaries(
    {"message": st.text(), "recipients": st.lists(st.just("0201234567") | st.text(), max_size=5)},
    optional=dict.fromkeys(set(FIELDS) - {"message", "recipients"}, scalars),
)


@house
@given(body=values | known | likely)
def test_any_json_is_answered(client: FlaskClient, ama: Member, body: object):
    response = post(client, ama, json.dumps(body).encode())
    assert response.status_code in (200, 400, 402, 404)
    assert response.json["success"] is (response.status_code == 200)


@house
@given(body=st.binary() | st.text(alphabet=string.printable + "\u00e9").map(str.encode))
def test_any_bytes_are_answered(client: FlaskClient, ama: Member, body: bytes):
    assert post(client, ama, body).status_code == 400


@house
@given(
    path=st.sampled_from(["sms", "transactions", "sms/cx/recipients"]),
    query=st.dictionaries(
        st.sampled_from(["page", "limit", "status", "type", "startDate", "endDate"]),
        st.text(st.characters(codec="utf-8")) | st.integers().map(str) | st.datetimes().map(str),
    ),
)
def test_any_query_is_answered(
    app: Flask, client: FlaskClient, ama: Member, path: str, query: dict[str, str]
):
    response = client.get(f"/api/v1/{path}", query_string=query, headers=ama.headers)
    assert response.status_code in (200, 400, 404)


@house
@given(secret=st.text(st.characters(max_codepoint=255, exclude_characters="\r\n")))
def test_any_key_is_answered(client: FlaskClient, app: Flask, secret: str):
    for headers in ({"Authorization": secret}, {"X-API-Key": secret}):
        assert client.get("/api/v1/balance", headers=headers).status_code == 401


def test_the_fuzzed_account_still_answers(client: FlaskClient, ama: Member):
    assert get(client, ama, "balance").status_code == 200
