"""What only the operator can mend about a carrier, such as a wrong password: it is paused, once.

Every worker sees the fault in its own session. The first to change the row writes the audit entry
and has the operators told; for the others it is paused already.
"""

import logging
from collections.abc import Mapping
from functools import partial

from sqlalchemy import select, update

from flashsms.carriers.contract import CarrierStats
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import Carrier, User, now
from flashsms.models.rows import change
from flashsms.services import audit, mail
from flashsms.services.audit import Action
from flashsms.services.carriers.failing import MEND
from flashsms.services.carriers.ways import WayOut, read, shown
from flashsms.services.people import letters

log = logging.getLogger(__name__)

_LONGEST = 200  # characters of the reason that a carrier is paused for


def pause_for_fault(carrier_id: int, fault: str) -> bool:
    """Pause a carrier that says what the operator must mend, and tell every operator by mail.

    Returns whether this changed anything: one that is paused or switched off stays as it is.
    """
    said = " ".join(fault.split())[: _LONGEST - len(MEND) - 2].rstrip(".")
    in_use = Carrier.active & Carrier.paused_at.is_(None)
    pausing = update(Carrier).where(Carrier.id == carrier_id, in_use)
    with transaction():
        paused = change(pausing.values(paused_at=now(), paused_for=f"{said}. {MEND}"))
        if paused.rowcount == 0:
            return False
        carrier = db.session.get_one(Carrier, carrier_id, populate_existing=True)
        after = shown(read(carrier)) | {"reason": carrier.paused_for}
        audit.record(Action.CARRIER_PAUSED, carrier.name, None, after=after)
        _tell(carrier)
        on_commit(
            partial(log.warning, "Carrier %s is paused: %s", carrier.name, carrier.paused_for)
        )
    return True


class Faults:
    """One worker's eye on the faults of its sessions; remembers those that led to a pause."""

    def __init__(self) -> None:
        self._paused: set[int] = set()

    def look(self, ways: Mapping[int, WayOut], stats: Mapping[int, CarrierStats]) -> list[int]:
        """Pause the carriers (by id) that have a new fault, and return those to open anew.

        One that was paused and is used again, while its session still tells of what was mended,
        gets a new session: only a fault of that one counts.
        """
        resumed = []
        for carrier_id, way in ways.items():
            fault = stats[carrier_id].fault if carrier_id in stats else ""
            if not fault:
                self._paused.discard(carrier_id)
            elif way.paused_at is not None:
                self._paused.add(carrier_id)
            elif carrier_id in self._paused:
                self._paused.discard(carrier_id)
                resumed.append(carrier_id)
            else:
                self._paused.add(carrier_id)
                pause_for_fault(carrier_id, fault)
        return resumed


def _tell(carrier: Carrier) -> None:
    """Queue a letter for each operator once all is committed; the log and the pages tell it."""
    if not mail.is_set():
        return
    operators = db.session.scalars(select(User.public_id).where(User.is_admin).order_by(User.id))
    for user_id in operators:
        key = f"{carrier.public_id} {user_id}"
        on_commit(partial(letters.send_soon, letters.FAULT, key))
