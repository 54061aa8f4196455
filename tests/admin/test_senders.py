"""Sender IDs as operators decide about them."""

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Barrier

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from flashsms.admin import senders as view
from flashsms.extensions import db
from flashsms.models import AuditEntry, Sender, SenderStatus
from flashsms.services import audit, protected_names, sender_reviews, senders
from flashsms.services.audit import Action
from flashsms.services.errors import DomainError
from tests.factories import Member, member
from tests.web.browsing import fill, token

SCRIPT = '<script>alert("x")</script>'
QUEUE = "/admin/sender-ids"
DECISIONS = (Action.SENDER_APPROVED, Action.SENDER_REJECTED)


def ask(who: Member, *names: str, purpose: str = "Offers") -> list[str]:
    """Request sender IDs, and return their ids."""
    return [senders.request(who.account.id, name, purpose).public_id for name in names]


def standing(public_id: str) -> tuple[SenderStatus, str | None]:
    db.session.commit()
    query = select(Sender.status, Sender.reason).where(Sender.public_id == public_id)
    found = db.session.execute(query).one()
    return found.status, found.reason


def decisions() -> list[AuditEntry]:
    """What the audit log says now about decisions, the oldest first."""
    db.session.commit()
    query = select(AuditEntry).where(AuditEntry.action.in_(DECISIONS)).order_by(AuditEntry.id)
    return list(db.session.scalars(query))


def listed(page: str) -> list[str]:
    return re.findall(r'<span class="fw-medium text-nowrap">([^<]+)</span>', page)


def approve_ticked(client: FlaskClient, *ids: str) -> str:
    """Tick boxes of the queue, press the button, and return the page that follows."""
    form = {"csrf_token": token(client, QUEUE), "sender": list(ids)}
    answer = client.post(f"{QUEUE}/approve", data=form)
    assert answer.status_code == 302
    return client.get(answer.location).text


@contextmanager
def statements() -> Iterator[list[str]]:
    ran: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        ran.append(statement)

    event.listen(db.engine, "before_cursor_execute", note)
    yield ran
    event.remove(db.engine, "before_cursor_execute", note)


def test_without_requests_the_pages_say_so(operator: FlaskClient) -> None:
    assert "Nothing waits" in operator.get(QUEUE).text
    assert "Protected in every installation" in operator.get(f"{QUEUE}/protected").text


