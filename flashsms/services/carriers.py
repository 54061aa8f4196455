"""The configured ways out: which there are and in which order they are tried."""

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import options, redact
from flashsms.extensions import db, transaction
from flashsms.models import Carrier
from flashsms.models.rows import change
from flashsms.services.errors import DomainError, NotFound

ENVIRONMENT = "environment"  # the carrier that CARRIER_URL names


def set_url(url: str, name: str = "default", priority: int = 10) -> Carrier:
    """Store a way out under `name`, replacing its URL if it exists, and switch it on."""
    try:
        options(url)
    except CarrierError as error:
        raise DomainError("bad_carrier", f"url: {error.reason}") from error
    with transaction():
        carrier = db.session.scalar(select(Carrier).where(Carrier.name == name))
        if carrier is None:
            carrier = Carrier(name=name)
            db.session.add(carrier)
        carrier.url, carrier.priority, carrier.active = url, priority, True
        db.session.flush()
    return carrier


def use_environment(url: str) -> None:
    """Make the carrier of CARRIER_URL the row it names, or switch that row off when it is unset."""
    if url:
        try:
            set_url(url, ENVIRONMENT, priority=1)
        except IntegrityError:  # another process of this installation was first
            set_url(url, ENVIRONMENT, priority=1)
        return
    with transaction():
        change(update(Carrier).where(Carrier.name == ENVIRONMENT).values(active=False))


def in_order() -> list[Carrier]:
    """Return the carriers that are switched on, the first choice first.

    The simulator never stands in for a real carrier: it is left out as soon as there is one.
    """
    found = list(
        db.session.scalars(
            select(Carrier).where(Carrier.active).order_by(Carrier.priority, Carrier.id)
        )
    )
    real = [carrier for carrier in found if not carrier.url.startswith("simulator:")]
    return real or found


def remove(name: str) -> Carrier:
    """Switch a carrier off; messages leave by the others. Raises NotFound when none is on."""
    with transaction():
        removed = change(
            update(Carrier)
            .where(Carrier.name == name, Carrier.active)
            .values(active=False)
            .returning(Carrier.id)
        ).scalar()
        if removed is None:
            raise NotFound("carrier_unknown", f"There is no carrier {name!r} that is switched on.")
        return db.session.get_one(Carrier, removed, populate_existing=True)


def shown(carrier: Carrier) -> dict[str, object]:
    """Return a carrier as an operator may see it: the secret in its URL is left out."""
    return {
        "name": carrier.name,
        "url": redact(carrier.url),
        "priority": carrier.priority,
        "active": carrier.active,
    }
