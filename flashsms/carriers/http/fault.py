"""Whether what a provider answers is for the operator to mend, or a stray answer of a gateway.

While a provider is deployed, or its firewall errs, a gateway in front of it answers 404, 403 or
sends elsewhere, and a minute later all is well. A carrier that was paused for that would wait for a
person: so such an answer only makes it rest, until it was there in three tries and for a minute.
"""

import time
from collections.abc import Callable

PAUSE = 30.0  # seconds between two tries: whatever it is, it will not pass at once
_TRIES = 3
_LASTS = 60.0  # seconds between the first and the last of them


class Fault:
    """What keeps a provider from taking anything: `words` at once, `lasting` once it is certain.

    Both are sentences, empty when there is nothing of the kind.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.words = self.lasting = ""
        self._tries = 0
        self._since = self._tried_at = self._quiet_until = 0.0

    @property
    def quiet(self) -> bool:
        """Whether nothing is to be asked now."""
        return bool(self.words) and self._clock() < self._quiet_until

    def trying(self) -> None:
        """One request finds out whether it is mended; the others wait for it."""
        if self.words:
            self._quiet_until = self._clock() + PAUSE

    def found(self, words: str, *, certain: bool) -> None:
        """An answer says so; `certain` when it is the provider's own word."""
        moment = self._clock()
        if not self.words:
            self._since, self._tries = moment, 0
        if not self._tries or moment - self._tried_at >= PAUSE / 2:  # else of the same try
            self._tries, self._tried_at = self._tries + 1, moment
        lasts = self._tries >= _TRIES and moment - self._since >= _LASTS
        if certain or lasts or self.lasting:
            self.lasting = words
        self.words, self._quiet_until = words, moment + PAUSE

    def mended(self) -> None:
        """An answer says that the provider takes messages again."""
        self.words = self.lasting = ""
