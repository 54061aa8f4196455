import pytest
from hypothesis import given
from hypothesis import strategies as st

from flashsms.text.columns import FIELDS, LONGEST_NAME, field_name, guess
from flashsms.text.merge import parse
from flashsms.text.phones import normalise

PHONE, OTHER = "0241234567", "0201234567"


def is_phone(cell):
    return normalise(cell) is not None


def guessed(*rows):
    found = guess(rows, is_phone)
    return found.has_header, found.columns


def named(*header):
    """The columns under a header; the first one that is no phone's name holds no phones either."""
    has_header, columns = guessed(["Phone", *header], [PHONE, *["x"] * len(header)])
    assert has_header
    assert columns[0] == "phone"
    return columns[1:]


@pytest.mark.parametrize(
    "header",
    [
        "Phone",
        "phone_number",
        "PHONE NO.",
        "Tel",
        "Tel.",
        "Telephone",
        "Mobile",
        "Mobile No.",
        "mobile-phone",
        "MSISDN",
        "Number",
        "Contact",
        "Contact number",
        " WhatsApp ",
        "Cell",
        "Téléphone",
        "Te\u0301le\u0301phone",
        "Numéro",
        "N° de téléphone",
    ],
)
def test_headers_that_name_the_phone(header):
    assert guessed(["Other", header], ["no phone", "nor here"]) == (True, ("other", "phone"))


@pytest.mark.parametrize(
    ("header", "field"),
    [
        ("First name", "firstName"),
        ("FIRST_NAME", "firstName"),
        ("Firstname", "firstName"),
        ("Given name", "firstName"),
        ("Name", "firstName"),
        ("Full name", "firstName"),
        ("Customer", "firstName"),
        ("Customer's name", "firstName"),
        ("Customer name", "firstName"),
        ("Prénom", "firstName"),
        ("PRENOM", "firstName"),
        ("Surname", "lastName"),
        ("Last  name", "lastName"),
        ("family.name", "lastName"),
        ("Nom", "lastName"),
        ("Email", "email"),
        ("E-mail", "email"),
        ("Mail", "email"),
        ("Town", "town"),
        ("Amount due (GHS)", "amountDueGhs"),
        ("", None),
        ("№ 1", "no1"),
        ("12", None),
    ],
)
def test_headers_of_other_columns(header, field):
    assert named(header) == (field,)


def test_each_field_is_given_once_and_the_first_column_wins():
    assert named("Full name", "Name", "Surname", "Last name", "Mail", "Email") == (
        "firstName",
        "name2",
        "lastName",
        "lastName2",
        "email",
        "email2",
    )


def test_columns_of_the_same_name_are_numbered():
    assert named("Town", "town", "TOWN", "Town 2", "a" * 60, "a" * 50) == (
        "town",
        "town2",
        "town3",
        "town22",
        "a" * 40,
        "a" * 39 + "2",
    )


def test_what_was_noted_about_rows_that_were_left_out_is_no_field():
    header = ["line", "reason", "Phone", "First name", "Reason"]
    row = ["3", "phone: '12' cannot be sent to.", PHONE, "Esi", "debt"]
    assert guessed(header, row) == (True, (None, None, "phone", "firstName", "reason"))


def test_a_second_phone_becomes_a_custom_field():
    assert guessed(["Phone", "Mobile", "Phone"], [PHONE, OTHER, ""]) == (
        True,
        ("phone", "mobile", "phone2"),
    )


def test_a_column_called_a_phone_gives_way_to_one_that_holds_phones():
    assert guessed(["Number", "Contact", "Mobile"], ["1", "Ama", PHONE], ["2", "Kofi", OTHER]) == (
        True,
        ("number", "contact", "phone"),
    )
    assert guessed(["Number", "MoMo"], ["1", PHONE]) == (True, ("number", "phone"))


def test_a_named_phone_column_is_kept_even_if_another_holds_more_phones():
    rows = [["Next of kin", "Phone"], [PHONE, OTHER], [PHONE, "not yet"]]
    assert guessed(*rows) == (True, ("nextOfKin", "phone"))


