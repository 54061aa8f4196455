"""The password of a carrier's URL: left out where a URL is shown, put back where *** stands."""

import re
from urllib.parse import SplitResult, urlsplit, urlunsplit

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import HIDDEN, KEYED, options, redact
from flashsms.services.errors import DomainError

RETYPE = "(type-it-again)"  # stands for one that was typed into a form that was refused
_SMSC = {"smpp", "smpps"}

# Greedy: whatever stands before the last @ may be part of a password that was not escaped.
_WITH_PASSWORD = re.compile(
    rf"((?:{'|'.join(sorted(KEYED))})://|[a-z]+://[^:/?#@]*:)(.*)(@[^@]*)", re.I
)


def without_typed(url: str) -> str:
    """Return a URL that was refused so that it can be shown again: no typed password is in it.

    Nothing is left of a URL in which the password cannot be told from the rest.
    """
    url = url.strip()
    if not url.isprintable() or len(url.split()) != 1:
        return ""
    if found := _WITH_PASSWORD.fullmatch(url):
        return url if found[2] == HIDDEN else f"{found[1]}{RETYPE}{found[3]}"
    try:
        options(url)
    except CarrierError:
        return ""
    return redact(url)


def with_stored(given: str, stored: str | None) -> str:
    """Put the password of the `stored` URL where *** stands, unless it would go to somebody else.

    `stored` is None when there is none, or none that can be read. Raises DomainError.
    """
    if RETYPE in given:
        raise _retype("a form that was refused does not keep it.")
    new = _split(given)
    if new is None or _secret(new) != HIDDEN:
        return given
    old = _split(stored) if stored else None
    if old is None:
        raise _retype("there is none stored that could be used.")
    if _whom(new) != _whom(old):
        raise _retype("the kind, the host or the user changed.")
    credentials, address = old.netloc.rpartition("@")[0], new.netloc.rpartition("@")[2]
    return urlunsplit(new._replace(netloc=f"{credentials}@{address}"))


def is_another(url: str, stored: str | None) -> bool:
    """Whether a URL leads to another service than the stored one; a simulator is like any other."""
    new, old = urlsplit(url), _split(stored) if stored else None
    if old is None or (new.scheme == old.scheme == "simulator"):
        return False
    return _whom(new) != _whom(old)


def is_shared(url: str, stored: str) -> bool:
    """Whether two URLs lead to one account at an SMSC, which sends receipts to either session."""
    new, old = urlsplit(url), _split(stored)
    if old is None or not {new.scheme, old.scheme} <= _SMSC:
        return False
    return _whom(new)[1:] == _whom(old)[1:]


def _retype(why: str) -> DomainError:
    return DomainError("bad_carrier", f"url: type the password again, because {why}")


def _split(url: str) -> SplitResult | None:
    """Read a URL; one that cannot be read is refused by whoever checks it."""
    try:
        split = urlsplit(url)
        return split if split.port is None or split.port >= 0 else None
    except ValueError:
        return None


def _secret(split: SplitResult) -> str | None:
    return split.username if split.scheme in KEYED else split.password


def _whom(split: SplitResult) -> tuple[object, ...]:
    """Whose service a URL leads to; a key says nothing of that, so it may be renewed."""
    user = None if split.scheme in KEYED else split.username
    return split.scheme, user, split.hostname, split.port
