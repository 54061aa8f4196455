"""Phone numbers as people type them, turned into the digits that carriers take."""

import re
from collections.abc import Collection

OTHER = "Other"

_OPERATORS = {
    **dict.fromkeys(("24", "25", "53", "54", "55", "59"), "MTN"),
    **dict.fromkeys(("20", "50"), "Telecel"),
    **dict.fromkeys(("23", "26", "27", "56", "57"), "AT"),
}

OPERATORS = (*dict.fromkeys(_OPERATORS.values()), OTHER)

_ORNAMENTS = {
    "blanks": " \t\r\n\f\v\u00a0\u1680\u202f\u205f\u3000"
    + "".join(map(chr, range(0x2000, 0x200B))),
    "dashes": "-\u00ad\u2043\u2212\u30fc\ufe58\ufe63\uff0d"
    + "".join(map(chr, range(0x2010, 0x2016))),
    "dots": ".\u00b7\u2024\u2027",
    "brackets": "()[]",
    # Phones and spreadsheets wrap a copied number in invisible direction and joining marks.
    "invisible": "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\ufeff"
    + "".join(map(chr, range(0x2066, 0x206A))),
}
_WITHOUT_ORNAMENTS = dict.fromkeys(map(ord, "".join(_ORNAMENTS.values())))

# The zero after 233 is the national one that "+233 (0) 20 ..." keeps.
_GHANA = re.compile(r"(?:(?:\+|00)?2330?|0)?([25][0-9]{8})")
_INTERNATIONAL = re.compile(r"(?:\+|00)?([1-9][0-9]{6,15})")


def normalise(raw: str, countries: Collection[str] = ()) -> str | None:
    """Turn a number as typed into digits with the country code (`233201234567`), or None.

    Ghana's mobile blocks 02X and 05X are read in every common form: with 0, +233, 233, 00233 or
    nothing before the nine digits, and with spaces, dashes, dots and brackets anywhere. Mobile
    numbers of `countries` (upper-case ISO regions such as `NG`) are read in international form,
    with +, 00 or nothing before the country code; nine bare digits that start with 2 or 5 are
    Ghanaian all the same. Only ASCII digits count.
    """
    bare = raw.translate(_WITHOUT_ORNAMENTS)
    if found := _GHANA.fullmatch(bare):
        return "233" + found[1]
    return _normalise_foreign(bare, countries) if countries else None


def national(phone: str) -> str:
    """Return a number as people in Ghana write it (`0201234567`); any other one as it is."""
    return "0" + phone[3:] if len(phone) == 12 and phone.startswith("233") else phone


def operator(phone: str) -> str:
    """Name the operator that a number's range was given to: MTN, Telecel, AT or Other.

    `phone` is digits as `normalise` returns them. This is the number range, not the network: people
    keep their number when they change networks. Unknown blocks and foreign numbers are Other.
    """
    return _OPERATORS.get(phone[3:5], OTHER) if phone.startswith("233") else OTHER


def ranges(name: str) -> tuple[str, ...]:
    """Return what the numbers in an operator's ranges begin with; none for Other."""
    return tuple(f"233{block}" for block, owner in _OPERATORS.items() if owner == name)


def _normalise_foreign(bare: str, countries: Collection[str]) -> str | None:
    found = _INTERNATIONAL.fullmatch(bare)
    if found is None:
        return None
    import phonenumbers  # megabytes of tables, which an installation for Ghana alone never loads

    try:
        number = phonenumbers.parse("+" + found[1])
    except phonenumbers.NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number)
    mobile = phonenumbers.number_type(number) in (
        phonenumbers.PhoneNumberType.MOBILE,
        phonenumbers.PhoneNumberType.FIXED_LINE_OR_MOBILE,  # North America does not tell them apart
    )
    if region not in countries or not mobile:
        return None
    return f"{number.country_code}{phonenumbers.national_significant_number(number)}"
