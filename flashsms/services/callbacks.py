"""What providers that are reached over HTTP tell us of their own accord."""

import hmac
import logging

from sqlalchemy import select
from sqlalchemy.exc import DataError, SQLAlchemyError

from flashsms.carriers import urls
from flashsms.carriers.contract import CarrierError, Inbound, Receipt
from flashsms.carriers.http.provider import (
    Call,
    CallRefusedError,
    CallUnreadableError,
    Heard,
    Provider,
)
from flashsms.extensions import db
from flashsms.models import Carrier
from flashsms.services import inbound, receipts, vault
from flashsms.services.carriers import ways
from flashsms.services.errors import DomainError, NotFound

log = logging.getLogger(__name__)


class Unavailable(DomainError):
    """What could not be stored just now: the provider is to call again."""

    status = 503

    def __init__(self) -> None:
        super().__init__("unavailable", "This could not be stored. Call again.")


class Refused(DomainError):
    """A call with the right secret that is not the provider's: its signature is wrong."""

    status = 403

    def __init__(self) -> None:
        super().__init__("callback_refused", "There is nothing here.")


def hear(carrier_id: str, secret: str, call: Call) -> Heard:
    """Store what a call to a carrier's callback tells; once this returns, it may be acknowledged.

    A carrier that is switched off is heard, too: what left by it is still reported on. Raises
    NotFound, whether there is no such carrier, it has no callbacks, or the secret is wrong; Refused
    for a wrong signature, DomainError bad_callback for a call that cannot be read or stored,
    Unavailable when the database fails.
    """
    try:
        id, provider = _find(carrier_id, secret)
        heard = _read(provider, carrier_id, call)
        receipts.apply(id, [one for one in heard.arrivals if isinstance(one, Receipt)])
        inbound.take(id, [one for one in heard.arrivals if isinstance(one, Inbound)])
    except (DataError, UnicodeError) as error:  # never gets better: it must not come for ever
        log.exception("A callback of carrier %s holds what cannot be stored.", carrier_id[:40])
        raise DomainError("bad_callback", "This call holds what cannot be stored.") from error
    except SQLAlchemyError as error:
        log.exception("A callback of carrier %s was not stored.", carrier_id[:40])
        raise Unavailable from error
    except DomainError:
        raise
    except Exception as error:  # Flask would log the address, and the secret with it
        log.exception("A callback of carrier %s met a fault of ours.", carrier_id[:40])
        raise Unavailable from error
    return heard


def _find(carrier_id: str, secret: str) -> tuple[int, Provider]:
    expected = vault.token(ways.CALLBACK, carrier_id)
    if not hmac.compare_digest(secret.encode(), expected.encode()):
        raise _unknown()
    row = db.session.scalar(select(Carrier).where(Carrier.public_id == carrier_id))
    if row is None:
        raise _unknown()
    way = ways.read(row)
    try:
        return way.id, urls.provider(way.dialled)
    except CarrierError as error:  # SMPP, or a URL that cannot be unsealed any more
        raise _unknown() from error


def _read(provider: Provider, carrier_id: str, call: Call) -> Heard:
    try:
        return provider.hear(call)
    except CallRefusedError as error:
        log.warning("A callback to carrier %s was refused: %s", carrier_id, error)
        raise Refused from error
    except CallUnreadableError as error:
        log.warning("A callback to carrier %s cannot be read: %s", carrier_id, error)
        raise DomainError("bad_callback", f"This call cannot be read: {error}") from error


def _unknown() -> NotFound:
    return NotFound("callback_unknown", "There is nothing here.")
