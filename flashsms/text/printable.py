"""Words of strangers, so that every database and terminal can take them."""


def printable(text: str) -> str:
    """Return the text without what cannot be printed.

    PostgreSQL refuses NUL, and half of a surrogate pair cannot be encoded at all: either would be
    refused together with everything that is stored beside it.
    """
    return text if text.isprintable() else "".join(filter(str.isprintable, text))
