"""The carriers as senders and operators read them, their URLs unsealed."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from flask import current_app
from sqlalchemy import ColumnElement, Row, ScalarSelect, case, func, or_, select

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import CarrierOptions, options, redact
from flashsms.extensions import db
from flashsms.models import Carrier
from flashsms.models.carrier import CarrierAccount
from flashsms.services import vault
from flashsms.services.errors import NotFound
from flashsms.text.phones import OPERATORS

PURPOSE = "carrier"  # of the sealed URLs
CALLBACK = "callback"  # of the tokens in the addresses of callbacks
_SIMULATOR = "simulator:"
_SMPP = frozenset({"smpp", "smpps", "simulator"})


@dataclass(frozen=True, slots=True, repr=False)
class WayOut:
    """A carrier; `url` has its secret, and is empty when that cannot be read any more.

    `operators` are those whose number ranges it takes, none for all. Among carriers of one
    `priority` each takes batches in proportion to its `weight`. `accounts` counts those that it is
    for alone, 0 for all.
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
    weight: int = 1
    accounts: int = 0

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
    def is_http(self) -> bool:
        """Whether it is a provider that is reached over HTTP, and that reports by callbacks."""
        read = self.options
        return read is not None and read.scheme not in _SMPP

    @property
    def callback(self) -> str:
        """Where its provider reports to, without the last step; empty when it has no callbacks."""
        if not self.is_http:
            return ""
        secret = vault.token(CALLBACK, self.public_id)
        return f"{current_app.config['PUBLIC_URL']}/callbacks/{self.public_id}/{secret}"

    @property
    def dialled(self) -> str:
        """The URL as a session opens it: with its callbacks, unless the operator gave others."""
        read = self.options
        if read is None or read.callback or not self.is_http:
            return self.url
        more = urlencode({"callback": self.callback})
        return f"{self.url}{'&' if '?' in self.url else '?'}{more}"

    @property
    def takes(self) -> list[str]:
        """The operators whose number ranges it takes, in their usual order."""
        return [one for one in OPERATORS if one in (self.operators or OPERATORS)]


def in_order() -> list[WayOut]:
    """Return the carriers that messages may leave by, the first choice first."""
    return used(every())


def in_order_for(account_id: int) -> list[WayOut]:
    """Return the carriers that an account's messages may leave by: its own and those for all.

    One that is for others hides the simulator all the same: an installation with a real carrier
    never pretends to send.
    """
    found = [(read(one), is_for) for one, is_for in _rows(_is_for(account_id))]
    mine = {one.id for one, is_for in found if is_for}
    return [one for one in used(one for one, _ in found) if one.id in mine]


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
    """Return the operators whose numbers no carrier takes, while there are others that do.

    Carriers that are for some accounts alone are left out: they take nobody else's.
    """
    taken = {operator for one in used(ways) if not one.accounts for operator in one.takes}
    return [one for one in OPERATORS if taken and one not in taken]


def listening() -> list[WayOut]:
    """Return the carriers that are switched on; a paused one still hears receipts."""
    return [one for one in every() if one.active]


def every() -> list[WayOut]:
    """Return all carriers, the first choice first."""
    return [read(carrier, count) for carrier, count in _rows(_accounts())]


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
        "weight": way.weight,
        "operators": [one for one in OPERATORS if one in way.operators],
        "active": way.active,
        "paused": way.paused_at is not None,
    }


def unknown(name: str) -> NotFound:
    """Return the refusal of an id or a name that no carrier has."""
    return NotFound("carrier_unknown", f"There is no carrier {name[:60]!r}.")


def _rows(beside: ColumnElement[int] | ScalarSelect[int]) -> Sequence[Row[Carrier, int]]:
    """Return all carriers in their order, each with a figure, by one statement."""
    return db.session.execute(
        select(Carrier, beside).order_by(Carrier.priority, Carrier.id),
        execution_options={"populate_existing": True},
    ).all()


def _accounts() -> ScalarSelect[int]:
    """How many accounts a carrier is for, 0 for all."""
    counted = select(func.count()).select_from(CarrierAccount)
    return counted.where(CarrierAccount.carrier_id == Carrier.id).scalar_subquery()


def _is_for(account_id: int) -> ColumnElement[int]:
    anybody = select(CarrierAccount.carrier_id).where(CarrierAccount.carrier_id == Carrier.id)
    mine = anybody.where(CarrierAccount.account_id == account_id)
    return case((or_(~anybody.exists(), mine.exists()), 1), else_=0)


def read(carrier: Carrier, accounts: int = 0) -> WayOut:
    """Return a row as a carrier whose URL can be used; `accounts` is how many it is for."""
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
        weight=carrier.weight,
        accounts=accounts,
    )
