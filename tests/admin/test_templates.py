"""The system's templates as operators keep them."""

import re

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from flashsms.extensions import db
from flashsms.models import AuditEntry, Template
from flashsms.services import sending, system_templates, templates
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.sending import Order
from tests.factories import Member
from tests.web.browsing import fill, sign_in

SCRIPT = '<script>alert("x")</script>'
HOME = "/admin/templates"
CEDI = "₵5 off " + "a" * 100


def noted() -> list[tuple[str, str, object, object]]:
    """What the audit log says now about system templates, the oldest first."""
    db.session.commit()
    query = select(AuditEntry).where(AuditEntry.action.like("system template%"))
    entries = db.session.scalars(query.order_by(AuditEntry.id))
    return [(one.action, one.subject, one.before, one.after) for one in entries]


def kept(public_id: str) -> Template:
    db.session.commit()
    db.session.expire_all()
    return system_templates.find(public_id)


def offered(member: Member) -> list[str]:
    db.session.commit()
    db.session.expire_all()
    return [one.name for one in templates.for_dashboard(member.account.id)]


def compose(client: FlaskClient, template: Template) -> TestResponse:
    path = f"/campaigns/new?template={template.public_id}"
    return client.get(path, follow_redirects=True)


def test_a_template_is_written_as_a_draft_and_noted(operator: FlaskClient, ama: Member) -> None:
    answer = fill(operator, f"{HOME}/new", name="Easter", text="Happy Easter, {{firstName|you}}!")
    assert answer.location == HOME
    page = operator.get(HOME).text
    assert "saved as a draft" in page
    assert "Happy Easter" in page
    assert "Easter" not in offered(ama)
    after = {"name": "Easter", "content": "Happy Easter, {{firstName|you}}!"}
    assert noted() == [("system template created", "Easter", None, after)]


def test_a_draft_is_seen_by_operators_only_and_used_by_nobody(
    operator: FlaskClient, client: FlaskClient, ama: Member
) -> None:
    draft = system_templates.create("Easter", "Happy Easter!")
    sign_in(client, "ama@example.com")
    assert "Easter" not in client.get("/templates").text
    assert "Easter" not in client.get("/campaigns/new").text
    assert client.get(f"/templates/{draft.public_id}").status_code == 404
    assert compose(client, draft).status_code == 404
    with pytest.raises(NotFound):
        templates.find(ama.account.id, draft.public_id)
    order = Order(template=draft.public_id, recipients=["0241234567"])
    with pytest.raises(NotFound):
        sending.accept(ama.account.id, order)


def test_publishing_offers_it_and_withdrawing_takes_it_back(
    operator: FlaskClient, client: FlaskClient, ama: Member
) -> None:
    draft = system_templates.create("Easter", "Happy Easter!")
    path = f"{HOME}/{draft.public_id}"
    assert fill(operator, HOME, to=f"{path}/publish").location == HOME
    assert "Every dashboard offers it now." in operator.get(HOME).text
    assert "Easter" in offered(ama)
    sign_in(client, "ama@example.com")
    assert "Happy Easter!" in compose(client, draft).text
    assert fill(operator, HOME, to=f"{path}/withdraw").location == HOME
    assert "Easter" not in offered(ama)
    assert compose(client, draft).status_code == 404
    assert noted()[1:] == [
        ("system template published", "Easter", {"published": False}, {"published": True}),
        ("system template withdrawn", "Easter", {"published": True}, {"published": False}),
    ]


def test_what_is_published_or_a_draft_already_is_said_and_not_noted(
    operator: FlaskClient,
) -> None:
    draft = system_templates.create("Easter", "Happy Easter!")
    path = f"{HOME}/{draft.public_id}"
    assert "is a draft already" in fill(operator, HOME, to=f"{path}/withdraw").text
    system_templates.publish(draft.public_id)
    assert "is published already" in fill(operator, HOME, to=f"{path}/publish").text
    assert len(noted()) == 2


def test_only_what_changed_is_noted(operator: FlaskClient) -> None:
    made = system_templates.create("Easter", "Happy Easter!")
    path = f"{HOME}/{made.public_id}"
    assert 'value="Easter"' in operator.get(path).text
    assert fill(operator, path, name="Easter", text="Merry Easter!").location == HOME
    assert kept(made.public_id).content == "Merry Easter!"
    fill(operator, path, name="easter", text="Merry Easter!")
    assert (kept(made.public_id).name, kept(made.public_id).folded) == ("easter", "easter")
    fill(operator, path, name=" easter ", text="Merry Easter!")
    assert "Nothing was changed." in operator.get(HOME).text
    changed = "system template changed"
    assert noted()[1:] == [
        (changed, "Easter", {"content": "Happy Easter!"}, {"content": "Merry Easter!"}),
        (changed, "easter", {"name": "Easter"}, {"name": "easter"}),
    ]


