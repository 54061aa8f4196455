"""The models and the migrations say the same."""

from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, inspect, select, text

from flashsms.extensions import db
from flashsms.models import CreditDay, Message, ParkedReceipt, Recipient, Template
from flashsms.models.address_search import is_modelled
from flashsms.models.rows import is_postgresql
from flashsms.services import carriers, contacts, sending, system_templates
from flashsms.services.sending import Order
from tests.factories import Member, phones


def test_models_and_migrations_agree(app: Flask) -> None:
    with db.engine.connect() as connection:
        context = MigrationContext.configure(
            connection, opts={"compare_type": True, "include_name": is_modelled}
        )
        assert compare_metadata(context, db.metadata) == []


def test_migrating_twice_changes_nothing(app: Flask) -> None:
    upgrade()
    assert set(inspect(db.engine).get_table_names()) > {"messages", "recipients", "transactions"}


def test_the_migrations_can_be_undone(app: Flask) -> None:
    if is_postgresql():
        db.session.remove()
    downgrade(revision="base")
    assert set(inspect(db.engine).get_table_names()) <= {"alembic_version"}
    upgrade()


def test_an_installation_with_messages_goes_up_and_down(app: Flask, ama: Member) -> None:
    """What holds rows cannot be made anew by dropping it: others refer to it."""
    message = sending.accept(ama.account.id, Order(text="Hi", recipients=phones(3))).message
    contacts.add(ama.account.id, [contacts.Draft("233201234567", "Ama")])
    url = carriers.set_url("smpp://telco:hush@smsc.example.com:2775").url
    db.session.remove()
    downgrade(revision="0001")
    assert db.session.scalar(text("SELECT url FROM carriers")) != url  # in plain, as it was then
    db.session.remove()
    upgrade()
    found = db.session.scalars(select(Recipient.phone).where(Recipient.message_id == message.id))
    assert sorted(found) == phones(3)
    assert db.session.scalars(select(Message.personalised)).all() == [False]
    assert [one.url for one in carriers.in_order()] == ["smpp://telco:hush@smsc.example.com:2775"]
    assert db.session.scalar(select(func.sum(CreditDay.amount))) == ama.balance
    assert {name for name in db.session.scalars(select(Template.name))} >= {"Welcome"}


def test_parked_receipts_of_one_id_go_up_and_of_several_numbers_the_first_goes_down(
    app: Flask,
) -> None:
    parked = [
        ParkedReceipt(carrier_id=1, carrier_ref="1042", phone=phone, status="DELIVERED")
        for phone in phones(2)
    ]
    db.session.add_all(parked)
    db.session.commit()
    db.session.remove()
    downgrade(revision="0008")
    upgrade()
    assert db.session.scalars(select(ParkedReceipt.phone)).all() == phones(1)


def test_it_goes_down_although_a_secret_cannot_be_read_and_takes_no_draft_along(app: Flask) -> None:
    carriers.set_url("smpp://telco:hush@smsc.example.com:2775")
    system_templates.create("Draft", "Plans")
    app.config["SECRET_KEY"] = "another"
    db.session.remove()
    downgrade(revision="0005")
    upgrade()
    assert [one.url for one in carriers.every()] == [""]
    app.config["SECRET_KEY"] = "for tests only"
    db.session.commit()
    assert carriers.every()[0].url.startswith("smpp://telco:hush@")
    assert "Draft" not in db.session.scalars(select(Template.name)).all()
