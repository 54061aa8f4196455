"""Longer texts come in parts, in any order, over any worker, and perhaps twice.

Parts wait for KEPT. Those of a text that became whole stay beside them, as `told`: what comes again
within AGAIN is known by them, unless it makes another text together with what comes after it, for
phones count their longer texts from 0 to 255 and begin anew, and some number all of them alike. All
of this runs while the carrier's texts are locked (`taking`), so that two workers that bring one
part each make one text.
"""

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, select, update
from sqlalchemy.orm import aliased

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.extensions import db
from flashsms.models import InboundPart, now
from flashsms.models.rows import change, insert
from flashsms.services.inbound.reading import Text, whole

KEPT = timedelta(hours=1)
AGAIN = timedelta(minutes=2)  # after a text became whole: its parts that come are repetitions
PER_TICK = 200  # texts looked at in one tick
GAP = "\u2026"  # stands for parts that never came
_MOST = 255  # parts of a text
_LARGEST = 2**31


class Group(NamedTuple):
    """What the parts of one text have in common."""

    carrier_id: int
    phone: str
    number: str
    reference: int
    total: int

    @property
    def told(self) -> "Group":
        """Where the parts of the last such text stay that became whole: below zero, aside."""
        return self._replace(reference=-1 - self.reference)


class Parts(NamedTuple):
    """The parts of a text that are there, by their positions, and when the last one came."""

    texts: dict[int, str]
    until: datetime | None

    def repeat(self, told: "Parts") -> bool:
        """Whether these are but a text that was told, or some of it, as it came again."""
        if self.until is None or told.until is None or self.until > told.until + AGAIN:
            return False
        return self.texts.items() <= told.texts.items()


def join(carrier_id: int, texts: Iterable[Inbound]) -> list[Text]:
    """Return what is whole now, in the order in which it came; keep the parts of the rest."""
    found: list[Text] = []
    for one in texts:
        if one.part is None or one.part.total == 1 or not _makes_sense(one.part):
            found.append(whole(one))
        else:
            found += _add(carrier_id, one, one.part)
    return found


def lapsed() -> list[Group]:
    """Return some of the texts of which no part has come for KEPT: a look at one index."""
    newer = aliased(InboundPart)
    same = (getattr(newer, column.key) == column for column in _KEY)
    came = select(newer.position).where(*same, newer.received_at > now() - KEPT)
    waited = select(*_KEY).where(InboundPart.received_at <= now() - KEPT, ~came.exists())
    return [Group(*row) for row in db.session.execute(waited.limit(PER_TICK).distinct())]


def give_up(group: Group) -> Text | None:
    """Forget the parts of a text; return it, with gaps, if it never became whole.

    Nothing happens while another part has come since. What was told takes its repetitions along.
    """
    there = _parts(group)
    if there.until is None or there.until > now() - KEPT:
        return None
    _forget(group)
    if group.reference >= 0:
        return None if there.repeat(_parts(group.told)) else _joined(group, there.texts)
    if _parts(group.told).repeat(there):
        _forget(group.told)
    return None


def _makes_sense(part: TextPart) -> bool:
    return 1 <= part.number <= part.total <= _MOST


def _add(carrier_id: int, one: Inbound, part: TextPart) -> Iterator[Text]:
    """Keep a part, and yield the text that it makes whole.

    Another text in a place that is taken begins another one; so does a part that came again, once
    AGAIN is over: what it was a repetition of is not mixed with what comes now.
    """
    group = Group(carrier_id, one.phone, one.number, part.reference % _LARGEST, part.total)
    there, told = _parts(group), _parts(group.told)
    repeats = there.repeat(told)
    is_over = repeats and told.until is not None and now() > told.until + AGAIN
    if there.texts.get(part.number) == one.text and not is_over:
        return
    if part.number in there.texts or is_over:
        if not repeats:
            yield _joined(group, there.texts)
        _forget(group)
        there.texts.clear()
    place = {**group._asdict(), "position": part.number, "text": one.text}
    change(insert(InboundPart).values(place))
    there.texts[part.number] = one.text
    if len(there.texts) == group.total:
        yield from _tell(group, Parts(there.texts, now()), told)


def _tell(group: Group, whole: Parts, told: Parts) -> Iterator[Text]:
    """Yield a text that is whole and remember it; one that was told already is a repetition."""
    if whole.repeat(told):
        _forget(group)
        return
    _forget(group.told)
    change(update(InboundPart).where(*_of(group)).values(reference=group.told.reference))
    yield _joined(group, whole.texts)


def _joined(group: Group, there: dict[int, str]) -> Text:
    """Put the parts in their order, with one GAP for missing ones that stand side by side."""
    pieces: list[str] = []
    for position in range(1, group.total + 1):
        piece = there.get(position, GAP)
        if position in there or pieces[-1:] != [GAP]:
            pieces.append(piece)
    return Text(group.phone, group.number, "".join(pieces), joined=True)


def _parts(group: Group) -> Parts:
    query = select(InboundPart.position, InboundPart.text, InboundPart.received_at)
    found = db.session.execute(query.where(*_of(group))).all()
    texts = {position: text for position, text, _ in found}
    return Parts(texts, max((at for _, _, at in found), default=None))


def _forget(group: Group) -> None:
    change(delete(InboundPart).where(*_of(group)))


def _of(group: Group) -> tuple[ColumnElement[bool], ...]:
    return tuple(column == value for column, value in zip(_KEY, group, strict=True))


_KEY = (
    InboundPart.carrier_id,
    InboundPart.phone,
    InboundPart.number,
    InboundPart.reference,
    InboundPart.total,
)
