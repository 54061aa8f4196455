"""Owners say which words do something, and what they answer."""

from flask.testing import FlaskClient
from sqlalchemy import select

from flashsms.extensions import db, transaction
from flashsms.models import AuditEntry, InboundKind, InboundWords, Role
from flashsms.services import accounts, inbound
from tests.factories import Member
from tests.web.browsing import fill, sign_in

USUAL = {
    "stop_words": "STOP STOPALL UNSUBSCRIBE CANCEL END QUIT",
    "stop_answer": "Ama: you get no more messages from us. Reply START to get them again.",
    "start_words": "START UNSTOP",
    "start_answer": "Ama: you get our messages again. Reply STOP to get no more messages.",
    "help_words": "HELP INFO",
    "help_answer": "Ama: call 0201234567 for help. Reply STOP to get no more messages.",
}


def test_an_owner_changes_words_and_answers(client: FlaskClient, ama: Member) -> None:
    inbound.numbers.add("1900", account="ama@example.com", carrier=None)
    sign_in(client, "ama@example.com")
    page = client.get("/settings/replies").text
    assert "1900" in page
    assert all(f'value="{USUAL[name]}"' in page for name in USUAL if name.endswith("words"))
    assert all(USUAL[name] in page for name in USUAL if name.endswith("answer"))
    saved = fill(client, "/settings/replies", **USUAL | {"start_words": "akwaaba, start"})
    assert saved.location == "/settings/replies"
    [entry] = db.session.scalars(select(AuditEntry).where(AuditEntry.action.startswith("words")))
    assert entry.account_id == ama.account.id
    assert entry.after["START words"] == "AKWAABA START"
    wording = inbound.words.of([ama.account.id])[ama.account.id]
    assert wording.kind_of("Akwaaba!") is InboundKind.START
    assert "Reply AKWAABA" in wording.answers[InboundKind.STOP]  # it follows the words
    assert "akwaaba" in client.get("/settings/activity").text.lower()


def test_what_is_usual_is_not_stored(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")
    fill(client, "/settings/replies", **USUAL)
    assert db.session.scalar(select(InboundWords)) is None
    db.session.commit()
    fill(client, "/settings/replies", **USUAL | {"help_answer": "", "help_words": "boa"})
    [row] = db.session.scalars(select(InboundWords))
    assert (row.help_words, row.help_answer, row.stop_words, row.stop_answer) == (
        "boa",
        "",
        None,
        None,
    )


def test_a_fault_is_shown_at_its_field_and_nothing_is_saved(
    client: FlaskClient, ama: Member
) -> None:
    sign_in(client, "ama@example.com")
    answer = fill(client, "/settings/replies", **USUAL | {"help_words": "HELP STOP"})
    assert answer.status_code == 400
    assert 'id="help_words-hint">Words must not have' in answer.text
    assert db.session.scalar(select(InboundWords)) is None


def test_members_cannot(client: FlaskClient, ama: Member) -> None:
    with transaction():
        hashed = accounts.opening.hasher.hash("correct horse")
        accounts.add_user(ama.account.id, "esi@example.com", hashed, Role.MEMBER)
    sign_in(client, "esi@example.com")
    assert client.get("/settings/replies").status_code == 403
    assert "/settings/replies" not in client.get("/settings").text
