"""What the answers of several providers have in common: JSON, and numbers written in many ways."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from flashsms.carriers.contract import Submission
from flashsms.carriers.http.provider import Answer
from flashsms.text.printable import printable

_SIGNIFICANT = 9  # digits that a number ends with however its country is written
_MOST_WORDS = 160  # characters of a provider's own words


def fields(answer: Answer) -> Mapping[str, Any]:
    """The JSON object that an answer is, its names in lower case; empty when it is none."""
    try:
        return named(json.loads(answer.body))
    except (ValueError, RecursionError):  # UnicodeDecodeError is a ValueError
        return {}


def named(found: object) -> Mapping[str, Any]:
    """An object within an answer, its names in lower case; empty when it is none."""
    return {name.lower(): value for name, value in found.items()} if isinstance(found, dict) else {}


def number_key(phone: object) -> str:
    """What two ways of writing one number share: 0244123456, +233244123456, 233244123456."""
    digits = "".join(digit for digit in str(phone) if digit.isdigit())
    return digits[-_SIGNIFICANT:]


def distinct_keys(group: Sequence[Submission]) -> set[str]:
    """The number keys that only one of a group has: of two foreign numbers no answer can tell."""
    counts = Counter(number_key(sub.to) for sub in group)
    return {key for key, count in counts.items() if count == 1}


def sentence(provider: str, message: object) -> str:
    """A provider's own words on one line, as the reason of an outcome; empty when it has none."""
    words = printable(" ".join(str(message or "").split()))[:_MOST_WORDS].rstrip(". ")
    return f"{provider} says: {words}." if words else ""
