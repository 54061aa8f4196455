"""Messages that know the reader's name: own texts, own prices, no raw placeholder sent."""

from collections.abc import Callable

import pytest
from sqlalchemy import select

from flashsms.extensions import db
from flashsms.models import Message, Recipient
from flashsms.services import contacts, sending, templates
from flashsms.services.contacts import Draft
from flashsms.services.errors import DomainError, InsufficientCredits, NotFound
from flashsms.services.sending import Order
from tests.factories import Member, ledger_sum, phones
from tests.scripted import ScriptedSessions


@pytest.fixture
def book(ama: Member) -> None:
    """Three people: one with everything, one with only a first name, one with only a number."""
    contacts.add(
        ama.account.id,
        [
            Draft("233201111111", "Ama", "Mensah", fields={"town": "Kumasi"}),
            Draft("233202222222", "Kofi"),
            Draft("233203333333"),
        ],
    )


def texts(message: Message) -> dict[str, str | None]:
    """Return each recipient's own text by number."""
    found = select(Recipient.phone, Recipient.text).where(Recipient.message_id == message.id)
    return {phone: text for phone, text in db.session.execute(found)}


@pytest.mark.usefixtures("book")
def test_each_recipient_gets_a_text_of_their_own(ama: Member) -> None:
    accepted = sending.accept(
        ama.account.id,
        Order(text="Hi {{firstName|there}} of {{town|Ghana}}, {{name|friend}}!", everybody=True),
    )
    assert texts(accepted.message) == {
        "233201111111": "Hi Ama of Kumasi, Ama Mensah!",
        "233202222222": "Hi Kofi of Ghana, Kofi!",
        "233203333333": "Hi there of Ghana, friend!",
    }
    assert accepted.message.text == "Hi {{firstName|there}} of {{town|Ghana}}, {{name|friend}}!"


@pytest.mark.usefixtures("book")
def test_who_lacks_a_value_is_reported_and_left_out(ama: Member) -> None:
    accepted = sending.accept(
        ama.account.id, Order(text="{{firstName}}, come to {{town}}!", everybody=True)
    )
    assert texts(accepted.message) == {"233201111111": "Ama, come to Kumasi!"}
    assert accepted.left_out.skipped_count == 2
    assert dict(accepted.left_out.skipped) == {
        "233202222222": "There is no value for town.",
        "233203333333": "There is no value for firstName, town.",
    }
    assert ama.balance == ledger_sum(ama.account) == 999


def test_a_text_without_placeholders_is_stored_once(ama: Member) -> None:
    message = sending.accept(ama.account.id, Order(text="Hi", recipients=phones(3))).message
    assert set(texts(message).values()) == {None}
    assert not message.personalised


@pytest.mark.usefixtures("book")
def test_a_listed_number_is_greeted_by_name_if_it_is_known(ama: Member, kofi: Member) -> None:
    order = Order(text="Hi {{firstName|you}}", recipients=["0201111111", "0209999999"])
    assert texts(sending.accept(ama.account.id, order).message) == {
        "233201111111": "Hi Ama",
        "233209999999": "Hi you",
    }
    strangers = texts(sending.accept(kofi.account.id, order).message)
    assert set(strangers.values()) == {"Hi you"}


def test_each_recipient_is_priced_by_their_own_text(ama: Member) -> None:
    contacts.add(
        ama.account.id,
        [
            Draft("233201111111", "Al"),
            Draft("233202222222", "A" * 100),
            Draft("233203333333", "Ɛsi"),
        ],
    )
    accepted = sending.accept(
        ama.account.id, Order(text="{{firstName}} " + "x" * 100, everybody=True)
    )
    found = db.session.execute(select(Recipient.phone, Recipient.parts, Recipient.credits))
    assert {tuple(one) for one in found} == {
        ("233201111111", 1, 1),
        ("233202222222", 2, 2),
        ("233203333333", 2, 2),
    }
    assert (accepted.credits, accepted.message.parts, accepted.balance) == (5, 2, 995)


def test_a_value_that_looks_like_a_placeholder_is_never_sent(ama: Member) -> None:
    people = [Draft("233201111111", "{{lastName}}", "Boss"), Draft("233202222222", "Kofi {", "B")]
    contacts.add(ama.account.id, people)
    accepted = sending.accept(ama.account.id, Order(text="{{firstName}}!", everybody=True))
    assert texts(accepted.message) == {"233202222222": "Kofi {!"}
    assert "{{ or }}" in accepted.left_out.skipped[0].reason
    for code in ("{{firstName}}", "lastName}}"):
        order = Order(text="Code {{code}}", variables={"code": code}, recipients=phones(1))
        with pytest.raises(DomainError, match="the values would write"):
            sending.accept(ama.account.id, order)


