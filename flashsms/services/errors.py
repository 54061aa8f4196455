"""Errors that are safe to show to the person who caused them."""


class DomainError(Exception):
    """A refusal with a stable `code` for programs and a sentence for people.

    `status` is the HTTP status that the API answers with; `details` lists the single faults where
    there are several, each a sentence that names its field.
    """

    status = 400

    def __init__(self, code: str, sentence: str, details: tuple[str, ...] = ()) -> None:
        super().__init__(sentence)
        self.code = code
        self.sentence = sentence
        self.details = details


class NotFound(DomainError):
    """Something that this account does not have."""

    status = 404


class InsufficientCredits(DomainError):
    """The balance does not cover the price."""

    status = 402

    def __init__(self, needed: int, available: int) -> None:
        super().__init__(
            "insufficient_credits",
            f"This message needs {needed:,} credits and the account has {available:,}. "
            "Buy credits or send to fewer recipients.",
        )


class Conflict(DomainError):
    """The request contradicts one that was accepted before."""

    status = 409
