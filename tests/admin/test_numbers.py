"""Operators say whose the numbers are, and see what nobody owns."""

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from flashsms.carriers.contract import Inbound
from flashsms.extensions import db
from flashsms.models import AuditEntry, InboundNumber
from flashsms.services import carriers, inbound
from tests.factories import Member
from tests.web.browsing import fill


def noted() -> list[tuple[str, str, int | None]]:
    db.session.commit()
    found = db.session.scalars(
        select(AuditEntry).where(AuditEntry.action.startswith("number")).order_by(AuditEntry.id)
    )
    return [(one.action, one.subject, one.account_id) for one in found]


def test_a_number_is_added_changed_and_removed(operator: FlaskClient, ama: Member) -> None:
    way = carriers.set_url("smpp://id:pw@127.0.0.1:1")
    given = {"number": "030 123 4567", "account": "ama@example.com", "carrier": way.public_id}
    assert fill(operator, "/admin/numbers", **given).location == "/admin/numbers"
    [one] = inbound.numbers.of_account(ama.account.id)
    assert (one.number, one.carrier_id) == ("233301234567", way.id)
    here = f"/admin/numbers/{one.public_id}"
    shown = operator.get(here).text
    assert 'value="ama@example.com"' in shown
    assert f'selected value="{way.public_id}"' in shown
    fill(operator, here, number="1900", account="", carrier="")
    assert 'bg-azure-lt">shared' in operator.get("/admin/numbers").text
    fill(operator, here, number="1900", account="", carrier="")  # changes nothing
    asked = fill(operator, here, to=f"{here}/remove")
    assert "Remove 1900?" in asked.text
    assert fill(operator, here, to=f"{here}/remove", sure="yes").status_code == 302
    assert operator.get(here).status_code == 404
    assert noted() == [
        ("number added", "233301234567", ama.account.id),
        ("number changed", "1900", ama.account.id),
        ("number removed", "1900", None),
    ]


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"number": "MTN"}, "number"),
        ({"number": "12"}, "number"),
        ({"number": "1900"}, "number"),  # is there already
        ({"number": "1901", "account": "nobody@example.com"}, "account"),
        ({"number": "1901", "account": "acc_nothing"}, "account"),
        ({"number": "1901", "carrier": "car_nothing"}, "carrier"),
    ],
)
def test_faults_are_shown_at_their_fields(
    operator: FlaskClient, given: dict[str, str], field: str
) -> None:
    inbound.numbers.add("1900", account=None, carrier=None)
    answer = fill(operator, "/admin/numbers", **given)
    assert answer.status_code == 400
    assert f'aria-describedby="{field}-hint"' in answer.text
    assert f'class="invalid-feedback" id="{field}-hint"' in answer.text
    assert len(db.session.scalars(select(InboundNumber)).all()) == 1


def test_texts_that_nobody_owns_are_shown(operator: FlaskClient, ama: Member) -> None:
    inbound.numbers.add("1900", account="ama@example.com", carrier=None)
    texts = [Inbound("233242001000", number, f"To {number}") for number in ("1900", "1901")]
    way = carriers.set_url("smpp://id:pw@127.0.0.1:1")
    inbound.take(way.id, [*texts, Inbound("233242001000", "1901", "<b>Hi</b>")])
    page = operator.get("/admin/numbers/texts").text
    assert "To 1901" in page
    assert "To 1900" not in page
    assert "&lt;b&gt;Hi" in page
    newest = inbound.numbers.unowned(1)
    assert newest.older
    older = operator.get(f"/admin/numbers/texts?before={newest.items[0].public_id}").text
    assert ("To 1901" in older, "&lt;b&gt;Hi" in older) == (True, False)
    assert operator.get("/admin/numbers/texts?before=inb_nothing").status_code == 404


def test_the_page_of_an_http_carrier_shows_its_callbacks(operator: FlaskClient) -> None:
    kannel = carriers.find(carriers.add("Kannel", "kannel://u:p@127.0.0.1:13013").public_id)
    page = operator.get(f"/admin/carriers/{kannel.public_id}").text
    assert f"{kannel.callback}/receipts" in page
    assert f"{kannel.callback}/inbound" in page
    smpp = carriers.set_url("smpp://id:pw@127.0.0.1:1")
    assert "/callbacks/" not in operator.get(f"/admin/carriers/{smpp.public_id}").text