def test_a_change_of_a_published_one_shows_at_once(operator: FlaskClient, ama: Member) -> None:
    made = system_templates.create("Easter", "Happy Easter!")
    system_templates.publish(made.public_id)
    assert "shows on every dashboard at once" in operator.get(f"{HOME}/{made.public_id}").text
    fill(operator, f"{HOME}/{made.public_id}", name="Easter 2", text="Hi")
    assert "Easter 2" in offered(ama)


def test_deleting_asks_first(operator: FlaskClient) -> None:
    made = system_templates.create("Easter", "Happy Easter!")
    path = f"{HOME}/{made.public_id}/delete"
    asked = fill(operator, HOME, to=path)
    assert "Delete this template?" in asked.text
    assert kept(made.public_id).name == "Easter"
    assert fill(operator, HOME, to=path, sure="yes").location == HOME
    with pytest.raises(NotFound):
        kept(made.public_id)
    before = {"name": "Easter", "content": "Happy Easter!", "published": False}
    assert noted()[1:] == [("system template deleted", "Easter", before, None)]
    assert fill(operator, HOME, to=path, sure="yes").status_code == 404
    assert len(noted()) == 2


@pytest.mark.parametrize(
    ("name", "text", "field", "sentence"),
    [
        ("", "Hi", "name", "Enter a name."),
        ("Hello", "", "text", "Enter the text."),
        ("n" * 101, "Hi", "name", "Name has 101 characters"),
        ("a\0b", "Hi", "name", "Name must be one line"),
        ("TAKEN", "Hi", "name", "Name: there is a template"),
        ("Hello", "a\0b", "text", "Text: Character 2"),
        ("Hello", "Hi {{fir", "text", "Text: Character 4"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    operator: FlaskClient, name: str, text: str, field: str, sentence: str
) -> None:
    system_templates.create("Taken", "Hi")
    other = system_templates.create("Other", "Hi")
    for path in (f"{HOME}/new", f"{HOME}/{other.public_id}"):
        answer = fill(operator, path, name=name, text=text)
        assert answer.status_code == 400
        assert re.search(rf'id="{field}-hint">{re.escape(sentence)}', answer.text)
    assert len(noted()) == 2


def test_an_accounts_own_template_may_have_the_same_name(
    operator: FlaskClient, ama: Member
) -> None:
    templates.create(ama.account.id, "Easter", "Mine")
    assert fill(operator, f"{HOME}/new", name="Easter", text="Ours").location == HOME


def test_without_script_the_replacement_is_made_by_the_form(operator: FlaskClient) -> None:
    made = system_templates.create("Sale", CEDI)
    for path in (f"{HOME}/new", f"{HOME}/{made.public_id}"):
        answer = fill(operator, path, name="Sale", text=CEDI, replace="yes")
        assert answer.status_code == 200
        assert "GHS 5 off" in answer.text
    assert kept(made.public_id).content == CEDI


def test_script_in_a_template_is_text(operator: FlaskClient) -> None:
    made = system_templates.create(SCRIPT, f"{SCRIPT} {{{{a|{SCRIPT}}}}}")
    for path in (HOME, f"{HOME}/{made.public_id}"):
        assert SCRIPT not in operator.get(path).text
        assert "&lt;script&gt;" in operator.get(path).text


def test_an_accounts_templates_are_none_of_the_systems(operator: FlaskClient, ama: Member) -> None:
    own = templates.create(ama.account.id, "Secret", "Hi")
    assert "Secret" not in operator.get(HOME).text
    for template_id in (own.public_id, "tpl_nothing", "%00"):
        path = f"{HOME}/{template_id}"
        assert operator.get(path).status_code == 404
        for verb in ("publish", "withdraw", "delete"):
            assert fill(operator, HOME, to=f"{path}/{verb}", sure="yes").status_code == 404
    assert noted() == []


def test_so_many_templates_and_no_more(
    operator: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_templates, "MOST", len(system_templates.every()) + 1)
    system_templates.create("Last", "Hi")
    with pytest.raises(DomainError, match="already"):
        system_templates.create("One more", "Hi")
