"""Templates in a browser."""

import re

import pytest
from flask.testing import FlaskClient

from flashsms.extensions import db
from flashsms.models import Template, now
from flashsms.services import templates
from flashsms.services.meter import Meter
from flashsms.text.search import fold
from flashsms.web import templates as view
from tests.factories import Member
from tests.web.browsing import fill, sign_in, token

SCRIPT = '<script>alert("x")</script>'
CEDI = "₵5 off " + "a" * 100


@pytest.fixture(autouse=True)
def _signed_in(client: FlaskClient, ama: Member) -> None:
    sign_in(client, "ama@example.com")


def add_system_template(name: str, content: str) -> Template:
    template = Template(
        account_id=None, name=name, folded=fold(name), content=content, published_at=now()
    )
    db.session.add(template)
    db.session.commit()
    return template


def kept(member: Member) -> list[tuple[str, str]]:
    db.session.commit()  # a look at the database as it is now
    db.session.expire_all()
    return [(one.name, one.content) for one in templates.every(member.account.id)]


def test_without_templates_the_page_says_what_to_do(client: FlaskClient) -> None:
    assert "No templates yet" in client.get("/templates").text


def test_a_template_is_kept_listed_and_used(client: FlaskClient, ama: Member) -> None:
    answer = fill(client, "/templates/new", name="Hello", text="Hi {{firstName|there}}")
    assert answer.location == "/templates"
    [template] = templates.every(ama.account.id)
    page = client.get("/templates").text
    assert "The template was saved." in page
    assert "Hi {{firstName|there}}" in page
    assert "<code>firstName</code>" in page
    assert f'href="/campaigns/new?template={template.public_id}"' in page


def test_the_systems_templates_stand_apart_and_can_only_be_used(client: FlaskClient) -> None:
    template = add_system_template("Reminder", "Your appointment is tomorrow.")
    page = client.get("/templates").text
    own, of_system = page.split('id="of-system"')
    assert "No templates yet" in own
    assert f"/campaigns/new?template={template.public_id}" in of_system
    assert "Edit Reminder" not in page
    assert client.get(f"/templates/{template.public_id}").status_code == 404