def test_the_queue_shows_who_asks_for_what_the_oldest_first(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    ask(ama, "AmaShop", purpose="Order updates")
    ask(kofi, "M7N Promo")
    page = operator.get(QUEUE).text
    assert listed(page) == ["AmaShop", "M7N Promo"]
    assert "Order updates" in page
    assert f"/admin/accounts/{ama.account.public_id}" in page
    assert "looks like MTN" in page
    assert 'aria-label="Approve AmaShop of Ama"' in page
    assert 'aria-label="Approve M7N Promo of Kofi"' not in page


def test_the_queue_is_divided_into_pages_both_ways(
    operator: FlaskClient, ama: Member, kofi: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 2)
    for number in range(3):
        ask(ama, f"Ama {number}")
        ask(kofi, f"Kofi {number}")
    path, pages = QUEUE, []
    while path:
        pages.append(operator.get(path).text)
        onwards = re.search(r'rel="next" href="([^"]+)"', pages[-1])
        path = onwards[1] if onwards else ""
    names = [listed(page) for page in pages]
    assert names == [["Ama 0", "Kofi 0"], ["Ama 1", "Kofi 1"], ["Ama 2", "Kofi 2"]]
    back = re.search(r'rel="prev" href="([^"]+)"', pages[2])
    assert back
    second = operator.get(back[1]).text
    assert listed(second) == names[1]
    back = re.search(r'rel="prev" href="([^"]+)"', second)
    assert back
    first = operator.get(back[1]).text
    assert listed(first) == names[0]
    assert 'rel="prev"' not in first
    assert 'rel="next"' in first


def test_requests_of_the_same_moment_are_all_listed(
    operator: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 2)
    ids = ask(ama, *(f"Shop {number}" for number in range(5)))
    moment = db.session.scalar(select(Sender.created_at).where(Sender.public_id == ids[0]))
    db.session.query(Sender).update({"created_at": moment})
    db.session.commit()
    seen, after = [], None
    while True:
        found = sender_reviews.waiting(2, after=after)
        seen += [review.sender.public_id for review in found.items]
        if not found.after:
            break
        after = seen[-1]
    assert seen == ids


def test_one_is_approved_and_can_be_sent_under(operator: FlaskClient, ama: Member) -> None:
    [sender] = ask(ama, "AmaShop")
    answer = fill(operator, QUEUE, to=f"{QUEUE}/{sender}/approve")
    assert answer.location == QUEUE
    assert "AmaShop was approved" in operator.get(QUEUE).text
    assert standing(sender) == (SenderStatus.APPROVED, None)
    assert senders.choose(ama.account.id, "amashop") == "AmaShop"
    [entry] = decisions()
    assert (entry.action, entry.subject) == (Action.SENDER_APPROVED, "AmaShop")
    assert (entry.actor, entry.account_id) == ("boss@example.com", ama.account.id)
    assert (entry.before, entry.after) == ({"status": "PENDING"}, {"status": "APPROVED"})


def test_one_is_rejected_for_a_reason(operator: FlaskClient, ama: Member) -> None:
    [sender] = ask(ama, "AmaShop")
    path = f"{QUEUE}/{sender}"
    answer = fill(operator, path, to=f"{path}/reject", reason=" Say what for. ")
    assert answer.location == QUEUE
    assert standing(sender) == (SenderStatus.REJECTED, "Say what for.")
    [entry] = decisions()
    assert entry.action == Action.SENDER_REJECTED
    assert entry.after == {"status": "REJECTED", "reason": "Say what for."}


@pytest.mark.parametrize("reason", ["", " ", "two\nlines", "a\0b", "x" * 201])
def test_a_rejection_needs_a_reason(operator: FlaskClient, ama: Member, reason: str) -> None:
    [sender] = ask(ama, "AmaShop")
    path = f"{QUEUE}/{sender}"
    answer = fill(operator, path, to=f"{path}/reject", reason=reason)
    assert answer.status_code == 400
    assert 'id="reason-hint"' in answer.text
    assert standing(sender) == (SenderStatus.PENDING, None)
    assert decisions() == []


def test_a_look_alike_needs_proof(operator: FlaskClient, ama: Member) -> None:
    [sender] = ask(ama, "MTN Ghana")
    path = f"{QUEUE}/{sender}"
    assert "This name looks like MTN, which is protected" in operator.get(path).text
    answer = fill(operator, path, to=f"{path}/approve")
    assert answer.status_code == 400
    assert "only with proof" in answer.text
    assert standing(sender)[0] is SenderStatus.PENDING
    assert decisions() == []
    assert fill(operator, path, to=f"{path}/approve", proven="y").status_code == 302
    assert standing(sender)[0] is SenderStatus.APPROVED
    [entry] = decisions()
    assert entry.after == {"status": "APPROVED", "looks like": "MTN"}


def test_a_name_that_was_protected_meanwhile_needs_proof(
    operator: FlaskClient, ama: Member
) -> None:
    [sender] = ask(ama, "KumasiWater")
    protected_names.add("Kumasi Water")
    answer = fill(operator, QUEUE, to=f"{QUEUE}/{sender}/approve")
    assert answer.status_code == 400
    assert standing(sender)[0] is SenderStatus.PENDING


def test_many_are_approved_with_one_entry_each(
    operator: FlaskClient, ama: Member, kofi: Member
) -> None:
    ids = [*ask(ama, "Ama 1", "Ama 2"), *ask(kofi, "Kofi 1")]
    [left] = ask(kofi, "Not this")
    page = approve_ticked(operator, *ids)
    assert "3 sender IDs were approved." in page
    assert listed(page) == ["Not this"]
    assert [standing(one)[0] for one in ids] == [SenderStatus.APPROVED] * 3
    assert standing(left)[0] is SenderStatus.PENDING
    entries = decisions()
    assert sorted(entry.subject for entry in entries) == ["Ama 1", "Ama 2", "Kofi 1"]
    assert {entry.action for entry in entries} == {Action.SENDER_APPROVED}
    assert {entry.actor for entry in entries} == {"boss@example.com"}
    assert {entry.account_id for entry in entries} == {ama.account.id, kofi.account.id}


def test_many_leave_out_look_alikes_and_say_which(operator: FlaskClient, ama: Member) -> None:
    good, bad, worse = ask(ama, "AmaShop", "M7N Promo", "GCB Pay")
    page = approve_ticked(operator, good, bad, worse)
    assert "1 sender ID was approved." in page
    left = "Left out: M7N Promo (looks like MTN), GCB Pay (looks like GCB)."
    assert f"{left} Approve each alone, with proof." in page
    assert [standing(one)[0] for one in (good, bad, worse)] == [
        SenderStatus.APPROVED,
        SenderStatus.PENDING,
        SenderStatus.PENDING,
    ]
    assert [entry.subject for entry in decisions()] == ["AmaShop"]


def test_many_leave_what_somebody_else_decided(operator: FlaskClient, ama: Member) -> None:
    first, second, third = ask(ama, "First", "Second", "Third")
    senders.reject(first, "No.")
    senders.approve(second)
    page = approve_ticked(operator, first, second, third, "sid_nothing", "sid_\0")
    assert "1 sender ID was approved." in page
    assert "and left so: First (rejected), Second (approved)." in page
    assert standing(first) == (SenderStatus.REJECTED, "No.")
    assert len(decisions()) == 3


@pytest.mark.parametrize(
    ("ids", "said"),
    [((), "Select sender IDs first"), (("sid_x", "\0"), "None of these sender IDs is there")],
)
def test_nothing_is_approved_of_nothing(
    operator: FlaskClient, ama: Member, ids: tuple[str, ...], said: str
) -> None:
    ask(ama, "AmaShop")
    assert said in approve_ticked(operator, *ids)
    assert decisions() == []


def test_too_many_at_once_are_refused(operator: FlaskClient, ama: Member) -> None:
    [sender] = ask(ama, "AmaShop")
    many = [sender, *(f"sid_{number}" for number in range(sender_reviews.MOST_AT_ONCE))]
    form = {"csrf_token": token(operator, QUEUE), "sender": many}
    assert operator.post(f"{QUEUE}/approve", data=form).status_code == 400
    assert standing(sender)[0] is SenderStatus.PENDING


def test_many_cost_as_few_statements_as_two(app: Flask, ama: Member) -> None:
    counts = []
    for count in (2, 18):
        ids = ask(ama, *(f"Shop {count} {number}" for number in range(count)))
        with statements() as ran:
            assert len(sender_reviews.approve_many(ids).approved) == count
        counts.append(len(ran))
    assert counts[0] == counts[1] < 9
    assert len(decisions()) == 20


def test_if_one_entry_fails_none_is_approved(
    app: Flask, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = ask(ama, "First", "Second")

    def fail(*_: object, **__: object) -> None:
        raise RuntimeError

    monkeypatch.setattr(audit, "record_many", fail)
    with pytest.raises(RuntimeError):
        sender_reviews.approve_many(ids)
    assert [standing(one)[0] for one in ids] == [SenderStatus.PENDING] * 2
    assert decisions() == []


def test_of_two_operators_the_second_is_told(operator: FlaskClient, ama: Member) -> None:
    first, second = ask(ama, "First", "Second")
    seen = token(operator, f"{QUEUE}/{first}")
    senders.reject(first, "Too vague.")
    senders.approve(second)
    form = {"csrf_token": seen, "reason": "No."}
    for path in (f"{first}/approve", f"{second}/reject"):
        answer = operator.post(f"{QUEUE}/{path}", data=form)
        assert answer.status_code == 302
        page = operator.get(answer.location).text
        assert "Somebody was faster: nothing was changed now." in page
    assert standing(first) == (SenderStatus.REJECTED, "Too vague.")
    assert standing(second) == (SenderStatus.APPROVED, None)
    assert len(decisions()) == 2


def test_of_two_operators_who_approve_the_same_each_is_approved_once(
    app: Flask, ama: Member
) -> None:
    ids = ask(ama, *(f"Shop {number}" for number in range(10)))
    start = Barrier(4)

    def decide(turn: int) -> int:
        with app.app_context():
            start.wait(10)
            try:
                return len(sender_reviews.approve_many(ids[::-1] if turn % 2 else ids).approved)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(decide, range(4))) == [0, 0, 0, 10]
    assert len(decisions()) == 10


def test_what_was_decided_is_listed_and_found(
    operator: FlaskClient, ama: Member, kofi: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(view, "LIMIT", 2)
    ask(ama, "Waits")
    for sender in ask(kofi, "Yes 1", "Yes 2"):
        senders.approve(sender)
    senders.reject(ask(ama, "No 1")[0], "Too <b>vague</b>")
    first = operator.get(f"{QUEUE}/decided").text
    assert listed(first) == ["No 1", "Yes 2"]
    assert "Too &lt;b&gt;vague&lt;/b&gt;" in first
    onwards = re.search(r'rel="next" href="([^"]+)"', first)
    assert onwards
    second = operator.get(onwards[1]).text
    assert listed(second)[:1] == ["Yes 1"]
    assert "Waits" not in first + second
    assert listed(operator.get(f"{QUEUE}/decided?q=ES+1").text) == ["Yes 1"]


@pytest.mark.parametrize("search", ["%25", "_", "%00", "nobody", "%5C", "x" * 500])
def test_a_search_takes_what_is_typed_literally(
    operator: FlaskClient, ama: Member, search: str
) -> None:
    answer = operator.get(f"{QUEUE}/decided?q={search}")
    assert answer.status_code == 200
    assert listed(answer.text) == (["MyBrand", "MyBrand"] if search == "%00" else [])


def test_a_search_looks_back_a_stretch_at_a_time(
    operator: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender_reviews, "LOOKED_THROUGH", 3)
    for name in ("Needle", *(f"Hay {number}" for number in range(5))):
        senders.add_approved(ama.account.id, name)
    page, looks = operator.get(f"{QUEUE}/decided?q=needle").text, 1
    while "Look further back" in page:
        assert listed(page) == []
        onwards = re.search(r'rel="next" href="([^"]+)"', page)
        assert onwards
        page = operator.get(onwards[1].replace("&amp;", "&")).text
        looks += 1
        if listed(page):
            break
    assert (listed(page), looks) == (["Needle"], 2)


def test_an_approved_one_is_withdrawn_and_approved_after_all(
    operator: FlaskClient, ama: Member
) -> None:
    [sender] = ask(ama, "AmaShop")
    senders.approve(sender)
    path = f"{QUEUE}/{sender}"
    assert 'name="overrule" value="yes"' in operator.get(path).text
    reject = {"reason": "Complaints.", "overrule": "yes"}
    assert fill(operator, path, to=f"{path}/reject", **reject).location == f"{QUEUE}/decided"
    assert "AmaShop was withdrawn." in operator.get(f"{QUEUE}/decided").text
    with pytest.raises(DomainError, match="Complaints"):
        senders.choose(ama.account.id, "AmaShop")
    assert fill(operator, path, to=f"{path}/approve", overrule="yes").status_code == 302
    assert standing(sender) == (SenderStatus.APPROVED, None)
    assert [(entry.before, entry.after) for entry in decisions()[1:]] == [
        ({"status": "APPROVED"}, {"status": "REJECTED", "reason": "Complaints."}),
        ({"status": "REJECTED"}, {"status": "APPROVED"}),
    ]


def test_a_withdrawn_look_alike_needs_proof_again(operator: FlaskClient, ama: Member) -> None:
    [sender] = ask(ama, "MTN Ghana")
    senders.reject(sender, "No.")
    path = f"{QUEUE}/{sender}"
    assert fill(operator, path, to=f"{path}/approve", overrule="yes").status_code == 400
    assert fill(operator, path, to=f"{path}/approve", overrule="yes", proven="y").location


def test_script_in_what_accounts_wrote_is_text(operator: FlaskClient, ama: Member) -> None:
    stranger = member(SCRIPT, "script@example.com")
    [sender] = ask(stranger, "Script", purpose=SCRIPT)
    for path in (QUEUE, f"{QUEUE}/{sender}"):
        assert SCRIPT not in operator.get(path).text
        assert "&lt;script&gt;" in operator.get(path).text
    senders.reject(sender, SCRIPT)
    for path in (f"{QUEUE}/decided", f"{QUEUE}/{sender}"):
        assert SCRIPT not in operator.get(path).text


@pytest.mark.parametrize("sender", ["sid_nothing", "%00", "x" * 3000])
def test_an_unknown_sender_is_a_404(operator: FlaskClient, sender: str) -> None:
    assert operator.get(f"{QUEUE}/{sender}").status_code == 404
    form = {"csrf_token": token(operator, f"{QUEUE}/protected"), "reason": "No."}
    for verb in ("approve", "reject"):
        assert operator.post(f"{QUEUE}/{sender}/{verb}", data=form).status_code == 404
    assert operator.get(f"{QUEUE}?after={sender}").status_code == 404
    assert operator.get(f"{QUEUE}/decided?after={sender}").status_code == 404


def test_a_name_is_protected_and_released(operator: FlaskClient) -> None:
    path = f"{QUEUE}/protected"
    assert fill(operator, path, name="Kumasi <b>").location == path
    page = operator.get(path).text
    assert "Kumasi &lt;b&gt; is protected now." in page
    [name] = protected_names.added()
    remove = f"{path}/{name.public_id}/remove"
    asked = fill(operator, path, to=remove)
    assert "Remove this name?" in asked.text
    assert len(protected_names.added()) == 1
    assert fill(operator, path, to=remove, sure="yes").location == path
    db.session.commit()
    assert protected_names.added() == []
    assert fill(operator, path, to=remove, sure="yes").status_code == 404


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Enter the name to protect."),
        ("MTN", "is protected in every installation."),
        ("x", "Name must have 2 or more letters"),
        ("a\0b", "Name must be one line"),
        ("x" * 41, "Use at most 40 characters."),
    ],
)
def test_what_cannot_be_protected_is_said(operator: FlaskClient, name: str, said: str) -> None:
    answer = fill(operator, f"{QUEUE}/protected", name=name)
    assert answer.status_code == 400
    assert said in answer.text
