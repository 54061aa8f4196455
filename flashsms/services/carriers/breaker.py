"""A circuit breaker per carrier, shared by all workers: whoever answers badly is left in peace.

It opens when of at least LEAST answers within a minute at least half were errors (refused for now,
no answer, or not written although the line was up), or when answers took longer than SLOW seconds
on average. Then nothing is sent for 30 s, and twice as long with each trial that fails, up to ten
minutes. A trial is PROBE messages by one worker: it closes the breaker or opens it for longer.

The state lives in Redis, each decision is one script there, and by its clock. Without Redis a
carrier counts as closed. Messages for one carrier alone, such as an operator's tests, pass.
"""

import logging
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum

from redis.client import Pipeline
from redis.exceptions import RedisError

from flashsms import queue
from flashsms.carriers.contract import Fate

LEAST = 20  # answers within the minute before they say anything
SLOW = 10.0  # seconds that answers may take on average
PROBE = 10  # messages of a trial
SHORTEST, LONGEST = 30, 600  # seconds for which it is open
ERRORS = frozenset({Fate.BUSY, Fate.UNKNOWN})
OPENED = "opened"  # the name of the count of an hour

_OPENED, _CLOSED = 1, 2
_LEASE = 120  # seconds after which a trial is taken for lost with its worker
_SLOT, _SLOTS = 5000, 12  # milliseconds: a minute that slides by five seconds
_KEPT = 24 * 3600  # seconds that an open one is remembered while nobody has anything to send

_NOW = """
local clock = redis.call('TIME')
local now = clock[1] * 1000 + math.floor(clock[2] / 1000)
"""
_ASK = (
    _NOW
    + """
local found = {}
for at, key in ipairs(KEYS) do
  local state = redis.call('HMGET', key, 'until', 'probe')
  if not state[1] then found[at] = 0
  elseif tonumber(state[1]) > now or tonumber(state[2] or 0) > now then found[at] = 1
  else found[at] = 2 end
end
return found
"""
)
_PROBE = (
    _NOW
    + """
local state = redis.call('HMGET', KEYS[1], 'until', 'probe')
if not state[1] then return 1 end
if tonumber(state[1]) > now or tonumber(state[2] or 0) > now then return 0 end
redis.call('HSET', KEYS[1], 'probe', now + tonumber(ARGV[1]) * 1000)
return 1
"""
)
# KEYS: the state, the counts of this hour. ARGV: answers, errors among them, milliseconds that
# they took on average, whether they are of a trial, an error among them as the carrier calls it.
# Answers 1 when it opens, 2 when it closes.
_NOTE = (
    _NOW
    + f"""
local total, bad, took = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local probing = ARGV[4] == '1'
local held = redis.call('HGET', KEYS[1], 'until')
if total == 0 then
  if probing then redis.call('HDEL', KEYS[1], 'probe') end
  return 0
end
if held and not probing then return 0 end
local slow = took * total
if not held then
  local slot = math.floor(now / {_SLOT})
  local fields = redis.call('HGETALL', KEYS[1])
  for at = 1, #fields, 2 do
    local kind, when = string.match(fields[at], '^([nbs])(%d+)$')
    if kind and tonumber(when) <= slot - {_SLOTS} then redis.call('HDEL', KEYS[1], fields[at])
    elseif kind == 'n' then total = total + fields[at + 1]
    elseif kind == 'b' then bad = bad + fields[at + 1]
    elseif kind == 's' then slow = slow + fields[at + 1] end
  end
  redis.call('HINCRBY', KEYS[1], 'n' .. slot, ARGV[1])
  redis.call('HINCRBY', KEYS[1], 'b' .. slot, ARGV[2])
  redis.call('HINCRBY', KEYS[1], 's' .. slot, math.floor(took * ARGV[1]))
  if ARGV[5] ~= '' then redis.call('HSET', KEYS[1], 'code', ARGV[5]) end
  redis.call('EXPIRE', KEYS[1], {_SLOT * _SLOTS // 1000})
end
local fails = bad * 2 >= total or slow / total > {SLOW * 1000:.0f}
if not fails then
  if held then redis.call('DEL', KEYS[1]) return 2 end
  return 0
end
if not held and total < {LEAST} then return 0 end
local times = tonumber(redis.call('HGET', KEYS[1], 'times') or 0)
local code = ARGV[5] ~= '' and ARGV[5] or redis.call('HGET', KEYS[1], 'code') or ''
local pause = math.min({LONGEST}, {SHORTEST} * 2 ^ math.min(times, 10)) * 1000
redis.call('DEL', KEYS[1])
redis.call('HSET', KEYS[1], 'until', now + pause, 'times', times + 1, 'of', total, 'bad', bad,
  'took', math.floor(slow / total), 'code', code)
redis.call('EXPIRE', KEYS[1], {_KEPT})
redis.call('HINCRBY', KEYS[2], '{OPENED}', 1)
return 1
"""
)

log = logging.getLogger(__name__)


