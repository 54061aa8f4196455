"""Writing a campaign, looking at it, sending it once."""

import re
from collections.abc import Iterator
from threading import Barrier, Thread

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Account, CampaignDraft, Message, MessageStatus, OptSource, Recipient
from flashsms.services import contacts, opt_outs, people, templates
from flashsms.services.campaigns import drafts
from flashsms.services.contacts import Draft
from flashsms.services.errors import DomainError
from tests.factories import Member, ledger_sum, phones
from tests.web.browsing import fill, sign_in, token

SCRIPT = '<script>alert("x")</script>'
HTMX = {"HX-Request": "true"}
BASICS = {"text": "Hello {{firstName|there}}", "numbers": "0241234567", "when": "now"}


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


@pytest.fixture
def _in_january(client: FlaskClient) -> Iterator[None]:
    """Be in January 2027, signed in since a moment ago."""
    with time_machine.travel("2027-01-10T12:00Z"):
        client.delete_cookie("session")
        sign_in(client, "ama@example.com")
        yield


def write(client: FlaskClient, do: str = "review", **fields: str) -> str:
    """Write a campaign and return where the button leads."""
    place = f"/campaigns/drafts/{drafts.new_id()}"
    answer = fill(client, "/campaigns/new", to=place, do=do, **(BASICS | fields))
    assert answer.status_code == 302, answer.text
    return answer.location


def offer(page: str) -> dict[str, str]:
    """Return what the button of the review sends."""
    found = dict(re.findall(r'name="(version|price|starts_at)" value="([^"]+)"', page))
    assert {"version", "price"} <= found.keys(), page
    return found


def count(model: type) -> int:
    db.session.commit()
    return db.session.scalar(select(func.count()).select_from(model)) or 0


