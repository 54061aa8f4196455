"""What a contact may hold, and the sentence for what it may not."""

from typing import Any

import pytest
from flask import Flask

from flashsms.services.contacts import drafts
from flashsms.services.errors import DomainError

pytestmark = pytest.mark.usefixtures("app")
PHONE = "0201234567"


def refused(given: Any) -> str:
    with pytest.raises(DomainError) as refusal:
        drafts.read(given)
    assert refusal.value.code == "bad_contact"
    return refusal.value.sentence


def test_a_number_alone_is_enough():
    assert drafts.read({"phone": PHONE}) == drafts.Draft("233201234567")


def test_everything_is_read_and_trimmed():
    given = {
        "phone": "+233 (0)20-123-4567",
        "firstName": " Ama ",
        "lastName": "Mensah",
        "email": " ama@example.com",
        "customFields": {"town": " Kumasi ", "loyalty_2": "gold"},
    }
    assert drafts.read(given) == drafts.Draft(
        "233201234567", "Ama", "Mensah", "ama@example.com", {"town": "Kumasi", "loyalty_2": "gold"}
    )


@pytest.mark.parametrize("nothing", [None, "", " "])
def test_what_is_empty_is_absent(nothing: str | None):
    given = {"phone": PHONE, "firstName": nothing, "email": nothing}
    assert drafts.read(given | {"customFields": {"town": nothing}}) == drafts.Draft("233201234567")


@pytest.mark.parametrize("given", [None, 5, "0201234567", ["0201234567"], True])
def test_a_contact_is_an_object(given: Any):
    assert "must be an object" in refused(given)


@pytest.mark.parametrize(
    ("phone", "says"),
    [
        (None, "required"),
        (201234567, "string in quotes"),
        ("", "empty"),
        ("12", "'12'"),
        ("x" * 10_000, "'xxx"),
        ("0201234567\x00", "cannot be sent to"),
        ("٠٢٠١٢٣٤٥٦٧", "cannot be sent to"),
    ],
)
def test_a_number_that_is_none_is_refused(phone: Any, says: str):
    sentence = refused({"phone": phone})
    assert sentence.startswith("phone")
    assert says in sentence
    assert len(sentence) < 200


def test_a_number_that_is_missing_is_refused():
    assert "phone is required" in refused({"firstName": "Ama"})


@pytest.mark.parametrize("field", ["firstName", "lastName", "email", "customFields.town"])
@pytest.mark.parametrize(
    ("value", "says"),
    [
        (5, "string in quotes"),
        (["Ama"], "string in quotes"),
        ("A\x00ma", "control characters"),
        ("A\nma", "one line"),
        ("A\u2028ma", "one line"),
        ("A\x1bma", "control characters"),
        ("A\ud83dma", "control characters"),
        ("x" * 10_000, "10,000 characters"),
    ],
)
def test_a_bad_text_is_refused_naming_its_field(field: str, value: Any, says: str):
    outer, _, inner = field.partition(".")
    sentence = refused({"phone": PHONE, outer: {inner: value} if inner else value})
    assert sentence.startswith(field)
    assert says in sentence


@pytest.mark.parametrize(
    ("field", "most"), [("firstName", 100), ("lastName", 100), ("customFields.town", 300)]
)
def test_texts_are_taken_up_to_their_limit(field: str, most: int):
    def given(length: int) -> dict[str, Any]:
        outer, _, inner = field.partition(".")
        text = "ɛ" * length
        return {"phone": PHONE, outer: {inner: text} if inner else text}

    assert drafts.read(given(most))
    assert f"at most {most}" in refused(given(most + 1))


@pytest.mark.parametrize("address", ["ama", "ama@", "@example.com", "a b@example.com", "a@b@c.d"])
def test_what_is_no_address_is_refused(address: str):
    assert refused({"phone": PHONE, "email": address}).startswith("email:")


@pytest.mark.parametrize("text", ["Ɛsi Ŋkrumah", "👩🏾‍🌾", "עברית", "e\u0301\u0302", "%_'\"\\;--"])
def test_any_script_is_kept_as_given(text: str):
    read = drafts.read({"phone": PHONE, "firstName": text, "customFields": {"note": text}})
    assert (read.first_name, read.fields) == (text, {"note": text})


@pytest.mark.parametrize("fields", [[], "", "town", 5, True, ["town"]])
def test_custom_fields_are_an_object(fields: Any):
    assert refused({"phone": PHONE, "customFields": fields}).startswith("customFields must be an")


@pytest.mark.parametrize("name", ["", "2nd", "a-b", "a b", "_a", "tɔn", "a\n", "x" * 41, "\x00"])
def test_a_custom_field_needs_a_plain_name(name: str):
    sentence = refused({"phone": PHONE, "customFields": {name: "x"}})
    assert sentence.startswith("customFields: ")
    assert "from A to Z, digits and underscores" in sentence


@pytest.mark.parametrize("name", ["firstName", "FIRSTNAME", "first_name", "name", "Phone"])
def test_a_custom_field_cannot_have_the_name_of_a_built_in_one(name: str):
    assert "every contact has" in refused({"phone": PHONE, "customFields": {name: "x"}})


def test_a_contact_has_at_most_20_custom_fields():
    twenty = {f"field{number}": "x" for number in range(20)}
    assert drafts.read({"phone": PHONE, "customFields": twenty}).fields == twenty
    for more in (1, 30, 1000):
        fields = twenty | {f"more{number}": "x" for number in range(more)}
        assert f"{20 + more} fields" in refused({"phone": PHONE, "customFields": fields})


def test_custom_fields_are_merged_and_an_empty_one_goes():
    known = {"town": "Kumasi", "size": "M"}
    assert drafts.fields({"town": "Accra", "size": None}, known) == {"town": "Accra"}
    assert drafts.fields({"town": "", "size": ""}, known) is None
    assert drafts.fields(None, known) == known
    assert known == {"town": "Kumasi", "size": "M"}


def test_a_field_that_no_contact_has_is_answered_with_those_it_has():
    sentence = refused({"phone": PHONE, "first_name": "Ama"})
    assert sentence.startswith("'first_name'")
    for name in ("phone", "firstName", "lastName", "email", "customFields"):
        assert name in sentence


def test_numbers_of_other_countries_are_taken_once_they_are_configured(app: Flask):
    assert "phone" in refused({"phone": "+2348031234567"})
    app.config["COUNTRIES"] = ("NG",)
    assert drafts.read({"phone": "+2348031234567"}).phone == "2348031234567"
