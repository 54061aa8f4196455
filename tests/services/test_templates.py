"""Texts kept for use again, each account its own."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db, transaction
from flashsms.models import Template, now
from flashsms.services import templates
from flashsms.services.errors import DomainError, NotFound
from flashsms.text.segments import MAX_LENGTH
from tests.factories import Member

HELLO = "Hi {{name|there}}, your {{item}} is ready. {{name}}, see you!"


def names(account_id: int) -> list[str]:
    return [template.name for template in templates.every(account_id)]


def test_a_template_is_kept_as_it_was_given(ama: Member) -> None:
    made = templates.create(ama.account.id, "  Order ready ", HELLO + "\n")
    assert made.public_id.startswith("tpl_")
    db.session.expire_all()
    found = templates.find(ama.account.id, made.public_id)
    assert (found.name, found.content) == ("Order ready", HELLO + "\n")
    assert templates.variables(found) == ("name", "item")


def test_a_text_without_placeholders_is_a_template_too(ama: Member) -> None:
    made = templates.create(ama.account.id, "Closed", "We are {closed} today. Akwaaba! Ɛyɛ 😀")
    assert templates.variables(made) == ()


def test_templates_are_listed_by_name_whatever_its_case(ama: Member) -> None:
    for name in ("banku", "Akple", "Waakye", "apple"):
        templates.create(ama.account.id, name, "x")
    assert names(ama.account.id) == ["Akple", "apple", "banku", "Waakye"]


def test_templates_are_listed_page_by_page(ama: Member, kofi: Member) -> None:
    templates.create(kofi.account.id, "Azonto", "x")
    for name in ("banku", "Akple", "Waakye"):
        templates.create(ama.account.id, name, "x")
    shown = [templates.page(ama.account.id, number, 2) for number in (1, 2, 3)]
    assert [[one.name for one in page.items] for page in shown] == [
        ["Akple", "banku"],
        ["Waakye"],
        [],
    ]
    assert [(page.total, page.has_more) for page in shown] == [(3, True), (3, False), (3, False)]


def test_only_what_is_given_is_changed(ama: Member) -> None:
    made = templates.create(ama.account.id, "Order", HELLO)
    made_at = made.updated_at
    renamed = templates.edit(ama.account.id, made.public_id, name=" Order ready ")
    assert (renamed.name, renamed.content) == ("Order ready", HELLO)
    assert renamed.updated_at > made_at
    reworded = templates.edit(ama.account.id, made.public_id, content="Come, {{firstName}}")
    assert (reworded.name, reworded.content) == ("Order ready", "Come, {{firstName}}")
    assert reworded.created_at < reworded.updated_at
    db.session.expire_all()
    [stored] = templates.every(ama.account.id)
    assert (stored.name, stored.content) == ("Order ready", "Come, {{firstName}}")


def test_a_template_may_take_its_own_name_in_another_case(ama: Member) -> None:
    made = templates.create(ama.account.id, "order", HELLO)
    assert templates.edit(ama.account.id, made.public_id, name="ORDER").name == "ORDER"


def test_a_deleted_template_is_gone_and_its_name_free(ama: Member) -> None:
    made = templates.create(ama.account.id, "Order", HELLO)
    templates.delete(ama.account.id, made.public_id)
    with pytest.raises(NotFound):
        templates.find(ama.account.id, made.public_id)
    templates.create(ama.account.id, "Order", HELLO)
    assert names(ama.account.id) == ["Order"]


@pytest.mark.parametrize(
    "name", ["Order ready", "ORDER READY", " order   ready ", "Order\u00a0Ready"]
)
def test_an_account_has_a_name_once(ama: Member, name: str) -> None:
    templates.create(ama.account.id, "Order ready", HELLO)
    other = templates.create(ama.account.id, "Other", HELLO)
    for verb in (
        lambda: templates.create(ama.account.id, name, "x"),
        lambda: templates.edit(ama.account.id, other.public_id, name=name, content="x"),
    ):
        with pytest.raises(DomainError, match=name.strip()[:5]) as refused:
            verb()
        assert refused.value.code == "template_exists"
    assert names(ama.account.id) == ["Order ready", "Other"]
    assert templates.find(ama.account.id, other.public_id).content == HELLO


def test_names_with_accents_are_the_same_however_they_are_composed(ama: Member) -> None:
    templates.create(ama.account.id, "Caf\u00e9", "x")
    with pytest.raises(DomainError) as refused:
        templates.create(ama.account.id, "CAFE\u0301", "x")
    assert refused.value.code == "template_exists"


@pytest.mark.parametrize("name", ["", "  ", "x" * 101, "two\nlines", "a\0b", "\ud800", "a\u2028b"])
def test_a_bad_name_is_refused(ama: Member, name: str) -> None:
    made = templates.create(ama.account.id, "Order", HELLO)
    for verb in (
        lambda: templates.create(ama.account.id, name, "x"),
        lambda: templates.edit(ama.account.id, made.public_id, name=name),
    ):
        with pytest.raises(DomainError, match="name") as refused:
            verb()
        assert refused.value.code == "bad_template"
    assert names(ama.account.id) == ["Order"]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        ("", "must not be empty"),
        (" \n ", "must not be empty"),
        ("x" * (MAX_LENGTH + 1), "919 characters; it may have at most 918"),
        ("a\0b", "Character 2"),
        ("ab\ud83d", "Character 3"),
        ("Hi {{name", "Character 4"),
        ("Hi {{}}", "Character 4"),
        ("Hi }}", "Character 4"),
        ("Hi {{first name}}", "Character 4"),
        ("😀 {{firstname}}", r"Character 3: .*\{\{firstName\}\}"),
    ],
)
def test_a_bad_content_is_refused_with_its_position(
    ama: Member, content: str, sentence: str
) -> None:
    made = templates.create(ama.account.id, "Order", HELLO)
    for verb in (
        lambda: templates.create(ama.account.id, "New", content),
        lambda: templates.edit(ama.account.id, made.public_id, name="New", content=content),
    ):
        with pytest.raises(DomainError, match=f"^content.*{sentence}") as refused:
            verb()
        assert refused.value.code == "bad_template"
    assert names(ama.account.id) == ["Order"]


@pytest.mark.parametrize("content", ["😀" * MAX_LENGTH, "x" * MAX_LENGTH, "{{town|}}", "%_'\"\\"])
def test_any_other_content_is_kept(ama: Member, content: str) -> None:
    made = templates.create(ama.account.id, "x" * 100, content)
    db.session.expire_all()
    assert templates.find(ama.account.id, made.public_id).content == content


def test_the_longest_name_may_become_longer_without_case(ama: Member) -> None:
    made = templates.create(ama.account.id, "\u0390" * 100, "x")
    assert templates.find(ama.account.id, made.public_id).name == "\u0390" * 100


def verbs(account_id: int, public_id: str) -> list[Callable[[], object]]:
    """Return everything that names a template by its id."""
    return [
        lambda: templates.find(account_id, public_id),
        lambda: templates.edit(account_id, public_id, name="Mine"),
        lambda: templates.edit(account_id, public_id, content="Mine"),
        lambda: templates.delete(account_id, public_id),
    ]


def test_another_accounts_template_is_unknown_to_every_verb(ama: Member, kofi: Member) -> None:
    his = templates.create(kofi.account.id, "His", HELLO)
    for verb in verbs(ama.account.id, his.public_id):
        with pytest.raises(NotFound, match=his.public_id) as refused:
            verb()
        assert refused.value.code == "template_unknown"
    assert names(ama.account.id) == []
    db.session.expire_all()
    kept = templates.find(kofi.account.id, his.public_id)
    assert (kept.name, kept.content) == ("His", HELLO)


def test_two_accounts_can_have_the_same_name(ama: Member, kofi: Member) -> None:
    for member in (ama, kofi):
        templates.create(member.account.id, "Order", HELLO)
        assert names(member.account.id) == ["Order"]


@pytest.mark.parametrize("public_id", ["", "tpl_nothing", "tpl_\0", "\ud800", "x" * 5000])
def test_an_unknown_id_is_unknown(ama: Member, public_id: str) -> None:
    for verb in verbs(ama.account.id, public_id):
        with pytest.raises(NotFound, match="no template"):
            verb()


def add_system_template() -> Template:
    with transaction():
        aa = "aa from the system"
        template = Template(name=aa.title(), folded=aa, content=HELLO, published_at=now())
        db.session.add(template)
    return template


def test_the_dashboard_also_offers_the_systems_templates_after_its_own(
    ama: Member, kofi: Member
) -> None:
    offered = add_system_template()
    templates.create(kofi.account.id, "His", HELLO)
    templates.create(ama.account.id, "Zomi", HELLO)
    templates.create(ama.account.id, "Banku", HELLO)
    shown = templates.for_dashboard(ama.account.id)
    assert [template.name for template in shown[:2]] == ["Banku", "Zomi"]
    assert offered in shown[2:]
    assert {template.account_id for template in shown[2:]} == {None}


def test_the_systems_templates_are_nobodys_to_see_or_change(ama: Member) -> None:
    offered = add_system_template()
    assert templates.every(ama.account.id) == []
    for verb in verbs(ama.account.id, offered.public_id):
        with pytest.raises(NotFound):
            verb()
    mine = templates.create(ama.account.id, offered.name, "My own")
    assert names(ama.account.id) == [mine.name]


def test_an_account_has_so_many_templates_and_no_more(
    ama: Member, kofi: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(templates, "MOST", 2)
    templates.create(kofi.account.id, "His", "x")
    for name in ("One", "Two"):
        templates.create(ama.account.id, name, "x")
    with pytest.raises(DomainError, match="at most 2") as refused:
        templates.create(ama.account.id, "Three", "x")
    assert refused.value.code == "too_many_templates"
    templates.delete(ama.account.id, templates.every(ama.account.id)[0].public_id)
    templates.create(ama.account.id, "Three", "x")
    assert names(ama.account.id) == ["Three", "Two"]


def test_the_same_name_eight_times_at_once_is_kept_once(app: Flask, ama: Member) -> None:
    start = Barrier(8)

    def keep(number: int) -> str:
        with app.app_context():
            start.wait(10)
            try:
                templates.create(ama.account.id, "Order" if number % 2 else "ORDER", "x")
                return "kept"
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(keep, range(8)))
    assert outcomes == ["kept", *["template_exists"] * 7]
    db.session.commit()
    count = select(func.count()).where(Template.account_id == ama.account.id)
    assert db.session.scalar(count) == 1


def test_eight_renames_to_the_same_name_at_once_let_one_through(app: Flask, ama: Member) -> None:
    made = [templates.create(ama.account.id, f"Old {n}", "x").public_id for n in range(8)]
    start = Barrier(8)

    def rename(public_id: str) -> str:
        with app.app_context():
            start.wait(10)
            try:
                return templates.edit(ama.account.id, public_id, name="New").name
            except DomainError as error:
                return error.code
            finally:
                db.session.remove()

    with ThreadPoolExecutor(8) as pool:
        outcomes = sorted(pool.map(rename, made))
    assert outcomes == ["New", *["template_exists"] * 7]