def test_a_campaign_is_written_reviewed_and_sent(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233241234567", "Esi"), Draft("233201234567")])
    review = write(client, everybody="yes", name="Sale")
    page = client.get(review).text
    assert "2 credits for 2 people" in page
    assert "Hello Esi" in page
    assert "Hello there" in page
    sent = fill(client, review, to=review.replace("review", "send"), **offer(page))
    assert re.fullmatch(r"/campaigns/c\w{24}", sent.location)
    assert "Sale</h1>" in client.get(sent.location).text
    texts = db.session.scalars(select(Recipient.text)).all()
    assert sorted(texts) == ["Hello Esi", "Hello there"]
    assert ledger_sum(ama.account) == ama.balance == 998
    assert drafts.unsent(ama.account.id) == []


def test_sending_again_leads_to_the_campaign(client: FlaskClient, ama: Member) -> None:
    review = write(client)
    offered = offer(client.get(review).text)
    first = fill(client, review, to=review.replace("review", "send"), **offered)
    for path in (review, review.replace("/review", "")):
        assert client.get(path).location == first.location
    again = fill(client, "/campaigns", to=review.replace("review", "send"), **offered)
    changed = fill(client, "/campaigns", to=review.replace("/review", ""), **BASICS)
    assert again.location == changed.location == first.location
    typing = client.post(
        review.replace("review", "glance"),
        data=BASICS | {"csrf_token": token(client, "/campaigns")},
        headers=HTMX,
    )
    assert typing.headers["HX-Redirect"] == first.location
    assert count(Message) == 1
    assert ledger_sum(ama.account) == ama.balance == 999


def test_two_clicks_at_once_send_once(app: Flask, client: FlaskClient, ama: Member) -> None:
    review = write(client)
    version = int(offer(client.get(review).text)["version"])
    draft_id = review.split("/")[3]
    at_once = Barrier(4)
    outcomes: list[str] = []

    def click() -> None:
        with app.app_context():
            account = db.session.get_one(Account, ama.account.id)
            at_once.wait()
            try:
                drafts.send(account, draft_id, drafts.Offer(version, credits=1))
            except drafts.AlreadySent as error:
                outcomes.append(error.code)
            else:
                outcomes.append("sent")

    threads = [Thread(target=click) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["already_sent"] * 3 + ["sent"]
    assert count(Message) == 1
    assert ledger_sum(ama.account) == ama.balance == 999


def test_what_changed_since_the_review_is_looked_at_again(client: FlaskClient, ama: Member) -> None:
    review = write(client)
    offered = offer(client.get(review).text)
    other_tab = BASICS | {"text": "Something else"}
    fill(client, "/campaigns/new", to=review.replace("/review", ""), **other_tab)
    sent = fill(client, review, to=review.replace("review", "send"), **offered)
    assert sent.location == review
    assert "changed meanwhile" in client.get(review).text
    assert count(Message) == 0


def test_another_price_is_shown_before_it_is_paid(client: FlaskClient, ama: Member) -> None:
    review = write(client, everybody="yes")
    offered = offer(client.get(review).text)
    contacts.add(ama.account.id, [Draft("233201234567", "Esi")])
    sent = fill(client, review, to=review.replace("review", "send"), **offered)
    assert sent.location == review
    assert "from 1 to 2 credits" in client.get(review).text
    assert count(Message) == count(Recipient) == 0
    assert ledger_sum(ama.account) == ama.balance == 1000


def test_saving_the_same_again_changes_nothing(client: FlaskClient) -> None:
    review = write(client)
    offered = offer(client.get(review).text)
    fill(client, "/campaigns/new", to=review.replace("/review", ""), **BASICS)
    assert offer(client.get(review).text) == offered


def test_what_is_typed_is_kept_and_measured(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Esi")])
    draft_id = drafts.new_id()
    place = f"/campaigns/drafts/{draft_id}"
    typed = {"text": "Dear {{firstName}}, it\u2019s open", "everybody": "yes"}
    data = typed | {"csrf_token": token(client, "/campaigns/new")}
    part = client.post(f"{place}/glance", data=data, headers=HTMX).text
    assert part.strip().startswith('<aside class="card" id="glance"')
    assert "Dear Esi, it\u2019s open" in part
    assert "right single quotation mark" in part
    assert "Draft saved" in part
    assert (
        "[town]"
        in client.post(f"{place}/glance", data=data | {"text": "In {{town}}"}, headers=HTMX).text
    )
    client.post(f"{place}/glance", data=data, headers=HTMX)
    assert "Dear {{firstName}}, it\u2019s open" in client.get(place).text
    assert "1 draft<" in client.get("/campaigns").text
    fill(client, "/campaigns", to=f"{place}/delete")
    assert client.get(place).status_code == 404


def test_an_empty_page_keeps_no_draft(client: FlaskClient) -> None:
    data = {"csrf_token": token(client, "/campaigns/new"), "when": "now"}
    place = f"/campaigns/drafts/{drafts.new_id()}/glance"
    assert client.post(place, data=data, headers=HTMX).status_code == 200
    assert count(CampaignDraft) == 0


def test_the_dear_character_is_replaced(client: FlaskClient, ama: Member) -> None:
    text = "It\u2019s " + "x" * 100
    review = write(client, text=text)
    page = client.get(review).text
    assert "Replacing saves <strong>1 credit</strong>" in page
    fill(client, review, to=review.replace("review", "cheapen"))
    assert "1 credit for 1 person" in client.get(review).text
    editing = write(client, text=text, replace="yes")
    assert "It&#39;s xxx" in client.get(editing).text


def test_a_template_is_inserted(client: FlaskClient, ama: Member) -> None:
    template = templates.create(ama.account.id, "Hi", "Hi {{name}}, welcome")
    place = write(client, do="template", text="", template=template.public_id)
    assert "Hi {{name}}, welcome</textarea>" in client.get(place).text
    below = write(client, do="template", text="My own words", template=template.public_id)
    assert "My own words\nHi {{name}}, welcome</textarea>" in client.get(below).text
    new = client.get(f"/campaigns/new?template={template.public_id}", follow_redirects=True).text
    assert "Hi {{name}}, welcome</textarea>" in new
    gone = client.get("/campaigns/new?template=tpl_nothing", follow_redirects=True)
    assert gone.status_code == 404


def test_what_no_contact_knows_is_filled_in_for_everybody(client: FlaskClient, ama: Member) -> None:
    text = "Hi {{firstName|you}}, pay GHS {{amount}} by {{date}}"
    place = write(client, do="save", text=text, **{"value:amount": "20"})
    page = client.get(place).text
    assert re.search(r'name="value:amount"[^>]*value="20"', page)
    assert 'name="value:date"' in page
    assert 'name="value:firstName"' not in page
    assert "There is no value for date" in client.get(f"{place}/review").text
    data = {"csrf_token": token(client, place), "text": text, "asked": "amount"}
    assert 'hx-swap-oob="true"' in client.post(f"{place}/glance", data=data, headers=HTMX).text
    data |= {"asked": "amount,date", "value:date": "Friday", "value:amount": "20"}
    part = client.post(f"{place}/glance", data=data | BASICS | {"text": text}, headers=HTMX).text
    assert 'hx-swap-oob="true"' not in part
    assert "pay GHS 20 by Friday" in part
    fill(client, f"{place}/review", to=f"{place}/send", **offer(client.get(f"{place}/review").text))
    assert db.session.scalars(select(Recipient.text)).all() == ["Hi you, pay GHS 20 by Friday"]


def test_contacts_are_found_and_picked(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Esi"), Draft("233241234567", "Yaw")])
    esi = contacts.page(ama.account.id, 1, 1, search="esi").items[0].public_id
    csrf = {"csrf_token": token(client, "/campaigns/new")}
    place = f"/campaigns/drafts/{drafts.new_id()}"
    data = csrf | {"find": "2", "contacts": esi}
    part = client.post(f"{place}/picker", data=data, headers=HTMX).text
    assert re.findall(r"Esi|Yaw", part) == ["Esi", "Yaw"]
    assert len(re.findall(r" checked", part)) == 1
    page = client.post(place, data=data | {"do": "find"}).text
    assert re.search(rf'value="{esi}" checked', page)
    review = write(client, numbers="", contacts=esi)
    assert "1 credit for 1 person" in client.get(review).text


@pytest.mark.usefixtures("_in_january")
def test_it_is_scheduled_by_the_accounts_clock(client: FlaskClient, ama: Member) -> None:
    ama.account.timezone = "Asia/Tokyo"
    db.session.commit()
    review = write(client, when="later", later="2027-02-03T08:30")
    page = client.get(review).text
    assert "3 Feb 2027, 08:30" in page
    sent = fill(client, review, to=review.replace("review", "send"), **offer(page))
    [message] = db.session.scalars(select(Message))
    assert message.status is MessageStatus.SCHEDULED
    assert f"{message.scheduled_at:%Y-%m-%dT%H:%M}" == "2027-02-02T23:30"
    assert "It will be sent on" in client.get(sent.location).text


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [
        ({"text": " "}, "Write the message"),
        ({"numbers": ""}, "Choose who gets it"),
        ({"numbers": "12"}, "cannot be sent to"),
        ({"numbers": "\n".join(phones(1001))}, "at most 1,000 can be listed"),
        ({"when": "later", "later": ""}, "Give the day and the time"),
        ({"when": "now", "later": "2027-01-01T10:00"}, "Choose one of them"),
        ({"when": "later", "later": "soon"}, "Give the day and the time"),
        ({"when": "later", "later": "2020-01-01T10:00"}, "That time has passed"),
        ({"when": "later", "later": "0001-01-01T00:00"}, "time"),
        ({"when": "later", "later": "9999-12-31T23:59"}, "more than a year ahead"),
        ({"when": "later", "later": "2027-01-01T00:00+09:00"}, "Give the day and the time"),
        ({"text": "Hi {{first"}, "{{"),
        ({"text": "Hi {{nothing}}"}, "cannot get a text of their own"),
        ({"text": "x" * 919}, "918"),
        ({"text": "a\0b"}, "cannot be sent"),
        ({"groups": "grp_nothing"}, "There is no group"),
        ({"contacts": "cnt_nothing"}, "There is no contact"),
        ({"people_of": "cnothing"}, "There is no message"),
        ({"sender": "NotMine"}, "NotMine"),
    ],
)
def test_what_is_missing_is_said_at_the_page(
    client: FlaskClient, fields: dict[str, str], complaint: str
) -> None:
    review = write(client, **fields)
    answer = client.get(review)
    assert answer.status_code == 400
    said = re.findall(r'role="alert">([^<]+)', answer.text)
    assert any(complaint in one.replace("&#39;", "'") for one in said), (complaint, said)
    fill(client, "/campaigns", to=review.replace("review", "send"), version="1", price="1")
    assert count(Message) == 0


@pytest.mark.usefixtures("_in_january")
@pytest.mark.parametrize(
    ("later", "complaint"),
    [("2027-03-28T01:30", "does not exist"), ("2027-10-31T01:30", "comes twice")],
)
def test_a_time_that_the_clock_leaves_out_or_repeats_is_refused(
    client: FlaskClient, ama: Member, later: str, complaint: str
) -> None:
    ama.account.timezone = "Europe/London"
    db.session.commit()
    review = write(client, when="later", later=later)
    assert complaint in client.get(review).text


@pytest.mark.usefixtures("_in_january")
def test_it_goes_out_at_the_time_that_was_shown(client: FlaskClient, ama: Member) -> None:
    review = write(client, when="later", later="2027-02-03T12:00")
    offered = offer(client.get(review).text)
    people.edit_account(ama.account.id, timezone="Asia/Tokyo")  # an owner, in another tab
    sent = fill(client, review, to=review.replace("review", "send"), **offered)
    assert sent.location == review
    assert "time zone was changed" in client.get(review).text
    assert count(Message) == 0


def test_the_price_that_follows_belongs_to_the_text_that_is_shown(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flashsms.web.reviewing.AT_ONCE", 0)
    review = write(client, text="Sale on Monday")
    follows = re.search(r'hx-get="([^"]+)"', client.get(review).text)[1].replace("&amp;", "&")
    fill(client, "/campaigns/new", to=review.replace("/review", ""), **BASICS)
    answer = client.get(follows, headers=HTMX)
    assert answer.headers["HX-Refresh"] == "true"
    assert "price" not in answer.text


def test_a_draft_deleted_and_written_anew_is_looked_at_again(
    client: FlaskClient, ama: Member
) -> None:
    review = write(client)
    draft, offered = review.replace("/review", ""), offer(client.get(review).text)
    fill(client, "/campaigns/new", to=f"{draft}/delete")
    fill(client, "/campaigns/new", to=draft, **(BASICS | {"text": "Never reviewed"}))
    assert fill(client, review, to=f"{draft}/send", **offered).location == review
    assert count(Message) == 0


@pytest.mark.parametrize("version", ["2147483648", "99999999999999999999", "-1", "x"])
def test_a_version_that_no_draft_can_have_is_refused(client: FlaskClient, version: str) -> None:
    review = write(client)
    fields = {"version": version, "price": "1", "starts_at": "soon"}
    sent = fill(client, review, to=review.replace("review", "send"), **fields)
    assert sent.location == review
    assert count(Message) == 0


def test_a_group_deleted_since_the_review_leads_back_to_the_draft(
    client: FlaskClient, ama: Member
) -> None:
    group = contacts.groups.create(ama.account.id, "Old")
    contacts.add(ama.account.id, [Draft("233241234567")], group.id)
    review = write(client, groups=group.public_id, numbers="")
    offered = offer(client.get(review).text)
    contacts.groups.delete(ama.account.id, group.public_id)
    sent = fill(client, "/campaigns", to=review.replace("review", "send"), **offered)
    assert sent.location == review.replace("/review", "")
    assert "There is no group" in client.get(sent.location).text


def test_cheapening_does_not_undo_what_another_tab_wrote(ama: Member) -> None:
    draft = drafts.save(ama.account.id, drafts.new_id(), drafts.Wish(text="one"))
    other = drafts.save(ama.account.id, draft.public_id, drafts.Wish(text="another"))
    with pytest.raises(DomainError, match="changed meanwhile"):
        drafts.save(
            ama.account.id, draft.public_id, drafts.Wish(text="old"), over=other.version - 1
        )
    assert drafts.find(ama.account.id, draft.public_id).wish["text"] == "another"


def test_everything_that_is_missing_is_said_at_once(client: FlaskClient) -> None:
    page = client.get(write(client, text="", numbers="")).text
    assert "Write the message" in page
    assert "Choose who gets it" in page


@pytest.mark.parametrize(
    ("fields", "complaint"),
    [({"name": "x" * 121}, "at most 120"), ({"text": "x" * 10_001}, "918 can be sent")],
)
def test_what_is_too_large_to_keep_is_refused(
    client: FlaskClient, fields: dict[str, str], complaint: str
) -> None:
    place = f"/campaigns/drafts/{drafts.new_id()}"
    answer = fill(client, "/campaigns/new", to=place, do="save", **(BASICS | fields))
    assert answer.status_code == 400
    assert complaint in answer.text
    assert count(CampaignDraft) == 0


def test_a_draft_needs_an_id_of_ours(client: FlaskClient) -> None:
    for draft_id in ("new", "drf_", "drf_%00", "drf_" + "x" * 60, "<b>"):
        place = f"/campaigns/drafts/{draft_id}"
        assert fill(client, "/campaigns/new", to=place, **BASICS).status_code in (404, 400)
        assert client.get(place).status_code == 404
        assert client.get(f"{place}/review").status_code == 404
    assert count(CampaignDraft) == 0


def test_another_accounts_draft_is_not_found(client: FlaskClient, kofi: Member) -> None:
    theirs = drafts.new_id()
    drafts.save(kofi.account.id, theirs, drafts.Wish(text="Secret", everybody=True))
    place = f"/campaigns/drafts/{theirs}"
    assert client.get(place).status_code == 404
    assert client.get(f"{place}/review").status_code == 404
    for path in ("delete", "send", "cheapen"):
        answer = fill(client, "/campaigns/new", to=f"{place}/{path}", version="1", price="0")
        assert answer.status_code == 404, path
    fill(client, "/campaigns/new", to=place, **BASICS)
    assert drafts.find(kofi.account.id, theirs).wish["text"] == "Secret"


def test_nobody_is_texted_who_opted_out(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201234567", "Esi")])
    opt_outs.opt_out(ama.account.id, "233201234567", OptSource.REPLY)
    page = client.get(write(client, everybody="yes")).text
    assert "1 credit for 1 person" in page
    assert "1, left out" in page


def test_too_few_credits_are_said_before_sending(client: FlaskClient, ama: Member) -> None:
    contacts.add(ama.account.id, [Draft(phone) for phone in phones(1001)])
    page = client.get(write(client, everybody="yes")).text
    assert "2 credits more are needed" in page
    assert '/send"' not in page


def test_the_exact_price_of_many_follows_the_page(
    client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("flashsms.web.reviewing.AT_ONCE", 0)
    review = write(client)
    page = client.get(review).text
    assert 'hx-trigger="load"' in page
    assert '/send"' not in page
    follows = re.search(r'hx-get="([^"]+)"', page)[1].replace("&amp;", "&")
    part = client.get(follows, headers=HTMX).text.strip()
    assert part.startswith('<section class="card" id="summary"')
    assert offer(part) == offer(client.get(f"{review}?now=yes").text)


def test_script_in_any_field_is_text(client: FlaskClient, ama: Member) -> None:
    contacts.groups.create(ama.account.id, SCRIPT)
    templates.create(ama.account.id, SCRIPT, SCRIPT)
    contacts.add(ama.account.id, [Draft("233201234567", SCRIPT, SCRIPT)])
    review = write(client, name=SCRIPT, text="{{firstName|x}} " + SCRIPT, everybody="yes")
    draft = review.replace("/review", "")
    for path in (draft, review, "/campaigns", "/campaigns/new"):
        assert SCRIPT not in client.get(path).text, path
    csrf = token(client, "/campaigns/new")
    for path in ("glance", "picker"):
        data = {"csrf_token": csrf, "text": SCRIPT, "find": SCRIPT, "sender": SCRIPT}
        part = client.post(f"{draft}/{path}", data=data | {"everybody": "yes"}, headers=HTMX)
        assert SCRIPT not in part.text, path


def test_drafts_are_bounded(client: FlaskClient, ama: Member) -> None:
    for _ in range(drafts.MOST):
        drafts.save(ama.account.id, drafts.new_id(), drafts.Wish(text="x"))
    place = f"/campaigns/drafts/{drafts.new_id()}"
    answer = fill(client, "/campaigns/new", to=place, do="save", **BASICS)
    assert answer.status_code == 400
    assert "Delete some" in answer.text
    assert count(CampaignDraft) == drafts.MOST
