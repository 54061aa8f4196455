"""The list of campaigns and the page of one, in a browser."""

import csv
import io
import re
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from flashsms.extensions import db, transaction
from flashsms.models import Message, MessageStatus, Recipient, RecipientStatus, now
from flashsms.services import sending
from flashsms.services.campaigns import drafts, wish
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, phones
from tests.web.browsing import fill, sign_in

SCRIPT = '<script>alert("x")</script>'
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def send(member: Member, **order: object) -> Message:
    wanted = {"text": "Hello", "recipients": phones(3)} | order
    return sending.accept(member.account.id, Order(**wanted)).message  # type: ignore[arg-type]


def end(message: Message, **fates: tuple[RecipientStatus, str]) -> None:
    """Let the recipients with these numbers (behind an underscore) end like this."""
    with transaction():
        for number, (status, reason) in fates.items():
            db.session.execute(
                update(Recipient)
                .where(Recipient.message_id == message.id, Recipient.phone == number[1:])
                .values(status=status, reason=reason, sent_at=now(), final_at=now())
            )
        failed = sum(status is RecipientStatus.FAILED for status, _ in fates.values())
        stored = db.session.get_one(Message, message.id)
        stored.failed, stored.delivered = failed, len(fates) - failed
        stored.waiting = stored.recipient_count - len(fates)
        stored.status = MessageStatus.PENDING if stored.waiting else MessageStatus.DELIVERED
        stored.sent_at = now()


def names(page: str) -> list[str]:
    return re.findall(r'href="/campaigns/c[^"]+" title="([^"]+)"', page)


def seen_phones(page: str) -> list[str]:
    return re.findall(r'<span class="tabular">\+(\d+)</span>', page)


def test_a_campaign_shows_its_people_and_operators(client: FlaskClient, ama: Member) -> None:
    message = send(ama, campaign_name="Sale")
    page = client.get(f"/campaigns/{message.public_id}")
    assert sorted(seen_phones(page.text)) == phones(3)
    assert "<td>MTN</td>" in page.text
    assert "Sale</h1>" in page.text


def test_an_empty_list_says_what_to_do(client: FlaskClient) -> None:
    assert "Write the first one" in client.get("/campaigns").text


def test_campaigns_are_searched_filtered_and_paged(client: FlaskClient, ama: Member) -> None:
    for at in range(30):
        send(ama, campaign_name=f"Sale {at}", recipients=phones(1))
    send(ama, text="100% off", recipients=phones(1), scheduled_at=now() + timedelta(days=1))
    first = client.get("/campaigns").text
    assert names(first)[:2] == ["100% off", "Sale 29"]
    older = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    second = client.get(older).text
    assert names(second) == [f"Sale {at}" for at in range(5, -1, -1)]
    newer = re.search(r'rel="prev" href="([^"]+)"', second)[1].replace("&amp;", "&")
    assert names(client.get(newer).text) == names(first)
    assert names(client.get("/campaigns?q=sale+1").text)[-1] == "Sale 1"
    assert names(client.get("/campaigns?q=100%25").text) == ["100% off"]
    assert names(client.get("/campaigns?q=_").text) == []
    assert names(client.get("/campaigns?status=scheduled").text) == ["100% off"]
    assert "No campaign was found" in client.get("/campaigns?status=failed").text


@pytest.mark.parametrize(
    "query", ["q=%00", "q=%", "status=nothing", "before=", "after=", "kind=x", "q=" + "x" * 5000]
)
def test_odd_addresses_are_answered(client: FlaskClient, query: str) -> None:
    assert client.get(f"/campaigns?{query}").status_code == 200


@pytest.mark.parametrize("path", ["", "/progress", "/operators", "/recipients", "/report.csv"])
@pytest.mark.parametrize("campaign_id", ["nothing", "%00", "c" * 300])
def test_an_unknown_campaign_is_not_found(client: FlaskClient, campaign_id: str, path: str) -> None:
    assert client.get(f"/campaigns/{campaign_id}{path}", headers=HTMX).status_code == 404


