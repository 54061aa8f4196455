"""What a password must be, and how hard it is to guess."""

from itertools import pairwise
from typing import NamedTuple

from flashsms.text.common_passwords import COMMON

LEAST = 8  # characters
MOST = 200
_LONGEST_TAIL = 4  # digits or marks after a common word, which do not make it rare

_HINTS = {
    1: "Weak: add another word or two, longer is what helps most.",
    2: "Fair: one more word would make it good.",
    3: "Good: a few more characters would make it strong.",
    4: "Strong.",
}
_ENOUGH = ((18, 4), (14, 3), (10, 2), (0, 1))  # characters that are worth something, score


class Strength(NamedTuple):
    """How hard a password is to guess, 0 (refused) to 4, and a sentence that says what helps."""

    score: int
    hint: str


def strength(password: str, email: str = "") -> Strength:
    """Estimate how hard a password is to guess: by its length, its variety, and what is common.

    A character that repeats the one before it or continues a row such as `abc` or `321` is worth
    nothing, every further kind of character (small, capital, digit, other) as much as two more.
    """
    if wrong := fault(password, email):
        return Strength(0, wrong)
    worth = 1 + sum(abs(ord(one) - ord(next_)) > 1 for one, next_ in pairwise(password))
    worth = min(worth, 2 * len(set(password))) + 2 * (_kinds(password) - 1)
    score = next(score for least, score in _ENOUGH if worth >= least)
    return Strength(score, _HINTS[score])


def fault(password: str, email: str = "") -> str | None:
    """Return why this cannot be the password of whoever signs in with `email`, as a sentence.

    None when it can: 8 to 200 characters, not the e-mail or its first part, and none of the most
    common passwords, with a digit or a few after it or not.
    """
    if not LEAST <= len(password) <= MOST:
        return f"password must have {LEAST} to {MOST} characters."
    if not password.isascii() and not _can_be_stored(password):
        return "password has a character that cannot be stored. Leave it out."
    folded = password.strip().lower()
    local, _, _ = email.strip().lower().partition("@")
    if folded in COMMON or _without_tail(folded) in COMMON or len(set(folded)) < 3:
        return "password is one of those that are guessed first. Choose another one."
    if folded in {email.strip().lower(), local}:
        return "password must not be your e-mail. Choose another one."
    return None


def _can_be_stored(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:  # half a surrogate pair
        return False
    return True


def _without_tail(password: str) -> str:
    word = password.rstrip("0123456789!@#$%&*?.,_-+ ")
    return word if len(password) - len(word) <= _LONGEST_TAIL else password


def _kinds(password: str) -> int:
    tests = (str.islower, str.isupper, str.isdigit, lambda one: not one.isalnum())
    return sum(any(test(one) for one in password) for test in tests)