def test_too_long_an_own_text_leaves_its_recipient_out(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft("233201111111", "A" * 100), Draft("233202222222", "Kofi")])
    accepted = sending.accept(
        ama.account.id, Order(text="{{firstName}}" + "x" * 900, everybody=True)
    )
    assert accepted.recipients == 1
    assert "1,000 characters" in accepted.left_out.skipped[0].reason


def test_nobody_with_a_value_is_a_refusal_that_says_where(ama: Member) -> None:
    with pytest.raises(DomainError, match=r"\{\{code\}\} at character 11"):
        sending.accept(ama.account.id, Order(text="Your code {{code}}", recipients=["0201234567"]))
    assert ama.balance == 1000


@pytest.mark.parametrize(
    "text", ["Hi {{", "Hi {{first name}}", "Hi }}", "{{}}", "Hi {{firstname}}"]
)
def test_a_broken_placeholder_is_refused_with_its_position(ama: Member, text: str) -> None:
    with pytest.raises(DomainError, match=r"[Cc]haracter"):
        sending.accept(ama.account.id, Order(text=text, recipients=["0201234567"]))


@pytest.mark.usefixtures("book")
def test_a_template_with_variables_is_a_text(ama: Member, kofi: Member) -> None:
    template = templates.create(
        ama.account.id, "Code", "{{firstName|Hello}}, your code is {{code}}."
    )
    order = Order(
        template=template.public_id, variables={"code": "4711"}, recipients=["0201111111"]
    )
    accepted = sending.accept(ama.account.id, order)
    assert texts(accepted.message) == {"233201111111": "Ama, your code is 4711."}
    assert accepted.message.text == "{{firstName|Hello}}, your code is 4711."
    with pytest.raises(NotFound):
        sending.accept(kofi.account.id, order)


def test_values_for_every_placeholder_make_a_text_for_all(ama: Member) -> None:
    message = sending.accept(
        ama.account.id, Order(text="Code {{code}}", variables={"code": "1"}, recipients=phones(2))
    ).message
    assert (message.text, message.personalised) == ("Code 1", False)


def test_a_value_for_no_placeholder_is_refused(ama: Member) -> None:
    with pytest.raises(DomainError, match=r"no placeholder \{\{cdoe\}\}"):
        sending.accept(
            ama.account.id,
            Order(text="Code {{code}}", variables={"cdoe": "1"}, recipients=phones(1)),
        )


def test_credits_that_arrive_meanwhile_do_not_pay_for_half(
    ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    contacts.add(ama.account.id, [Draft(phone, "A") for phone in phones(1200)])
    monkeypatch.setattr("flashsms.services.sending.personal.BATCH", 500)
    monkeypatch.setattr("flashsms.services.sending.storing.balance_of", lambda _: 600)
    with pytest.raises(InsufficientCredits, match="1,200"):
        sending.accept(ama.account.id, Order(text="Hi {{firstName}}", everybody=True))
    assert db.session.scalar(select(Message.id)) is None


def test_only_what_lacks_a_value_is_pointed_at(ama: Member) -> None:
    order = Order(text="{{a|x}} {{e|y}} {{town}}", recipients=["0201234567"])
    with pytest.raises(DomainError, match=r"See \{\{town\}\} at character 17\.\)"):
        sending.accept(ama.account.id, order)


def test_too_few_credits_say_how_many_are_needed(ama: Member) -> None:
    contacts.add(ama.account.id, [Draft(phone, "A" * 100) for phone in phones(600)])
    with pytest.raises(InsufficientCredits, match="1,200"):
        sending.accept(ama.account.id, Order(text="{{firstName}}" * 2, everybody=True))
    assert db.session.scalar(select(Message.id)) is None
    assert ama.balance == ledger_sum(ama.account) == 1000


@pytest.mark.usefixtures("book")
def test_the_carrier_is_given_each_own_text(
    ama: Member, wire: ScriptedSessions, run_jobs: Callable[[], int]
) -> None:
    sending.accept(ama.account.id, Order(text="Hi {{firstName|you}}", everybody=True))
    run_jobs()
    assert sorted((one.to, one.text) for one in wire.submitted) == [
        ("233201111111", "Hi Ama"),
        ("233202222222", "Hi Kofi"),
        ("233203333333", "Hi you"),
    ]
