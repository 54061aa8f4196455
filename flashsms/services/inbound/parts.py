"""Longer texts come in parts, in any order, over any worker, and perhaps twice.

Parts stay for KEPT, also once their text is whole: by them a part that comes again is known. All
of this runs while the carrier's texts are locked (`taking`), so that two workers that bring one
part each make one text.
"""

from collections.abc import Iterable, Iterator
from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, delete, func, select

from flashsms.carriers.contract import Inbound, TextPart
from flashsms.extensions import db
from flashsms.models import InboundPart, now
from flashsms.models.rows import change, insert
from flashsms.services.inbound.reading import Text, whole

KEPT = timedelta(hours=1)
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
    """Return some of the texts of which a part has waited for KEPT: a look at one index."""
    waited = select(*_KEY).where(InboundPart.received_at <= now() - KEPT)
    return [Group(*row) for row in db.session.execute(waited.limit(PER_TICK).distinct())]


def give_up(group: Group) -> Text | None:
    """Forget the parts of a text; return it, with gaps, if it never became whole.

    Nothing happens while another part has come since.
    """
    newest = db.session.scalar(select(func.max(InboundPart.received_at)).where(*_of(group)))
    if newest is None or newest > now() - KEPT:
        return None
    there = _parts(group)
    _forget(group)
    return None if len(there) == group.total else _joined(group, there)


def _makes_sense(part: TextPart) -> bool:
    return 1 <= part.number <= part.total <= _MOST


def _add(carrier_id: int, one: Inbound, part: TextPart) -> Iterator[Text]:
    """Keep a part, and yield the text that it makes whole.

    Phones count their longer texts from 0 to 255 and begin anew: another text in a place that is
    taken begins another one.
    """
    group = Group(carrier_id, one.phone, one.number, part.reference % _LARGEST, part.total)
    there = _parts(group)
    if there.get(part.number) == one.text:
        return
    if part.number in there:
        if len(there) < group.total:
            yield _joined(group, there)
        _forget(group)
        there = {}
    place = {**group._asdict(), "position": part.number, "text": one.text}
    change(insert(InboundPart).values(place))
    there[part.number] = one.text
    if len(there) == group.total:
        yield _joined(group, there)


def _joined(group: Group, there: dict[int, str]) -> Text:
    """Put the parts in their order, with one GAP for missing ones that stand side by side."""
    pieces: list[str] = []
    for position in range(1, group.total + 1):
        piece = there.get(position, GAP)
        if position in there or pieces[-1:] != [GAP]:
            pieces.append(piece)
    return Text(group.phone, group.number, "".join(pieces), joined=True)


def _parts(group: Group) -> dict[int, str]:
    query = select(InboundPart.position, InboundPart.text).where(*_of(group))
    return {position: text for position, text in db.session.execute(query)}


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
