"""What somebody wants to be known about a person, checked before anything is stored."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import current_app

from flashsms.services.errors import DomainError
from flashsms.text.merge import BUILT_IN
from flashsms.text.phones import normalise

MOST_FIELDS = 20  # custom fields of one contact
LONGEST_NAME = 100  # characters of a first or last name
LONGEST_EMAIL = 254
LONGEST_FIELD = 40  # characters of a custom field's name
LONGEST_VALUE = 300

KNOWN = ("phone", "firstName", "lastName", "email", "customFields")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_FIELD = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_TAKEN = {name.lower() for name in BUILT_IN}


@dataclass(frozen=True, slots=True)
class Draft:
    """A contact as wanted: `phone` is digits, absent texts are None."""

    phone: str
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    fields: Mapping[str, str] | None = None


def read(given: Any) -> Draft:
    """Check one contact, an object with the fields KNOWN of which `phone` is needed.

    Raises DomainError with a sentence that names the field.
    """
    if not isinstance(given, Mapping):
        raise _wrong(
            'A contact must be an object such as {"phone": "0201234567", "firstName": "Ama"}.'
        )
    check_names(given)
    return Draft(
        phone(given.get("phone")),
        line("firstName", given.get("firstName")),
        line("lastName", given.get("lastName")),
        email(given.get("email")),
        fields(given.get("customFields")),
    )


def check_names(given: Mapping[str, Any]) -> None:
    """Raise DomainError for anything that is not a field of a contact."""
    for name in given:
        if name not in KNOWN:
            raise _wrong(
                f"{name[:LONGEST_FIELD]!r} is not a field of a contact. Its fields are "
                f"{', '.join(KNOWN)}; anything else goes into customFields."
            )


def phone(typed: Any) -> str:
    """Return a number as digits."""
    if typed is None:
        raise _wrong('phone is required, as a string in quotes such as "0201234567".')
    if not isinstance(typed, str):
        raise _wrong('phone is required, as a string in quotes such as "0201234567".')
    digits = normalise(typed, current_app.config["COUNTRIES"])
    if digits is None:
        shown = typed.strip()[:30]
        raise _wrong(
            f"phone: {shown!r} cannot be sent to. Mobile numbers of Ghana look like 0201234567 "
            "or 233201234567; other countries are for the operator to allow."
            if shown
            else "phone must not be empty."
        )
    return digits


def line(name: str, given: Any, longest: int = LONGEST_NAME) -> str | None:
    """Return one line of text without blanks around it, or None for none."""
    if given is None:
        return None
    if not isinstance(given, str):
        raise _wrong(f"{name} must be a string in quotes.")
    text = given.strip()
    if len(text) > longest:
        raise _wrong(f"{name} has {len(text):,} characters; it may have at most {longest}.")
    if _CONTROL.search(text):
        raise _wrong(f"{name} must be one line of text, without control characters.")
    return text or None


def email(given: Any) -> str | None:
    """Return an e-mail address as it was given, or None for none."""
    address = line("email", given, LONGEST_EMAIL)
    if address and not _EMAIL.fullmatch(address):
        raise _wrong(f"email: {address[:60]!r} is not an e-mail address.")
    return address


def fields(given: Any, known: Mapping[str, str] | None = None) -> Mapping[str, str] | None:
    """Return custom fields: those of `known` with `given` over them; an empty value removes one."""
    if given is None:
        return known
    if not isinstance(given, Mapping):
        raise _wrong('customFields must be an object of strings such as {"town": "Kumasi"}.')
    if len(given) > 2 * MOST_FIELDS:
        raise _too_many(len(given))
    merged = dict(known or {}) | {
        _field_name(name): _value(name, text) for name, text in given.items()
    }
    kept = {name: text for name, text in merged.items() if text is not None}
    if len(kept) > MOST_FIELDS:
        raise _too_many(len(kept))
    return kept or None


def _field_name(name: str) -> str:
    if not _FIELD.fullmatch(name) or len(name) > LONGEST_FIELD:
        raise _wrong(
            f"customFields: {name[:LONGEST_FIELD]!r} cannot be a field's name. Use letters from A "
            f"to Z, digits and underscores, a letter first, at most {LONGEST_FIELD}."
        )
    if name.replace("_", "").lower() in _TAKEN:
        raise _wrong(f"customFields: {name!r} is a field that every contact has. Use another name.")
    return name


def _value(name: str, given: Any) -> str | None:
    return line(f"customFields.{name}", given, LONGEST_VALUE)


def _too_many(count: int) -> DomainError:
    return _wrong(f"customFields has {count} fields; a contact may have at most {MOST_FIELDS}.")


def _wrong(sentence: str) -> DomainError:
    return DomainError("bad_contact", sentence)
