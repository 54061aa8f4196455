"""How fast a session may go: a window that shrinks by half and grows by one."""

_PAUSES = (0.1, 0.2, 0.4, 0.8, 1.6)  # seconds, as long as the carrier goes on complaining


class Pace:
    """Additive increase, multiplicative decrease of the number of parts without an answer."""

    def __init__(self, limit: int) -> None:
        self.window = limit
        self._limit = limit
        self._streak = 0
        self._pauses = 0
        self._until = 0.0

    @property
    def hopeless(self) -> bool:
        """Whether the carrier did nothing but complain through a row of pauses."""
        return self._pauses >= len(_PAUSES)

    def room(self, in_flight: int, now: float) -> int:
        """How many more parts may be written now."""
        return self.window - in_flight if now >= self._until else 0

    def succeed(self) -> None:
        """One part was taken: after a window of them, one more may be in flight."""
        self._pauses = 0
        if self.window < self._limit:
            self._streak += 1
            if self._streak >= self.window:
                self.window += 1
                self._streak = 0

    def slow_down(self, now: float) -> float:
        """The carrier says "too fast": returns the seconds of the pause that begins, or 0.

        The rest of a window that was already in flight complains too, and counts once.
        """
        if now < self._until:
            return 0.0
        pause = _PAUSES[min(self._pauses, len(_PAUSES) - 1)]
        self._pauses += 1
        self._streak = 0
        self.window = max(1, self.window // 2)
        self._until = now + pause
        return pause
