"""How each carrier stands, in a word and a sentence for whoever looks after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import combinations

from flashsms.carriers.contract import CarrierError, Fate
from flashsms.carriers.http.provider import AskedProvider
from flashsms.carriers.urls import provider
from flashsms.models import now
from flashsms.services.carriers import watching
from flashsms.services.carriers.breaker import Held
from flashsms.services.carriers.failing import MEND
from flashsms.services.carriers.hiding import is_shared
from flashsms.services.carriers.watching import Condition
from flashsms.services.carriers.ways import WayOut, tried, untaken
from flashsms.text.phones import OPERATORS

_RETYPE = "Its secret cannot be read, because SECRET_KEY changed: enter the URL again."
_STANDS_BY = "It only pretends to send, and is not used while another carrier is switched on."
_UNTOLD = "Redis cannot be reached, so nobody knows."
_UNHEARD = "No worker has told of it. A worker that runs does so within seconds."


class State(StrEnum):
    """Where a carrier stands."""

    UP = "up"
    HELD = "held back"
    DOWN = "down"
    PAUSED = "paused"
    OFF = "switched off"
    STANDS_BY = "stands by"
    UNREADABLE = "unusable"
    UNTOLD = "not known"


@dataclass(frozen=True, slots=True)
class Standing:
    """A carrier and how it does; `condition` is None when Redis is away.

    `share` is its part (0 to 1) of what all carriers took in the last 24 hours, None of nothing.
    """

    way: WayOut
    state: State
    sentence: str
    condition: Condition | None
    share: float | None = None

    @property
    def is_tried(self) -> bool:
        """Whether it has a place in the order."""
        return self.state not in (State.OFF, State.STANDS_BY)

    @property
    def limit(self) -> float:
        """Parts a second that it is given at most, 0 for no limit."""
        return self.way.options.tps if self.way.options else 0.0


def of(ways: Sequence[WayOut], wanted: Sequence[WayOut] | None = None) -> list[Standing]:
    """Return how all carriers stand, or the `wanted` ones of them; one trip to Redis."""
    ids = {one.id for one in tried(ways)}
    conditions = watching.conditions(one.id for one in ways) or {}
    total = sum(_taken(one) for one in conditions.values())
    found = [(one, conditions.get(one.id)) for one in (ways if wanted is None else wanted)]
    return [
        Standing(
            one,
            *_state(one, condition, one.id in ids),
            condition,
            _taken(condition) / total if condition and total else None,
        )
        for one, condition in found
    ]


def waiting(standings: Sequence[Standing]) -> list[str]:
    """Say which messages wait because of the carriers, a sentence each; nothing when all leave.

    Carriers that are for some accounts alone are left out: they take nobody else's.
    """
    held = " and not held back" if any(one.state is State.HELD for one in standings) else ""
    said = []
    if nothing := nothing_leaves(standings):
        said.append(
            f"Nothing leaves: no carrier that may be used is connected{held}. Messages wait, and "
            "are refunded when they expire."
        )
    if never := untaken([one.way for one in standings]):
        said.append(
            f"No carrier in use takes numbers of {', '.join(never)}. Messages to them wait, and "
            "are refunded when they expire."
        )
    away = [] if nothing else [one for one in _untaken_now(standings) if one not in never]
    if away:
        who = f"carrier that is connected{held}" if held else "connected carrier"
        rest = " but for some accounts" if any(one.way.accounts for one in standings) else ""
        said.append(f"{', '.join(away)}: no {who} takes them{rest}, so their messages wait.")
    return said


def _untaken_now(standings: Sequence[Standing]) -> list[str]:
    """Return the operators whose numbers no connected carrier takes, as far as is known."""
    fine = [one.way for one in standings if one.is_tried and one.state in (State.UP, State.UNTOLD)]
    taken = {operator for one in fine if not one.accounts for operator in one.takes}
    return [one for one in OPERATORS if one not in taken]


def doubled(standings: Sequence[Standing]) -> list[str]:
    """Say which carriers share an SMSC's account, a sentence each: receipts come to either."""
    active = [one.way for one in standings if one.way.active and one.way.url]
    return [
        f"{one.name} and {other.name} have the same account at the same SMSC. A receipt that comes "
        "by the one for what left by the other is not understood: switch one of them off, and "
        "write binds=2 into the other's URL for a second connection."
        for one, other in combinations(active, 2)
        if is_shared(one.url, other.url)
    ]


def nothing_leaves(standings: Sequence[Standing]) -> bool:
    """Whether messages wait: no carrier that may be used is connected, as far as is known."""
    tried_ones = [one for one in standings if one.is_tried]
    return all(one.state not in (State.UP, State.UNTOLD) for one in tried_ones)


def _state(way: WayOut, condition: Condition | None, is_tried: bool) -> tuple[State, str]:
    if not way.active:
        return State.OFF, f"Nothing is sent by it; {hearing(way, condition)}."
    if not is_tried:
        return State.STANDS_BY, _STANDS_BY
    if not way.url:
        return State.UNREADABLE, _RETYPE
    if way.paused_at:
        return State.PAUSED, _paused(way, condition)
    return _connected(condition)


def rest(used: Sequence[WayOut]) -> str:
    """Say what becomes of messages now that a carrier is gone and these are `used`."""
    if not used:
        return "Nothing leaves: no other carrier is in use. Messages wait, and are refunded later."
    if any(one.is_simulator for one in used):
        return "The simulator answers now: messages cost credits, look delivered, reach nobody."
    return f"Messages leave by {', '.join(one.name for one in used)}."


def hearing(way: WayOut, condition: Condition | None) -> str:
    """Say whether a carrier that nothing is sent by is heard all the same, to end a sentence."""
    if way.is_http and not _is_asked(way):  # its provider calls, whoever is connected
        return "its receipts are still heard"
    if not way.active:
        return "its receipts are not heard"
    if condition is None:
        return "whether its receipts are heard is not known"
    if condition.ready:
        return "its receipts are still heard"
    return "its receipts are not heard until it is connected again"


def _is_asked(way: WayOut) -> bool:
    """Whether workers ask a provider for receipts, which nobody does once it is switched off."""
    try:
        return isinstance(provider(way.url), AskedProvider)
    except CarrierError:
        return False


def _paused(way: WayOut, condition: Condition | None) -> str:
    """Say why a carrier is paused, and whether what was wrong with it is mended."""
    why = way.paused_for or ""
    if not why.endswith(MEND) or condition is None or not condition.ready or condition.is_faulty:
        return why
    if way.is_http:
        return (
            f"{why.removesuffix(MEND)}Its provider can be reached; a test shows whether the "
            "settings are right now. If they are, resume it."
        )
    return f"{why.removesuffix(MEND)}It signs in now: resume it."


def _connected(condition: Condition | None) -> tuple[State, str]:
    if condition is None:
        return State.UNTOLD, _UNTOLD
    if condition.ready and condition.held:
        return State.HELD, _held(condition.held)
    if count := condition.ready:
        return State.UP, f"Connected on {count} worker{'' if count == 1 else 's'}."
    return State.DOWN, condition.trouble or _UNHEARD


def _held(held: Held) -> str:
    """Say why a circuit breaker is open; times in sentences are those of Ghana, which is UTC."""
    if held.until > now():
        until = f"{held.until:%H:%M:%S}"
        return f"Its circuit breaker is open until {until} UTC: {held.why}."
    return f"It is tried again with the next few messages. Before, {held.why}."


def _taken(condition: Condition) -> int:
    return condition.outcomes[Fate.ACCEPTED.value]
