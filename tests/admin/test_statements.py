"""No page of the operators runs a number of SQL statements that grows with what it lists."""

from flask import Flask
from flask.testing import FlaskClient

from flashsms.carriers.contract import Inbound
from flashsms.services import inbound, senders, system_templates
from tests.factories import Member, member
from tests.web.test_statements import counts, grow

PAGES = (
    "/admin",
    "/admin/accounts",
    "/admin/accounts?q=shop",
    "/admin/accounts/{account}",
    "/admin/sender-ids",
    "/admin/sender-ids/decided",
    "/admin/history",
    "/admin/history/recipients",
    "/admin/history/{campaign}",
    "/admin/history/phones/233240001000",
    "/admin/credits",
    "/admin/credits?type=USAGE",
    "/admin/carriers",
    "/admin/numbers",
    "/admin/numbers/texts",
    "/admin/queues",
    "/admin/templates",
    "/admin/audit",
)


def more(ama: Member, start: int, count: int) -> dict[str, str]:
    """Give the installation more of everything, and return the ids of the last of each."""
    for at in range(start, start + count):
        shop = member(f"Shop {at}", f"shop{at}@example.com")
        senders.request(shop.account.id, "NewName")
        inbound.take(2, [Inbound(f"23354{at:07d}", "99", "Who are you?")])
        system_templates.create(f"For all {at}", "Hello")
    return {"account": ama.account.public_id, **grow(ama, start, count)}


def test_no_page_runs_more_statements_with_more_rows(
    app: Flask, operator: FlaskClient, ama: Member
) -> None:
    few = dict(counts(operator, PAGES, more(ama, 0, 3)))
    many = dict(counts(operator, PAGES, more(ama, 3, 20)))
    assert {page: ran for page, ran in many.items() if ran > few[page]} == {}
    assert 0 < max(few.values()) < 25