def test_long_lists_are_divided_into_pages_and_measured_as_far_as_they_are_shown(
    client: FlaskClient, ama: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    measured = []

    def measure(text: str) -> Meter:
        measured.append(text)
        return real(text)

    real = view.measure
    monkeypatch.setattr(view, "measure", measure)
    monkeypatch.setattr(templates, "of_system", list)
    for number in range(view.LIMIT * 2 + 1):
        templates.create(ama.account.id, f"No {number:02}", "Hi")
    path, pages = "/templates", []
    while path:
        pages.append(client.get(path).text)
        onwards = re.search(r'rel="next" href="([^"]+)"', pages[-1])
        path = onwards[1] if onwards else ""
    names = [re.findall(r">(No \d\d)</a>", page) for page in pages]
    assert [len(one) for one in names] == [25, 25, 1]
    assert [name for one in names for name in one] == [f"No {number:02}" for number in range(51)]
    assert len(measured) == 51
    assert all("51 templates" in page for page in pages)
    assert 'rel="prev" href="/templates"' in pages[1]
    assert 'rel="prev" href="/templates?page=2"' in pages[2]
    assert 'rel="prev"' not in pages[0]


@pytest.mark.parametrize("page", ["2", "9999999", "9" * 5000])
def test_a_page_beyond_the_last_leads_back(client: FlaskClient, page: str) -> None:
    answer = client.get(f"/templates?page={page}")
    assert answer.status_code == 200
    assert ("This page is empty" in answer.text) is (len(page) < 8)


@pytest.mark.parametrize("page", ["", "0", "-1", "x", "%00", "%20", "²", "٣"])
def test_what_is_no_page_is_the_first(client: FlaskClient, ama: Member, page: str) -> None:
    templates.create(ama.account.id, "Hello", "Hi")
    assert "Hello" in client.get(f"/templates?page={page}").text


def test_a_template_is_changed(client: FlaskClient, ama: Member) -> None:
    template = templates.create(ama.account.id, "Hello", "Hi")
    path = f"/templates/{template.public_id}"
    assert 'value="Hello"' in client.get(path).text
    assert fill(client, path, name="Bye", text="See you").location == "/templates"
    assert kept(ama) == [("Bye", "See you")]


def test_the_ends_of_lines_count_once(client: FlaskClient, ama: Member) -> None:
    fill(client, "/templates/new", name="Two lines", text="One\r\nTwo")
    assert kept(ama) == [("Two lines", "One\nTwo")]


def test_deleting_asks_first(client: FlaskClient, ama: Member) -> None:
    template = templates.create(ama.account.id, "Hello", "Hi")
    path = f"/templates/{template.public_id}/delete"
    asked = fill(client, "/templates", to=path)
    assert "Delete this template?" in asked.text
    assert "“Hello” will be gone" in asked.text
    assert kept(ama) == [("Hello", "Hi")]
    assert fill(client, "/templates", to=path, sure="yes").location == "/templates"
    assert kept(ama) == []
    assert fill(client, "/templates/new", to=path, sure="yes").status_code == 404


@pytest.mark.parametrize(
    ("name", "text", "field", "sentence"),
    [
        ("", "Hi", "name", "Enter a name."),
        (" ", "Hi", "name", "Enter a name."),
        ("Hello", "", "text", "Enter the text."),
        ("n" * 101, "Hi", "name", "Name has 101 characters"),
        ("a\0b", "Hi", "name", "Name must be one line"),
        ("TAKEN", "Hi", "name", "Name: there is a template"),
        ("Hello", "a\0b", "text", "Text: Character 2"),
        ("Hello", "x" * 10_000, "text", "Text has 10,000 characters"),
        ("Hello", "Hi {{fir", "text", "Text: Character 4"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    client: FlaskClient, ama: Member, name: str, text: str, field: str, sentence: str
) -> None:
    templates.create(ama.account.id, "Taken", "Hi")
    answer = fill(client, "/templates/new", name=name, text=text)
    assert answer.status_code == 400
    assert re.search(rf'id="{field}-hint">{re.escape(sentence)}', answer.text)
    assert kept(ama) == [("Taken", "Hi")]


def test_a_form_without_its_fields_is_shown_again(client: FlaskClient) -> None:
    assert fill(client, "/templates/new").status_code == 400


def test_the_meter_measures_what_is_typed(client: FlaskClient) -> None:
    part = fill(client, "/templates/new", to="/templates/meter", text=CEDI).text
    assert part.strip().startswith('<div id="meter"')
    assert "<strong>₵</strong>" in part
    assert "<strong>GHS</strong> instead" in part
    assert "costs 2 parts and could cost 1" in part


@pytest.mark.parametrize("text", ["", "Hi {{fir", "a\0b", "😀" * 500, SCRIPT, "\u200b", "x" * 9999])
def test_the_meter_measures_anything(client: FlaskClient, text: str) -> None:
    answer = fill(client, "/templates/new", to="/templates/meter", text=text)
    assert answer.status_code == 200
    assert "left in this part" in answer.text
    assert SCRIPT not in answer.text


def test_the_meter_needs_no_text(client: FlaskClient) -> None:
    assert "160 left" in fill(client, "/templates/new", to="/templates/meter").text


def test_without_script_the_replacement_is_made_by_the_form(
    client: FlaskClient, ama: Member
) -> None:
    template = templates.create(ama.account.id, "Sale", CEDI)
    for path in ("/templates/new", f"/templates/{template.public_id}"):
        answer = fill(client, path, name="Sale", text=CEDI, replace="yes")
        assert answer.status_code == 200
        assert "GHS 5 off" in answer.text
        assert "is-invalid" not in answer.text
    assert kept(ama) == [("Sale", CEDI)]


def test_script_in_a_template_is_text(client: FlaskClient, ama: Member) -> None:
    template = templates.create(ama.account.id, SCRIPT, f"{SCRIPT} {{{{a|{SCRIPT}}}}} ₵{'a' * 99}")
    for path in ("/templates", f"/templates/{template.public_id}"):
        page = client.get(path).text
        assert SCRIPT not in page
        assert "&lt;script&gt;" in page


def test_another_accounts_templates_are_unknown(
    client: FlaskClient, ama: Member, kofi: Member
) -> None:
    theirs = templates.create(kofi.account.id, "Secret", "Hi")
    path = f"/templates/{theirs.public_id}"
    assert "Secret" not in client.get("/templates").text
    assert client.get(path).status_code == 404
    form = {"csrf_token": token(client, "/templates/new"), "name": "Mine", "text": "Mine"}
    assert client.post(path, data=form).status_code == 404
    assert client.post(f"{path}/delete", data=form).status_code == 404
    assert client.post(f"{path}/delete", data=form | {"sure": "yes"}).status_code == 404
    assert client.get("/templates/%00").status_code == 404
    assert kept(kofi) == [("Secret", "Hi")]
    assert kept(ama) == []
