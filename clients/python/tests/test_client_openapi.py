"""The client and the API as the installation describes it: operations, fields, parameters."""

import inspect
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import httpx
import pytest
from described import Described
from tests.browser.site import Site

from flashsms_client import FlashSMS, NewContact
from flashsms_client.reading import camel

pytestmark = pytest.mark.xdist_group("client")  # it asks the shared installation

METHODS: dict[str, tuple[Any, ...]] = {
    "sms.send": ("Hi",),
    "sms.dry_run": ("Hi",),
    "sms.estimate": ("Hi", 5),
    "sms.status": ("m",),
    "sms.report": ("m",),
    "sms.recipients": ("m",),
    "sms.history": (),
    "balance": (),
    "transactions": (),
    "senders.list": (),
    "contacts.list": (),
    "contacts.create": ("0201234567",),
    "contacts.get": ("c",),
    "contacts.update": ("c",),
    "contacts.delete": ("c",),
    "contacts.import_": ([NewContact("0201234567")],),
    "groups.list": (),
    "groups.create": ("VIP",),
    "groups.delete": ("g",),
    "templates.list": (),
    "templates.create": ("Name", "Hi"),
    "templates.update": ("t",),
    "templates.delete": ("t",),
    "webhooks.list": (),
    "webhooks.create": ("https://example.com/", ["sms.received"]),
    "webhooks.get": ("w",),
    "webhooks.update": ("w",),
    "webhooks.delete": ("w",),
    "webhooks.test": ("w",),
    "webhooks.rotate_secret": ("w",),
    "webhooks.deliveries": ("w",),
    "webhooks.replay": ("w", "d"),
}
NOT_FOR_CLIENTS = {"GET /openapi.json", "GET /postman.json"}
BY_ITSELF = {"page", "limit", "isScheduled", "dryRun"}  # what the client gives without being told


@dataclass
class Called:
    """A method that was called: what it returned, beside the data of the answer."""

    method: Callable[..., Any]
    operation: str
    returned: Any
    data: Any


@pytest.fixture(scope="module")
def described(site: Site) -> Described:
    return Described(httpx.get(f"{site.url}/api/v1/openapi.json").json())


@pytest.fixture(scope="module")
def calls(described: Described) -> dict[str, Called]:
    client = FlashSMS("bms_live_x", "https://sms.example.com", transport=described)
    return {name: call(client, described, name, *METHODS[name]) for name in METHODS}


def call(client: FlashSMS, described: Described, name: str, *arguments: Any) -> Called:
    method = attrgetter(name)(client)
    returned, data = method(*arguments), None
    if isinstance(returned, Iterator | tuple):
        returned = list(returned)
        [data] = [value for value in described.data.values() if isinstance(value, list)]
    return Called(method, described.asked[-1], returned, data or described.data)


def unknown(returned: Any, data: Any, path: str) -> Iterator[str]:
    """Yield the fields of `data` that are not in what was made of it."""
    if isinstance(data, list):
        for one, made in zip(data, returned, strict=True):
            yield from unknown(made, one, f"{path}[]")
    elif hasattr(returned, "__dataclass_fields__"):
        known = {camel(name): name for name in returned.__dataclass_fields__}
        yield from (f"{path}.{name}" for name in data if name not in known)
        for name in known.keys() & data.keys():
            yield from unknown(getattr(returned, known[name]), data[name], f"{path}.{name}")


def test_every_operation_has_a_method(described: Described, calls: dict[str, Called]) -> None:
    asked = {one.operation for one in calls.values()}
    by_put = {one.replace("PATCH", "PUT") for one in asked}  # which does the same
    assert described.operations - asked - by_put == NOT_FOR_CLIENTS


def test_every_documented_field_is_known(calls: dict[str, Called]) -> None:
    found = {
        name: list(unknown(one.returned, one.data, ""))
        for name, one in calls.items()
        if one.returned is not None
    }
    assert {name: lost for name, lost in found.items() if lost} == {}


def test_every_documented_parameter_can_be_given(
    described: Described, calls: dict[str, Called]
) -> None:
    for name, one in calls.items():
        takes = {camel(parameter) for parameter in inspect.signature(one.method).parameters}
        takes |= {"groupId"} if "groupIds" in takes else set()
        assert described.parameters(one.operation) - takes - BY_ITSELF == set(), name
