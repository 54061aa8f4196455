"""Adding and changing carriers: decisions of an operator, each written to the audit log."""

from collections.abc import Collection
from functools import partial

from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import options
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Carrier, InboundNumber, now
from flashsms.models.rows import change
from flashsms.services import audit, vault
from flashsms.services.audit import Action
from flashsms.services.carriers import breaker, clients
from flashsms.services.carriers.hiding import is_another, with_stored
from flashsms.services.carriers.ways import PURPOSE, read, shown, unknown
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError
from flashsms.text.phones import OPERATORS

ENVIRONMENT = "environment"  # the carrier that CARRIER_URL names
LONGEST_NAME = 60
LONGEST_URL = 500
FARTHEST = 1000  # the highest priority number
HEAVIEST = 1000  # the highest weight
USUAL = 10  # the priority of a carrier for which none is given


def add(
    name: str,
    url: str,
    *,
    priority: int = USUAL,
    weight: int = 1,
    operators: Collection[str] = (),
    accounts: Collection[str] = (),
) -> Carrier:
    """Add a way out and use it at once; `accounts` are e-mails or ids of those it is for alone.

    Raises DomainError naming the field that is wrong.
    """
    whole = checked_url(with_stored(url, None))
    values = _checked(name, priority, weight, operators)
    with transaction():
        carrier = Carrier(**values, url=vault.seal(PURPOSE, whole))
        db.session.add(carrier)
        _flush(carrier.name)
        clients.put(carrier.id, clients.wanted(accounts))
        audit.record(Action.CARRIER_ADDED, carrier.name, None, after=_shown(carrier))
    return carrier


def edit(
    public_id: str,
    name: str,
    url: str,
    *,
    priority: int,
    weight: int = 1,
    operators: Collection[str],
    accounts: Collection[str] = (),
) -> Carrier:
    """Change a carrier, and close its circuit breaker. A password that is given as *** stays what
    it is, on the same host.

    With another host, port or user it is another service: that gets a row and an id of its own.
    Raises DomainError naming the field that is wrong, or NotFound.
    """
    values = _checked(name, priority, weight, operators)
    with transaction():
        carrier = _one(public_id)
        before, stored = _shown(carrier), vault.unseal(PURPOSE, carrier.url)
        whole = checked_url(with_stored(url, stored))
        if is_another(whole, stored):
            carrier = _succeed(carrier)
        for column, value in values.items():
            setattr(carrier, column, value)
        carrier.url = vault.seal(PURPOSE, whole)
        _flush(carrier.name)
        clients.put(carrier.id, clients.wanted(accounts))
        _note_change(carrier, before, stored)
    return carrier


def set_url(
    url: str,
    name: str = "default",
    priority: int | None = None,
    *,
    weight: int | None = None,
    operators: Collection[str] = (),
    accounts: Collection[str] = (),
) -> Carrier:
    """Store a way out under `name`, replacing its URL if it exists, and switch it on.

    One that exists keeps what is not given.
    """
    with transaction():
        carrier = db.session.scalar(
            select(Carrier).where(Carrier.name == checked_name(name)).with_for_update(),
            execution_options={"populate_existing": True},
        )
        if carrier is None:
            return add(
                name,
                url,
                priority=USUAL if priority is None else priority,
                weight=1 if weight is None else weight,
                operators=operators,
                accounts=accounts,
            )
        before, stored = _shown(carrier), vault.unseal(PURPOSE, carrier.url)
        whole = checked_url(with_stored(url, stored))
        if is_another(whole, stored):
            carrier = _succeed(carrier)
        carrier.url, carrier.active = vault.seal(PURPOSE, whole), True
        _put(carrier, priority, weight, operators, accounts)
        _note_change(carrier, before, stored)
    return carrier


def use_environment(url: str) -> None:
    """Make the carrier of CARRIER_URL the row it names, or switch that row off when it is unset.

    What changes nothing is not written to the audit log: it is done with every start.
    """
    if url:
        try:
            _set_environment(url)
        except DomainError as error:
            if error.code != "name_taken":
                raise
            _set_environment(url)  # another process of this installation was first
        return
    with transaction():
        unset = update(Carrier).where(Carrier.name == ENVIRONMENT, Carrier.active)
        if change(unset.values(active=False)).rowcount:
            audit.record(Action.CARRIER_OFF, ENVIRONMENT, None, after={"CARRIER_URL": "not set"})


def checked_name(given: str) -> str:
    """Return the name of a carrier. Raises DomainError bad_name."""
    try:
        name = line("name", given, LONGEST_NAME)
    except DomainError as error:
        raise DomainError("bad_name", error.sentence) from error
    if name is None:
        raise DomainError("bad_name", "name must not be empty.")
    return name


