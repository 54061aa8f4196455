"""Rounds and their medians."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median, quantiles

from bench.processes import Cpu


@dataclass(frozen=True, slots=True)
class Round:
    """One measurement: `rate` a second, that of the `floor`, CPU seconds per 1,000 by process."""

    rate: float
    floor: float = 0.0
    cpu: Cpu = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Pair:
    """The rounds of the product and of Kannel, in the order in which they took turns."""

    ours: Sequence[Round]
    kannel: Sequence[Round]


def middle(rounds: Sequence[Round]) -> Round:
    """Return the median of each figure."""
    names = dict.fromkeys(name for one in rounds for name in one.cpu)
    return Round(
        rate=median(one.rate for one in rounds),
        floor=median(one.floor for one in rounds),
        cpu={name: median(one.cpu.get(name, 0.0) for one in rounds) for name in names},
    )


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value below which `percent` of the values lie."""
    return quantiles(values, n=100, method="inclusive")[percent - 1]
