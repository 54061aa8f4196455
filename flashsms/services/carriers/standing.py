"""How each carrier stands, in a word and a sentence for whoever looks after it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from flashsms.carriers.contract import Fate
from flashsms.models import now
from flashsms.services.carriers import watching
from flashsms.services.carriers.breaker import Held
from flashsms.services.carriers.watching import Condition
from flashsms.services.carriers.ways import WayOut, tried

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


def nothing_leaves(standings: Sequence[Standing]) -> bool:
    """Whether messages wait: no carrier that may be used is connected, as far as is known."""
    tried_ones = [one for one in standings if one.is_tried]
    return all(one.state not in (State.UP, State.UNTOLD) for one in tried_ones)


def _state(way: WayOut, condition: Condition | None, is_tried: bool) -> tuple[State, str]:
    if not way.active:
        return State.OFF, "Nothing is sent by it, and its receipts are not heard."
    if not is_tried:
        return State.STANDS_BY, _STANDS_BY
    if not way.url:
        return State.UNREADABLE, _RETYPE
    if way.paused_at:
        return State.PAUSED, way.paused_for or ""
    return _connected(condition)


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