def checked_url(given: str) -> str:
    """Return a URL that describes a carrier. Raises DomainError bad_carrier, without the secret."""
    try:
        url = line("url", given, LONGEST_URL) or ""
    except DomainError as error:
        raise DomainError("bad_carrier", error.sentence) from error
    if len(url.split()) > 1:
        raise DomainError("bad_carrier", "url must have no blanks; in a password write %20.")
    try:
        options(url)
    except CarrierError as error:
        raise DomainError("bad_carrier", f"url: {error.reason}") from None
    return url


def checked_priority(given: int) -> int:
    """Return a number of the order. Raises DomainError bad_priority."""
    if not 1 <= given <= FARTHEST:
        raise DomainError("bad_priority", f"priority must be from 1 to {FARTHEST:,}.")
    return given


def checked_weight(given: int) -> int:
    """Return a share of the traffic. Raises DomainError bad_weight."""
    if not 1 <= given <= HEAVIEST:
        raise DomainError("bad_weight", f"weight must be from 1 to {HEAVIEST:,}.")
    return given


def _set_environment(url: str) -> None:
    with transaction():
        known = db.session.scalar(select(Carrier.id).where(Carrier.name == ENVIRONMENT))
        set_url(url, ENVIRONMENT, priority=1 if known is None else None)


def _put(
    carrier: Carrier,
    priority: int | None,
    weight: int | None,
    operators: Collection[str],
    accounts: Collection[str],
) -> None:
    """Change what is given of a carrier's place among the others."""
    if priority is not None:
        carrier.priority = checked_priority(priority)
    if weight is not None:
        carrier.weight = checked_weight(weight)
    if operators:
        carrier.routes = _routes(operators)
    if accounts:
        clients.put(carrier.id, clients.wanted(accounts))


def _succeed(old: Carrier) -> Carrier:
    """Make the carrier a new row: ids in receipts of another service are not those of the old one.

    The old row is switched off under a name of its own, for what left by it refers to it. Numbers
    are answered by the new one.
    """
    name, old.active = old.name, False
    old.name = f"{name[: LONGEST_NAME - 30]} until {now():%Y-%m-%d %H:%M:%S.%f}"[:LONGEST_NAME]
    db.session.flush()
    new = Carrier(
        name=name,
        url=old.url,
        priority=old.priority,
        weight=old.weight,
        routes=old.routes,
        active=True,
        paused_at=old.paused_at,
        paused_for=old.paused_for,
    )
    db.session.add(new)
    db.session.flush()
    clients.put(new.id, clients.ids_of(old.id))
    numbers = update(InboundNumber).where(InboundNumber.carrier_id == old.id)
    change(numbers.values(carrier_id=new.id))
    return new


def _one(public_id: str) -> Carrier:
    known = public_id if public_id.isprintable() else ""
    carrier = db.session.scalar(
        select(Carrier).where(Carrier.public_id == known).with_for_update(),
        execution_options={"populate_existing": True},
    )
    if carrier is None:
        raise unknown(public_id)
    return carrier


def _checked(
    name: str, priority: int, weight: int, operators: Collection[str]
) -> dict[str, str | int]:
    """Return the columns of a carrier but for its URL."""
    return {
        "name": checked_name(name),
        "priority": checked_priority(priority),
        "weight": checked_weight(weight),
        "routes": _routes(operators),
    }


def _routes(operators: Collection[str]) -> str:
    """Return operators as they are stored, nothing for all of them."""
    if strange := sorted(set(operators) - set(OPERATORS)):
        known = ", ".join(OPERATORS)
        raise DomainError("bad_operator", f"operators: {strange[0][:40]!r} is none of {known}.")
    taken = [one for one in OPERATORS if one in operators]
    return "" if len(taken) == len(OPERATORS) else ",".join(taken)


def _shown(carrier: Carrier) -> dict[str, object]:
    return shown(read(carrier)) | clients.shown(carrier.id)


def _flush(name: str) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError("name_taken", f"name: there is a carrier {name!r} already.") from error


def _note_change(carrier: Carrier, before: dict[str, object], stored: str | None) -> None:
    """Write down what changed, of the password only that it did; and give it a new chance."""
    on_commit(partial(breaker.close, carrier.id))
    way = read(carrier)
    after = _shown(carrier)
    if way.url == stored and after == before:
        return
    if way.url != stored and after["url"] == before["url"]:
        after["password"] = "changed"  # noqa: S105  (not one)
    audit.record(Action.CARRIER_CHANGED, carrier.name, None, before=before, after=after)