def test_without_a_name_the_column_with_most_phones_is_the_phone():
    rows = [["A", "B", "Customer"], [PHONE, PHONE, OTHER], ["", PHONE, OTHER], ["", "", OTHER]]
    assert guessed(*rows) == (True, ("a", "b", "phone"))


def test_a_header_may_be_shorter_than_the_rows():
    assert guessed(["Phone"], [PHONE, "Ama"]) == (True, ("phone", None))
    assert guessed(["Phone", "Name", "Town"], [PHONE]) == (True, ("phone", "firstName", "town"))


@pytest.mark.parametrize(
    ("rows", "has_header"),
    [
        ([["Who", "Where to"], ["Ama", PHONE]], True),
        ([["Who", "Where to"], ["Ama", "none"], ["Kofi", OTHER]], True),
        ([["Who", "Where to"], ["Ama", "none"]], False),
        ([["Name", "Phone"], ["Ama", "none"]], True),
        ([["Ama", PHONE], ["Kofi", OTHER]], False),
        ([["Phone", PHONE], ["Kofi", OTHER]], False),
        ([["Who", "Where to"]], True),
        ([["Ama", PHONE]], False),
        ([["", " "], ["Ama", PHONE]], False),
        ([], False),
    ],
)
def test_a_header_is_text_above_phones_or_names_them(rows, has_header):
    assert guess(rows, is_phone).has_header is has_header


def test_without_a_header_the_contents_decide():
    rows = [
        ["1", "12.50", "Ama", "ama@example.com", PHONE, "Mensah", "Accra", "GHS 5"],
        ["2", "8.00", "Kofi", "", OTHER, "Osei", "Tema", "GHS 6"],
        ["3", "1.00", "Ésí", "esi@example.com", "none", "", "", ""],
    ]
    assert guessed(*rows) == (
        False,
        (None, None, "firstName", "email", "phone", "lastName", None, None),
    )


def test_without_a_header_each_field_is_given_once():
    assert guessed([PHONE, OTHER, "a@b.c", "d@e.f", "", "12"]) == (
        False,
        ("phone", None, "email", None, None, None),
    )


def test_no_rows_have_no_columns():
    assert guessed() == guessed([]) == (False, ())


@pytest.mark.parametrize(
    ("header", "name"),
    [
        ("Amount due (GHS)", "amountDueGhs"),
        ("Town", "town"),
        ("amountDue", "amountDue"),
        ("2nd phone", "field2ndPhone"),
        ("Montant dû", "montantDu"),
        ("Due—date / time", "dueDateTime"),
        ("Child's school", "childsSchool"),
        ("Town\nor\u00a0city", "townOrCity"),
        ("\uff34own", "town"),
        ("", None),
        (" - ", None),
        ("100%", None),
        ("Город", None),
        ("phone", "phone2"),
        ("Phone", "phone2"),
        ("First name", "firstName2"),
        ("firstname", "firstname2"),
        ("LASTNAME", "lastname2"),
        ("name", "name2"),
        ("E-mail", "eMail2"),
        ("Email", "email2"),
        ("x" * 41, "x" * 40),
        ("1" * 50 + "a", "field" + "1" * 35),
    ],
)
def test_a_custom_field_is_named_after_its_header(header, name):
    assert field_name(header) == name


@given(st.text(max_size=60))
def test_every_name_can_stand_in_a_message(header):
    name = field_name(header)
    if name is not None:
        assert parse("{{" + name + "}}").variables == (name,)
        assert len(name) <= LONGEST_NAME
        assert name.isascii()
        assert name.isalnum()
        assert name not in (*FIELDS, "name")


headers = st.sampled_from(
    ["Phone", "Mobile", "Name", "Nom", "Mail", "Town", "town 2", "", "E-mail"]
)
rows = st.lists(
    st.lists(headers | st.sampled_from([PHONE, "a@b.c", "Ama"]), max_size=9), max_size=5
)


@given(rows)
def test_no_two_columns_share_a_field(rows):
    columns = guess(rows, is_phone).columns
    fields = [field for field in columns if field]
    assert len(fields) == len(set(fields))
    assert len(columns) == max(map(len, rows), default=0)
