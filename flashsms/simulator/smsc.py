"""The message centre behind the simulator's connections: ids, refusals, receipts."""

import asyncio
import time
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Protocol, TextIO

from flashsms.carriers.smpp.pdu import (
    DELIVERY_RECEIPT,
    MESSAGE_STATE,
    RECEIPTED_MESSAGE_ID,
    ShortMessage,
    encode_message,
)
from flashsms.carriers.smpp.receipts import MESSAGE_STATES
from flashsms.carriers.smpp.status import THROTTLED
from flashsms.simulator.magic import SOON, Magic, behaviour
from flashsms.simulator.record import Record, part_of, text_of, write_line

_STATE_NUMBERS = {word: number for number, word in MESSAGE_STATES.items()}


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the simulator is set up.

    `tps` parts a second over all binds, 0 for no limit; `latency` seconds before each answer;
    `late` seconds before a late receipt; `redeliver` seconds before a receipt that was not taken
    comes again; `users` system id to password, empty to let everybody in. `packed` says that texts
    with data_coding 0 come as packed septets, which cannot be seen from outside.
    """

    tps: float = 0.0
    latency: float = 0.0
    late: float = 5.0
    redeliver: float = 1.0
    users: Mapping[str, str] = field(default_factory=dict)
    packed: bool = False


class Bind(Protocol):
    """A connection as the message centre sees it."""

    system_id: str

    def deliver(self, bodies: Iterable[bytes]) -> None:
        """Send receipts, each until it is acknowledged."""


class Smsc:
    """State shared by all connections; lives on one asyncio loop.

    `record` keeps what was seen, for tests; `log` gets a line for each submission before its
    answer is written, for tests that kill processes. Either may be None.
    """

    def __init__(
        self, settings: Behaviour, record: Record | None = None, log: TextIO | None = None
    ) -> None:
        self.settings = settings
        self._record = record
        self._log = log
        self._last_id = time.time_ns() // 1000  # so that no id comes again after a restart
        self._refused_once: set[tuple[str, bytes]] = set()
        self._tokens = settings.tps
        self._refilled = time.monotonic()
        self._binds: dict[str, list[Bind]] = {}
        self._homeless: dict[str, deque[bytes]] = {}

    def join(self, bind: Bind) -> None:
        """A bind that receives: it gets what waits for its system id."""
        self._binds.setdefault(bind.system_id, []).append(bind)
        waiting = self._homeless.pop(bind.system_id, None)
        if waiting:
            bind.deliver(waiting)

    def leave(self, bind: Bind, unacknowledged: Iterable[bytes]) -> None:
        """A bind that is gone: another one gets its receipts, now or later."""
        binds = self._binds.get(bind.system_id, [])
        if bind in binds:
            binds.remove(bind)
        self.deliver(bind, unacknowledged)

    def deliver(self, bind: Bind, bodies: Iterable[bytes]) -> None:
        """Send receipts to a bind, or to another of its system id, or keep them for the next."""
        binds = self._binds.get(bind.system_id, [])
        bodies = list(bodies)
        if bind in binds:
            bind.deliver(bodies)
        elif binds:
            binds[0].deliver(bodies)
        elif bodies:
            self._homeless.setdefault(bind.system_id, deque()).extend(bodies)

    def submit(self, message: ShortMessage) -> tuple[int, str]:
        """Take or refuse a part: its command_status, and its id if it was taken."""
        status = self._refusal(message)
        message_id = "" if status else self._next_id()
        if self._log is not None:
            write_line(self._log, message, message_id, status)
        if self._record is not None and status:
            self._record.refused[message.destination] += 1
        elif self._record is not None:
            self._record.take(message)
        return status, message_id

    def flush_log(self) -> None:
        """Hand the lines to the system, so that they survive the death of this process."""
        if self._log is not None:
            self._log.flush()

    def _next_id(self) -> str:
        self._last_id += 1
        return str(self._last_id)

    def _refusal(self, message: ShortMessage) -> int:
        if self.settings.tps and not self._spend_token():
            return THROTTLED
        magic = behaviour(message.destination)
        if not magic.refusal or not magic.first_time:
            return magic.refusal
        _, total, number = part_of(message)
        key = (message.destination, bytes((total, number)) + text_of(message))
        if key in self._refused_once:
            self._refused_once.remove(key)
            return 0
        self._refused_once.add(key)
        return magic.refusal

    def _spend_token(self) -> bool:
        """A bucket that holds a tenth of a second, at least one."""
        now, tps = time.monotonic(), self.settings.tps
        self._tokens += (now - self._refilled) * tps
        self._tokens = min(self._tokens, max(1.0, tps / 10))
        self._refilled = now
        if self._tokens < 1.0:
            return False
        self._tokens -= 1.0
        return True


def wants_receipt(message: ShortMessage, magic: Magic) -> bool:
    """What registered_delivery asks for: 1 always, 2 only for failures."""
    wanted = message.registered_delivery & 3
    return bool(magic.stat) and (wanted == 1 or (wanted == 2 and magic.stat != "DELIVRD"))


def delay(magic: Magic, settings: Behaviour) -> float:
    """Seconds from the submission to the receipt."""
    return settings.late if magic.late else SOON


def receipt(message: ShortMessage, message_id: str, magic: Magic) -> bytes:
    """The body of the deliver_sm for one part: the usual text, and the optional parameters."""
    written = f"{int(message_id):X}" if magic.hexadecimal else message_id
    text = (
        f"id:{written} sub:001 dlvrd:{int(magic.stat == 'DELIVRD'):03d} {_dates()} "
        f"stat:{magic.stat} err:{magic.error:03d} text:"
    )
    return encode_message(
        ShortMessage(
            source=message.destination,
            destination=message.source,
            text=text.encode("latin-1"),
            source_ton=message.dest_ton,
            source_npi=message.dest_npi,
            dest_ton=message.source_ton,
            dest_npi=message.source_npi,
            esm_class=DELIVERY_RECEIPT,
            tlvs={
                RECEIPTED_MESSAGE_ID: written.encode("latin-1") + b"\0",
                MESSAGE_STATE: bytes((_STATE_NUMBERS[magic.stat],)),
            },
        )
    )


def _dates() -> str:
    now = datetime.now(UTC).strftime("%y%m%d%H%M%S")
    return f"submit date:{now} done date:{now}"


class Postman:
    """Receipts on their way, one timer for all parts of one read with the same delay."""

    def __init__(self, smsc: Smsc, bind: Bind) -> None:
        self._smsc = smsc
        self._bind = bind
        self._bags: dict[float, list[tuple[ShortMessage, str, Magic]]] = {}

    def post(self, message: ShortMessage, message_id: str, magic: Magic) -> None:
        """Keep one until `leave`."""
        wait = delay(magic, self._smsc.settings)
        self._bags.setdefault(wait, []).append((message, message_id, magic))

    def leave(self) -> None:
        """Start the timers."""
        bags, self._bags = self._bags, {}
        for wait, bag in bags.items():
            asyncio.get_running_loop().call_later(wait, self._arrive, bag)

    def _arrive(self, bag: list[tuple[ShortMessage, str, Magic]]) -> None:
        bodies = (receipt(*item) for item in bag for _ in range(item[2].copies))
        self._smsc.deliver(self._bind, bodies)
