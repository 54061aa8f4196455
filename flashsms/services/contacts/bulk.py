"""Many people from one request: each is checked, and whoever is wrong is left out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flashsms.services.contacts import adding, drafts, groups
from flashsms.services.contacts.adding import Added
from flashsms.services.contacts.drafts import Draft
from flashsms.services.errors import DomainError

MOST = 10_000  # contacts of one request


@dataclass(frozen=True, slots=True)
class Invalid:
    """Who was left out: where they stand (from 0), their phone if it is a text, and why."""

    index: int
    phone: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of many: those `added` and those `invalid` are all that were given."""

    added: Added
    invalid: Sequence[Invalid]


def take(account_id: int, given: Sequence[Any], group_public_id: str | None = None) -> Taken:
    """Add those of `given` that `drafts.read` takes, all or none of them, and put them in a group.

    Raises DomainError for more than MOST, and NotFound for a group that the account lacks.
    """
    if len(given) > MOST:
        raise DomainError(
            "too_many_contacts",
            f"contacts has {len(given):,} entries; one request may have at most {MOST:,}. "
            "Split them over several.",
        )
    good, invalid = _read(given)
    with adding.writing(account_id):
        group_id = groups.id_of(account_id, group_public_id)
        return Taken(adding.add(account_id, good, group_id), invalid)


def _read(given: Iterable[Any]) -> tuple[list[Draft], list[Invalid]]:
    good, invalid = [], []
    for index, one in enumerate(given):
        try:
            good.append(drafts.read(one))
        except DomainError as error:
            invalid.append(Invalid(index, _phone(one), error.sentence))
    return good, invalid


def _phone(given: Any) -> str | None:
    phone = given.get("phone") if isinstance(given, Mapping) else None
    return phone if isinstance(phone, str) else None
