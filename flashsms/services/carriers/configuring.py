"""Adding and changing carriers: decisions of an operator, each written to the audit log."""

from collections.abc import Collection
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, select, update
from sqlalchemy.exc import IntegrityError

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import options
from flashsms.extensions import db, transaction
from flashsms.models import Carrier, now
from flashsms.models.rows import change
from flashsms.services import audit, vault
from flashsms.services.audit import Action
from flashsms.services.carriers.ways import PURPOSE, read, shown, unknown
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.text.phones import OPERATORS

ENVIRONMENT = "environment"  # the carrier that CARRIER_URL names
LONGEST_NAME = 60
LONGEST_REASON = 200
FARTHEST = 1000  # the highest priority number

_HIDDEN = "***"  # what stands for a password that is shown


def add(name: str, url: str, *, priority: int = 10, operators: Collection[str] = ()) -> Carrier:
    """Add a way out and use it at once. Raises DomainError naming the field that is wrong."""
    values = _checked(name, url, priority, operators)
    with transaction():
        carrier = Carrier(**values, url=vault.seal(PURPOSE, url))
        db.session.add(carrier)
        _flush(name)
        audit.record(Action.CARRIER_ADDED, carrier.name, None, after=shown(read(carrier)))
    return carrier


def edit(
    public_id: str, name: str, url: str, *, priority: int, operators: Collection[str]
) -> Carrier:
    """Change a carrier. A password that is given as *** stays what it is, on the same host.

    Raises DomainError naming the field that is wrong, or NotFound.
    """
    with transaction():
        carrier = _one(public_id)
        before = shown(read(carrier))
        whole = _with_secret(url, vault.unseal(PURPOSE, carrier.url) or "")
        for column, value in _checked(name, whole, priority, operators).items():
            setattr(carrier, column, value)
        carrier.url = vault.seal(PURPOSE, whole)
        _flush(name)
        _note_change(carrier, before)
    return carrier


def set_url(url: str, name: str = "default", priority: int = 10) -> Carrier:
    """Store a way out under `name`, replacing its URL if it exists, and switch it on."""
    with transaction():
        carrier = db.session.scalar(select(Carrier).where(Carrier.name == name).with_for_update())
        if carrier is None:
            return add(name, url, priority=priority)
        before, was = shown(read(carrier)), vault.unseal(PURPOSE, carrier.url)
        _check_url(url)
        carrier.url, carrier.priority, carrier.active = vault.seal(PURPOSE, url), priority, True
        if shown(read(carrier)) != before or url != was:
            _note_change(carrier, before)
    return carrier


def use_environment(url: str) -> None:
    """Make the carrier of CARRIER_URL the row it names, or switch that row off when it is unset."""
    if url:
        try:
            set_url(url, ENVIRONMENT, priority=1)
        except DomainError as error:
            if error.code != "name_taken":
                raise
            set_url(url, ENVIRONMENT, priority=1)  # another process of this installation was first
        return
    with transaction():
        change(update(Carrier).where(Carrier.name == ENVIRONMENT).values(active=False))


def pause(public_id: str, reason: str) -> Carrier:
    """Send nothing more by a carrier, and go on hearing its receipts.

    Raises NotFound when there is none that is in use.
    """
    why = line("reason", reason, LONGEST_REASON)
    if why is None:
        raise DomainError("bad_reason", "reason must say why the carrier is paused.")
    in_use = Carrier.active & Carrier.paused_at.is_(None)
    return _switch(public_id, in_use, Action.CARRIER_PAUSED, paused_at=now(), paused_for=why)


def resume(public_id: str) -> Carrier:
    """Send by a paused carrier again."""
    paused = Carrier.paused_at.is_not(None)
    return _switch(public_id, paused, Action.CARRIER_RESUMED, paused_at=None, paused_for=None)


def remove(public_id_or_name: str) -> Carrier:
    """Switch a carrier off; messages leave by the others. Raises NotFound when none is on."""
    return _switch(public_id_or_name, Carrier.active.is_(True), Action.CARRIER_OFF, active=False)


def switch_on(public_id: str) -> Carrier:
    """Use a carrier that was switched off again."""
    return _switch(public_id, Carrier.active.is_(False), Action.CARRIER_ON, active=True)


def _switch(
    public_id_or_name: str,
    came_from: ColumnElement[bool],
    action: Action,
    **values: Any,
) -> Carrier:
    known = public_id_or_name if public_id_or_name.isprintable() else ""
    called = (Carrier.public_id == known) | (Carrier.name == known)
    with transaction():
        id = change(
            update(Carrier).where(called, came_from).values(values).returning(Carrier.id)
        ).scalar()
        if id is None:
            raise NotFound(
                "carrier_unknown", f"There is no carrier {known[:60]!r} to which this applies."
            )
        carrier = db.session.get_one(Carrier, id, populate_existing=True)
        audit.record(action, carrier.name, None, after=shown(read(carrier)) | _reason(carrier))
    return carrier


def _reason(carrier: Carrier) -> dict[str, object]:
    return {"reason": carrier.paused_for} if carrier.paused_for else {}


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
    name: str, url: str, priority: int, operators: Collection[str]
) -> dict[str, str | int]:
    """Return the columns of a carrier but for its URL."""
    wanted = line("name", name, LONGEST_NAME)
    if wanted is None:
        raise DomainError("bad_name", "name must not be empty.")
    _check_url(url)
    if not 1 <= priority <= FARTHEST:
        raise DomainError("bad_priority", f"priority must be from 1 to {FARTHEST:,}.")
    if strange := sorted(set(operators) - set(OPERATORS)):
        known = ", ".join(OPERATORS)
        raise DomainError("bad_operator", f"operators: {strange[0][:40]!r} is none of {known}.")
    routes = ",".join(one for one in OPERATORS if one in operators)
    return {"name": wanted, "priority": priority, "routes": routes}


def _check_url(url: str) -> None:
    try:
        options(url)
    except CarrierError as error:
        raise DomainError("bad_carrier", f"url: {error.reason}") from error


def _with_secret(given: str, stored: str) -> str:
    """Put the stored password where *** stands, unless it would go to somebody else."""
    try:
        new, old = urlsplit(given), urlsplit(stored)
        same = _whom(new) == _whom(old)
    except ValueError:  # a URL that cannot be read is refused by whoever checks it
        return given
    if new.password != _HIDDEN:
        return given
    if not same:
        raise DomainError(
            "bad_carrier", "url: type the password again, because the host or the user changed."
        )
    credentials, at, _ = stored.partition("://")[2].rpartition("@")
    address = given.partition("://")[2].rpartition("@")[2]
    return f"{new.scheme}://{credentials}{at}{address}"


def _whom(split: Any) -> tuple[object, ...]:
    return split.scheme, split.username, split.hostname, split.port


def _flush(name: str) -> None:
    try:
        db.session.flush()
    except IntegrityError as error:
        raise DomainError("name_taken", f"name: there is a carrier {name!r} already.") from error


def _note_change(carrier: Carrier, before: dict[str, object]) -> None:
    audit.record(
        Action.CARRIER_CHANGED, carrier.name, None, before=before, after=shown(read(carrier))
    )