class State(IntEnum):
    """Whether a carrier may be sent by; HALF_OPEN lets one worker try."""

    CLOSED = 0
    OPEN = 1
    HALF_OPEN = 2


@dataclass(frozen=True, slots=True)
class Held:
    """Why a breaker is open, and until when; from then on it lets a trial through."""

    until: datetime
    bad: int
    total: int
    took: float
    code: str = ""

    @property
    def why(self) -> str:
        """What the carrier did, as a part of a sentence."""
        if self.bad * 2 >= self.total:
            example = f", such as {self.code}" if self.code else ""
            return f"{self.bad:,} of {self.total:,} answers were errors{example}"
        return f"answers took {self.took:.0f} seconds on average"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of some answers beside their fates.

    `latency` is how many seconds they took on average (0: not known), `code` what the carrier calls
    an error among them.
    """

    latency: float
    up: bool
    is_trial: bool
    code: str = ""


class Gate:
    """Which carriers a batch may leave by, as they stood when it began (`states` by id).

    Whoever is let through a breaker that is half open has its trial, and gives it back unused
    with `keep`.
    """

    def __init__(self, states: Mapping[int, State]) -> None:
        self._states = states
        self._probes: dict[int, bool] = {}

    def lets(self, carrier_id: int) -> bool:
        """Whether something may be sent by a carrier now."""
        state = self._states.get(carrier_id, State.CLOSED)
        if state is not State.HALF_OPEN:
            return state is State.CLOSED
        if carrier_id not in self._probes:
            self._probes[carrier_id] = _probe(carrier_id)
        return self._probes[carrier_id]

    def is_trial(self, carrier_id: int) -> bool:
        """Whether what is sent by a carrier is a trial."""
        return self._probes.get(carrier_id, False)

    def keep(self, carrier_id: int | None) -> None:
        """Give back the trials of all carriers but one."""
        for other in [one for one, ours in self._probes.items() if ours and one != carrier_id]:
            self._probes[other] = False
            _give_back(other)


def ask(pipe: Pipeline, carrier_ids: Iterable[int]) -> None:
    """Ask how breakers stand; the answer is for `states`."""
    keys = [_key(carrier_id) for carrier_id in carrier_ids]
    pipe.eval(_ASK, len(keys), *keys)


def states(carrier_ids: Iterable[int], answer: Iterable[int]) -> dict[int, State]:
    """Read what `ask` was answered."""
    return {id: State(int(state)) for id, state in zip(carrier_ids, answer, strict=True)}


def note(
    pipe: Pipeline,
    carrier_id: int,
    counts_key: str,
    fates: Collection[Fate],
    told: Told,
) -> None:
    """Tell what a carrier answered; the answer is for `log_change`.

    What was not written counts only while the line is `up`: a line that is down shows by itself.
    Being told to slow down is no error.
    """
    bad = sum(fate in ERRORS for fate in fates)
    unsent = sum(fate is Fate.UNSENT for fate in fates)
    total = len(fates) if told.up else len(fates) - unsent
    bad = bad + unsent if told.up else bad
    given = (total, bad, round(told.latency * 1000), int(told.is_trial), told.code[:20])
    pipe.eval(_NOTE, 2, _key(carrier_id), counts_key, *given)


def log_change(name: str, answer: int) -> None:
    """Log that a carrier is held back from now on, or no longer, if `note` was answered so."""
    if answer == _OPENED:
        log.warning("Carrier %s is held back: its circuit breaker opened.", name)
    elif answer == _CLOSED:
        log.info("Carrier %s is used again: its circuit breaker closed.", name)


def close(carrier_id: int) -> None:
    """Send by a carrier again at once; never raises when Redis is away, which closes it as well."""
    try:
        queue.redis().delete(_key(carrier_id))
    except RedisError as error:
        log.warning("The breaker of carrier %d could not be closed: %s", carrier_id, error)


def look(pipe: Pipeline, carrier_id: int) -> None:
    """Ask for what `held` reads."""
    pipe.hgetall(_key(carrier_id))


def held(answer: Mapping[bytes, bytes]) -> Held | None:
    """Return why a breaker is open, None when it is closed."""
    said = {name.decode(): value for name, value in answer.items()}
    if "until" not in said:
        return None
    return Held(
        until=datetime.fromtimestamp(float(said["until"]) / 1000, UTC),
        bad=int(said["bad"]),
        total=int(said["of"]),
        took=int(said["took"]) / 1000,
        code=said.get("code", b"").decode(),
    )


def _probe(carrier_id: int) -> bool:
    try:
        return bool(queue.redis().eval(_PROBE, 1, _key(carrier_id), _LEASE))
    except RedisError as error:
        log.warning("Whether carrier %d may be tried is not known: %s", carrier_id, error)
        return True


def _give_back(carrier_id: int) -> None:
    try:
        queue.redis().hdel(_key(carrier_id), "probe")
    except RedisError as error:
        log.warning("The trial of carrier %d is lost with Redis: %s", carrier_id, error)


def _key(carrier_id: int) -> str:
    return f"flashsms:breaker:{carrier_id}"
