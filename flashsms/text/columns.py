"""What the columns of a table of contacts hold, guessed from its first rows."""

import re
import unicodedata
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

FIELDS = ("phone", "firstName", "lastName", "email")
LONGEST_NAME = 40  # characters

_HEADERS = {
    "phone": "phone, phone number, phone no, phone contact, tel, tel number, tel no, telephone, "
    "telephone number, telephone no, mobile, mobile number, mobile no, mobile phone, msisdn, "
    "number, contact, contact number, contact no, contact phone, whatsapp, whatsapp number, "
    "whatsapp no, cell, cell number, cell no, cell phone, numéro, numéro de téléphone, "
    "n° de téléphone, nº de téléphone, numéro de portable, portable",
    "firstName": "first name, given name, forename, name, full name, customer, customer name, "
    "customers name, client, client name, contact name, prénom, prénoms",
    "lastName": "last name, surname, family name, nom, nom de famille",
    "email": "email, email address, mail, mail address, courriel, adresse email, adresse mail",
}
_RESERVED = {"name", *(field.lower() for field in FIELDS)}

_LEFT_OUT = ("line", "reason")  # begin a file of rows that were left out, to be mended

_APOSTROPHES = dict.fromkeys(map(ord, "'\u2019`"))
_WORD = re.compile(r"[A-Za-z0-9]+")
_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")

IsPhone = Callable[[str], bool]
_Rows = Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Guess:
    """Whether the first row is a header, and for each column its field.

    A field is one of FIELDS, the name of a custom field, or None for a column to leave out.
    """

    has_header: bool
    columns: tuple[str | None, ...]


def guess(rows: _Rows, is_phone: IsPhone) -> Guess:
    """Guess the columns from the first rows, up to 50 or so, which may differ in length.

    Each of FIELDS is there at most once, and so is each custom field. Without a header there are no
    custom fields.
    """
    width = max(map(len, rows), default=0)
    if not _has_header(rows, is_phone):
        return Guess(False, tuple(_by_content(_contents(rows, width), is_phone)))
    header = [*rows[0], *[""] * (width - len(rows[0]))]
    return Guess(True, tuple(_by_header(header, _contents(rows[1:], width), is_phone)))


def field_name(header: str) -> str | None:
    """Make a custom field's name: camelCase ASCII letters and digits, at most LONGEST_NAME.

    "Amount due (GHS)" gives amountDueGhs. A name that starts with a digit gets "field" before it,
    and one that means a field of every contact a 2 behind it. None without an ASCII letter.
    """
    words = [word for part in _words(header) for word in _CAMEL.split(part)]
    if not any(map(str.isalpha, "".join(words))):
        return None
    if words[0][0].isdigit():
        words.insert(0, "field")
    name = "".join([words[0].lower(), *(word.capitalize() for word in words[1:])])[:LONGEST_NAME]
    return _numbered(name, 2) if name.lower() in _RESERVED else name


def _words(text: str) -> list[str]:
    """The words of a text as they look in ASCII, without accents."""
    apart = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES))
    return _WORD.findall("".join(mark for mark in apart if not unicodedata.combining(mark)))


def _key(header: str) -> str:
    return "".join(_words(header)).lower()


_FIELD_OF = {
    _key(header): field for field, headers in _HEADERS.items() for header in headers.split(", ")
}


def _has_header(rows: _Rows, is_phone: IsPhone) -> bool:
    """A first row of text without a phone, above phones or with a name for their column."""
    if not rows or any(map(is_phone, rows[0])) or not any(map(str.strip, rows[0])):
        return False
    named = any(_FIELD_OF.get(_key(cell)) == "phone" for cell in rows[0])
    return named or len(rows) == 1 or any(is_phone(cell) for row in rows[1:] for cell in row)


def _contents(rows: _Rows, width: int) -> list[list[str]]:
    """The cells of each column that are not blank."""
    return [
        [row[index] for row in rows if index < len(row) and row[index].strip()]
        for index in range(width)
    ]


def _by_header(
    header: list[str], contents: list[list[str]], is_phone: IsPhone
) -> Iterator[str | None]:
    fields = [_FIELD_OF.get(_key(title)) for title in header]
    phone = _phone_column(fields, contents, is_phone)
    taken: set[str] = {"phone"}
    ours = len(_LEFT_OUT) if tuple(header[: len(_LEFT_OUT)]) == _LEFT_OUT else 0
    for index, field in enumerate(fields):
        if index == phone:
            yield "phone"
            continue
        if index < ours:
            yield None
            continue
        name = field if field and field not in taken else _distinct(header[index], taken)
        if name:
            taken.add(name)
        yield name


def _phone_column(
    fields: Sequence[str | None], contents: list[list[str]], is_phone: IsPhone
) -> int | None:
    """The first column that is called a phone and holds some, else the one that holds most.

    A header alone does not decide: "Number" also counts rows and "Contact" also names people.
    """
    phones = [sum(map(is_phone, cells)) for cells in contents]
    named = [index for index, field in enumerate(fields) if field == "phone"]
    for index in named:
        if phones[index]:
            return index
    if any(phones):
        return phones.index(max(phones))
    return named[0] if named else None


def _distinct(header: str, taken: Collection[str]) -> str | None:
    """The custom field's name, with the first number from 2 that makes it another one."""
    name = distinct = field_name(header)
    number = 2
    while name and distinct in taken:
        distinct = _numbered(name, number)
        number += 1
    return distinct


def _numbered(name: str, number: int) -> str:
    return f"{name[: LONGEST_NAME - len(str(number))]}{number}"


def _by_content(contents: list[list[str]], is_phone: IsPhone) -> Iterator[str | None]:
    phone = _phone_column([], contents, is_phone)
    left = ["firstName", "lastName", "email"]
    for index, cells in enumerate(contents):
        field = _kind(cells, left)
        if index == phone or field is None:
            yield "phone" if index == phone else None
        else:
            left.remove(field)
            yield field


def _kind(cells: list[str], left: list[str]) -> str | None:
    """Which of the fields that are left the cells look like: an email, else the next name."""
    if _most("@" in cell for cell in cells):
        return "email" if "email" in left else None
    names = [field for field in left if field != "email"]
    return names[0] if names and _most(map(_is_name, cells)) else None


def _is_name(cell: str) -> bool:
    return any(map(str.isalpha, cell)) and not any(map(str.isdigit, cell))


def _most(judgements: Iterable[bool]) -> bool:
    judged = [*judgements]
    return sum(judged) * 2 > len(judged)
