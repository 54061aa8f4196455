"""The carriers as senders and operators read them, their URLs unsealed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import CarrierOptions, options, redact
from flashsms.extensions import db
from flashsms.models import Carrier
from flashsms.services import vault
from flashsms.services.errors import NotFound
from flashsms.text.phones import OPERATORS

PURPOSE = "carrier"  # of the sealed URLs
_SIMULATOR = "simulator:"


@dataclass(frozen=True, slots=True, repr=False)
class WayOut:
    """A carrier; `url` has its secret, and is empty when that cannot be read any more.

    `operators` are those whose number ranges it takes, none for all.
    """

    id: int
    public_id: str
    name: str
    url: str
    priority: int
    operators: frozenset[str]
    active: bool
    paused_at: datetime | None
    paused_for: str | None

    def __repr__(self) -> str:
        """Without the secret, because this ends up in logs."""
        return f"WayOut({self.name!r}, {self.shown_url})"

    @property
    def shown_url(self) -> str:
        """The URL as an operator may see it."""
        return redact(self.url)

    @property
    def is_used(self) -> bool:
        """Whether messages may leave by it, as far as it is concerned."""
        return self.active and self.paused_at is None and bool(self.url)

    @property
    def is_simulator(self) -> bool:
        """Whether it only pretends."""
        return self.url.startswith(_SIMULATOR)

    @property
    def options(self) -> CarrierOptions | None:
        """What its URL says; None when that cannot be read."""
        try:
            return options(self.url)
        except CarrierError:
            return None

    @property
    def takes(self) -> list[str]:
        """The operators whose number ranges it takes, in their usual order."""
        return [one for one in OPERATORS if one in (self.operators or OPERATORS)]


def in_order() -> list[WayOut]:
    """Return the carriers that messages may leave by, the first choice first."""
    return used(every())


def used(ways: Iterable[WayOut]) -> list[WayOut]:
    """Return those of all carriers that messages may leave by."""
    return [one for one in tried(ways) if one.is_used]


def tried(ways: Iterable[WayOut]) -> list[WayOut]:
    """Return those of all carriers that count, though some may be paused or unusable just now.

    The simulator never stands in for a real carrier: it is left out as soon as one is switched on.
    """
    found = [one for one in ways if one.active]
    return [one for one in found if not one.is_simulator] or found


def untaken(ways: Sequence[WayOut]) -> list[str]:
    """Return the operators whose numbers no carrier takes, while there are others that do."""
    taken = {operator for one in used(ways) for operator in one.takes}
    return [one for one in OPERATORS if taken and one not in taken]


def listening() -> list[WayOut]:
    """Return the carriers that are switched on; a paused one still hears receipts."""
    return [one for one in every() if one.active]


def every() -> list[WayOut]:
    """Return all carriers, the first choice first."""
    found = db.session.scalars(
        select(Carrier).order_by(Carrier.priority, Carrier.id),
        execution_options={"populate_existing": True},
    )
    return [read(carrier) for carrier in found]


def find(public_id: str) -> WayOut:
    """Return a carrier, or raise NotFound."""
    return among(every(), public_id)


def among(ways: Iterable[WayOut], public_id: str) -> WayOut:
    """Return the one of some carriers that has this id, or raise NotFound."""
    found = next((one for one in ways if one.public_id == public_id), None)
    if found is None:
        raise unknown(public_id)
    return found


def named(name: str) -> WayOut:
    """Return the carrier of this name, or raise NotFound."""
    found = next((one for one in every() if one.name == name), None)
    if found is None:
        raise unknown(name)
    return found


def shown(way: WayOut) -> dict[str, object]:
    """Return a carrier as an operator may see it: the secret in its URL is left out."""
    return {
        "name": way.name,
        "url": way.shown_url,
        "priority": way.priority,
        "operators": [one for one in OPERATORS if one in way.operators],
        "active": way.active,
        "paused": way.paused_at is not None,
    }


def unknown(name: str) -> NotFound:
    """Return the refusal of an id or a name that no carrier has."""
    return NotFound("carrier_unknown", f"There is no carrier {name[:60]!r}.")


def read(carrier: Carrier) -> WayOut:
    """Return a row as a carrier whose URL can be used."""
    return WayOut(
        id=carrier.id,
        public_id=carrier.public_id,
        name=carrier.name,
        url=vault.unseal(PURPOSE, carrier.url) or "",
        priority=carrier.priority,
        operators=frozenset(filter(None, carrier.routes.split(","))),
        active=carrier.active,
        paused_at=carrier.paused_at,
        paused_for=carrier.paused_for,
    )