def test_another_accounts_campaign_is_not_found(client: FlaskClient, kofi: Member) -> None:
    theirs = send(kofi, scheduled_at=now() + timedelta(days=1)).public_id
    for path in ("", "/progress", "/operators", "/recipients", "/report.csv"):
        assert client.get(f"/campaigns/{theirs}{path}", headers=HTMX).status_code == 404, path
    for path in ("cancel", "duplicate", "retry"):
        answer = fill(client, "/campaigns/new", to=f"/campaigns/{theirs}/{path}")
        assert answer.status_code == 404, path
    assert client.get(f"/campaigns?before={theirs}").status_code == 404
    assert ledger_sum(kofi.account) == kofi.balance == 997


def test_people_are_filtered_found_and_paged(client: FlaskClient, ama: Member) -> None:
    numbers = phones(60)
    message = send(ama, recipients=numbers)
    end(
        message,
        **{
            f"_{numbers[0]}": (RecipientStatus.FAILED, "The number does not exist."),
            f"_{numbers[1]}": (RecipientStatus.DELIVERED, ""),
        },
    )
    there = f"/campaigns/{message.public_id}"
    assert seen_phones(client.get(f"{there}?kind=failed").text) == numbers[:1]
    assert "The number does not exist." in client.get(f"{there}?kind=failed").text
    assert seen_phones(client.get(f"{there}?kind=delivered").text) == [numbers[1]]
    first = client.get(there).text
    assert len(seen_phones(first)) == 50
    further = re.search(r'rel="next" href="([^"]+)"', first)[1].replace("&amp;", "&")
    assert sorted(seen_phones(first) + seen_phones(client.get(further).text)) == numbers
    assert seen_phones(client.get(f"{there}?phone=0{numbers[7][3:]}").text) == [numbers[7]]
    assert "not in this campaign" in client.get(f"{there}?phone=%00x").text
    part = client.get(f"{there}/recipients?kind=failed", headers=HTMX).text.strip()
    assert part.startswith('<div id="recipients"')


def test_the_bar_polls_only_while_something_moves(client: FlaskClient, ama: Member) -> None:
    message = send(ama)
    there = f"/campaigns/{message.public_id}/progress"
    moving = client.get(there, headers=HTMX)
    assert 'hx-trigger="every 2s"' in moving.text
    assert moving.headers["HX-Trigger"] == "campaign-moved"
    seen = re.search(r"seen=([^\"]+)", moving.text)[1]
    assert "HX-Trigger" not in client.get(f"{there}?seen={seen}", headers=HTMX).headers
    end(message, **{f"_{phone}": (RecipientStatus.DELIVERED, "") for phone in phones(3)})
    ended = client.get(f"{there}?seen={seen}", headers=HTMX)
    assert "every" not in ended.text
    assert ended.headers["HX-Trigger"] == "campaign-moved"


def test_a_scheduled_campaign_is_cancelled_once(client: FlaskClient, ama: Member) -> None:
    message = send(ama, scheduled_at=now() + timedelta(days=1))
    there = f"/campaigns/{message.public_id}"
    assert "Cancel the campaign" in client.get(there).text
    assert fill(client, there, to=f"{there}/cancel").location == there
    assert "its credits came back" in client.get(there).text
    assert fill(client, there, to=f"{there}/cancel").status_code == 400
    assert ledger_sum(ama.account) == ama.balance == 1000


def test_the_failed_are_tried_again_as_a_new_campaign(client: FlaskClient, ama: Member) -> None:
    message = send(ama, campaign_name="Sale")
    bad, *good = phones(3)
    fates = {f"_{phone}": (RecipientStatus.DELIVERED, "") for phone in good}
    end(message, **fates, **{f"_{bad}": (RecipientStatus.FAILED, "Busy")})
    there = f"/campaigns/{message.public_id}"
    draft = fill(client, there, to=f"{there}/retry").location
    assert "The 1 whom “Sale” did not reach" in client.get(draft).text
    review = client.get(f"{draft}/review").text
    assert "1 credit for 1 person" in review


def test_nothing_failed_is_nothing_to_try_again(client: FlaskClient, ama: Member) -> None:
    there = f"/campaigns/{send(ama).public_id}"
    assert fill(client, there, to=f"{there}/retry").status_code == 400


def test_a_duplicate_reaches_the_same_people(client: FlaskClient, ama: Member) -> None:
    message = send(ama, campaign_name="Sale", text="Hi {{firstName|you}}")
    there = f"/campaigns/{message.public_id}"
    draft = fill(client, there, to=f"{there}/duplicate").location
    [kept] = drafts.unsent(ama.account.id)
    assert draft.endswith(kept.public_id)
    copied = wish.load(kept.wish)
    assert (copied.name, copied.text) == ("Sale (copy)", "Hi {{firstName|you}}")
    assert "3 credits for 3 people" in client.get(f"{draft}/review").text


