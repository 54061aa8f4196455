"""What the callbacks of several providers have in common: parameters, and numbers with a plus."""

from collections.abc import Iterable

from flashsms.carriers.http.provider import CallUnreadableError


def parameters(pairs: Iterable[tuple[str, str]], *needed: str) -> dict[str, str]:
    """The parameters of a call by name, the first of each.

    Raises CallUnreadableError that names the first of `needed` that is missing or empty.
    """
    found: dict[str, str] = {}
    for name, text in pairs:
        found.setdefault(name, text)
    for name in needed:
        if not found.get(name, "").strip():
            raise CallUnreadableError(f"The call has no \u201c{name}\u201d.")
    return found


def digits(number: str) -> str:
    """`+233201234567` as digits; a name or a short code as it is."""
    bare = number.strip()
    return bare[1:] if bare.startswith("+") and bare[1:].isdecimal() else bare
