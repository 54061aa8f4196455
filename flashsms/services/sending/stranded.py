"""Messages that found no carrier: only a few of an account are tried while nothing leaves.

Each futile try writes the message down in Redis, for moments only: once no try has been futile for
`FRESH`, a carrier takes them again and everything due is looked at as usual.
"""

import logging
from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Protocol, TypeVar

from redis.exceptions import RedisError

from flashsms import queue

FRESH = 5  # seconds that a futile try is remembered; a tick and a rest pass between two of them
TRIED = 20  # messages that are tried in one tick, of all accounts together
SOONEST, LATEST = 4.0, 30.0  # seconds that the others of an account rest
PER_SECOND = 250  # messages of an account that are put off, on average

log = logging.getLogger(__name__)


class Waiting(Protocol):
    """What is to be known of a message that is due."""

    @property
    def id(self) -> int: ...

    @property
    def account_id(self) -> int: ...


One = TypeVar("One", bound=Waiting)


def note(account_id: int, message_id: int) -> None:
    """Remember that a message of an account found no carrier just now."""
    key = _key(account_id)
    try:
        with queue.redis().pipeline() as pipe:
            pipe.sadd(key, message_id)
            pipe.expire(key, FRESH)
            pipe.execute()
    except RedisError as error:
        log.warning("Nobody is told that message %d found no carrier: %s", message_id, error)


def sift(due: Sequence[One]) -> tuple[list[One], list[tuple[float, list[One]]]]:
    """Split what is due into what is to be tried now and what is to rest, by seconds of rest.

    Of an account whose messages find no carrier a few are tried, in their order: with it all that
    have not been in vain. The more there are, the longer the others rest.
    """
    known = _known({one.account_id for one in due})
    tried: list[One] = []
    vain: dict[int, list[One]] = defaultdict(list)
    for one in due:
        (vain[one.account_id] if one.id in known.get(one.account_id, ()) else tried).append(one)
    each = max(1, TRIED // max(1, len(vain)))
    resting = []
    for account_id, messages in vain.items():
        tried += messages[:each]
        if later := messages[each:]:
            seconds = len(known[account_id]) / PER_SECOND
            resting.append((min(LATEST, max(SOONEST, seconds)), later))
    return tried, resting


def _known(account_ids: Iterable[int]) -> dict[int, set[int]]:
    """Return the messages of accounts that found no carrier a moment ago."""
    ids = list(account_ids)
    with queue.redis().pipeline(transaction=False) as pipe:
        for account_id in ids:
            pipe.smembers(_key(account_id))
        answers = pipe.execute()
    found = ({int(member) for member in members} for members in answers)
    return dict(zip(ids, found, strict=True))


def _key(account_id: int) -> str:
    return f"flashsms:stranded:{account_id}"