def test_the_report_is_a_file_without_formulas(client: FlaskClient, ama: Member) -> None:
    message = send(ama, text="=1+1", recipients=phones(1))
    answer = client.get(f"/campaigns/{message.public_id}/report.csv", buffered=True)
    assert answer.mimetype == "text/csv"
    head, line = csv.reader(io.StringIO(answer.text.removeprefix("\ufeff")))
    assert head[:2] == ["phone", "status"]
    assert (line[0], line[1]) == (phones(1)[0], "queued")
    assert (head[-2:], line[-2:]) == (["message", "test"], ["'=1+1", "no"])


def test_tests_are_marked_and_can_be_left_out(client: FlaskClient, ama: Member) -> None:
    tried = send(ama, campaign_name="Tried", is_test=True)
    send(ama, campaign_name="Sent")
    badge = ">Test</span>"
    for there in ("/campaigns", "/"):
        assert client.get(there).text.count(badge) == 1, there
    assert names(client.get("/campaigns").text) == ["Sent", "Tried"]
    only = client.get("/campaigns?kind=test").text
    assert names(only) == ["Tried"]
    assert 'value="test" selected' in only
    assert "kind=test" in re.search(r'id="campaigns-table" hx-get="([^"]+)"', only)[1]
    assert names(client.get("/campaigns?kind=live").text) == ["Sent"]
    assert "No campaign was found" in client.get("/campaigns?kind=test&status=failed").text
    page = client.get(f"/campaigns/{tried.public_id}").text
    assert badge in page
    assert "it reaches nobody and costs nothing" in page
    report = client.get(f"/campaigns/{tried.public_id}/report.csv", buffered=True).text
    assert report.splitlines()[1].endswith(',"yes"')


def test_a_test_that_is_cancelled_speaks_of_no_credits(client: FlaskClient, ama: Member) -> None:
    message = send(ama, is_test=True, scheduled_at=now() + timedelta(days=1))
    there = f"/campaigns/{message.public_id}"
    assert "credits are reserved" not in client.get(there).text
    fill(client, there, to=f"{there}/cancel")
    page = client.get(there).text
    assert "The campaign was cancelled." in page
    assert "came back" not in page
    assert ama.balance == 1000


def test_what_failed_in_a_test_is_not_tried_again(client: FlaskClient, ama: Member) -> None:
    message = send(ama, is_test=True)
    end(message, **{f"_{phone}": (RecipientStatus.FAILED, "Busy") for phone in phones(3)})
    there = f"/campaigns/{message.public_id}"
    assert "Prepare another try" not in client.get(there).text
    answer = fill(client, there, to=f"{there}/retry")
    assert answer.status_code == 400
    assert "This was a test" in answer.text
    assert drafts.unsent(ama.account.id) == []


@pytest.mark.parametrize(("name", "kept_name"), [("NotYet", ""), ("MyBrand", "MyBrand")])
def test_a_duplicate_of_a_test_says_that_it_is_none(
    client: FlaskClient, ama: Member, name: str, kept_name: str
) -> None:
    there = f"/campaigns/{send(ama, is_test=True, sender=name).public_id}"
    draft = fill(client, there, to=f"{there}/duplicate").location
    said = client.get(draft).text
    assert "This draft is no test" in said
    assert "which was a test: this campaign would really reach them" in said
    assert "3 credits for 3 people" in client.get(f"{draft}/review").text
    [kept] = drafts.unsent(ama.account.id)
    assert wish.load(kept.wish).sender == kept_name


def test_script_in_any_field_is_text(client: FlaskClient, ama: Member) -> None:
    message = send(ama, text=SCRIPT, campaign_name=SCRIPT)
    end(message, **{f"_{phone}": (RecipientStatus.FAILED, SCRIPT) for phone in phones(3)})
    there = f"/campaigns/{message.public_id}"
    for path in ("/campaigns", there, f"{there}/recipients", f"{there}/progress", "/"):
        for headers in ({}, HTMX):
            assert SCRIPT not in client.get(path, headers=headers).text, path
    assert "&lt;script&gt;" in client.get(there).text
