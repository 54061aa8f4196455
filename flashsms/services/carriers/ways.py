"""The carriers as senders and operators read them, their URLs unsealed."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from flashsms.carriers.urls import redact
from flashsms.extensions import db
from flashsms.models import Carrier
from flashsms.services import vault
from flashsms.services.errors import NotFound

PURPOSE = "carrier"  # of the sealed URLs
_SIMULATOR = "simulator:"


@dataclass(frozen=True, slots=True)
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

    @property
    def shown_url(self) -> str:
        """The URL as an operator may see it."""
        return redact(self.url)

    @property
    def is_used(self) -> bool:
        """Whether messages may leave by it."""
        return self.active and self.paused_at is None


def in_order() -> list[WayOut]:
    """Return the carriers that messages may leave by, the first choice first.

    The simulator never stands in for a real carrier: it is left out as soon as there is one, even
    one that is paused.
    """
    found = listening()
    real = [one for one in found if not one.url.startswith(_SIMULATOR)]
    return [one for one in real or found if one.is_used and one.url]


def listening() -> list[WayOut]:
    """Return the carriers that are switched on; a paused one still hears receipts."""
    return [one for one in every() if one.active]


def every() -> list[WayOut]:
    """Return all carriers, the first choice first."""
    found = db.session.scalars(select(Carrier).order_by(Carrier.priority, Carrier.id))
    return [read(carrier) for carrier in found]


def find(public_id: str) -> WayOut:
    """Return a carrier, or raise NotFound."""
    known = public_id if public_id.isprintable() else ""
    carrier = db.session.scalar(select(Carrier).where(Carrier.public_id == known))
    if carrier is None:
        raise unknown(public_id)
    return read(carrier)


def shown(way: WayOut) -> dict[str, object]:
    """Return a carrier as an operator may see it: the secret in its URL is left out."""
    return {
        "name": way.name,
        "url": way.shown_url,
        "priority": way.priority,
        "operators": sorted(way.operators),
        "active": way.active,
        "paused": way.paused_at is not None,
    }


def unknown(public_id: str) -> NotFound:
    """Return the refusal of an id that no carrier has."""
    return NotFound("carrier_unknown", f"There is no carrier {public_id[:40]!r}.")


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
