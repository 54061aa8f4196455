"""What the simulator saw, so that a test can prove that nobody was texted twice."""

from collections import Counter
from typing import TextIO

from flashsms.carriers.smpp.pdu import UDH_INDICATOR, ShortMessage
from flashsms.text.segments import Encoding, decode

_HEADER = 6  # bytes of the user data header of a part


def part_of(message: ShortMessage) -> tuple[int, int, int]:
    """The reference, total and number of a part; (0, 1, 1) for a message of one part."""
    text = message.text
    if message.esm_class & UDH_INDICATOR and text[:3] == b"\x05\x00\x03" and len(text) >= _HEADER:
        return text[3], text[4], text[5]
    return 0, 1, 1


class Record:
    """Counts of every part taken and every part refused; texts are decoded when asked for."""

    def __init__(self) -> None:
        self._taken: list[ShortMessage] = []
        self.refused: Counter[str] = Counter()

    def take(self, message: ShortMessage) -> None:
        """Note a part that was accepted."""
        self._taken.append(message)

    @property
    def parts(self) -> Counter[str]:
        """How many parts were taken, by destination number."""
        return Counter(message.destination for message in self._taken)

    @property
    def messages(self) -> Counter[tuple[str, str]]:
        """How often each whole text was taken, by (destination number, text).

        A text counts as often as its rarest part; parts taken in excess count as a text of their
        own, so that a repeated part cannot hide.
        """
        whole: dict[tuple[str, int, int], list[tuple[int, str]]] = {}
        for message in self._taken:
            reference, total, number = part_of(message)
            key = (message.destination, reference, total if total > 1 else 0)
            whole.setdefault(key, []).append((number, _text(message, total)))
        counts: Counter[tuple[str, str]] = Counter()
        for (destination, _, total), parts in whole.items():
            for text in _join(parts, total):
                counts[destination, text] += 1
        return counts


def _text(message: ShortMessage, total: int) -> str:
    encoding = Encoding.UCS2 if message.data_coding == 8 else Encoding.GSM7
    return decode(message.text[_HEADER:] if total > 1 else message.text, encoding)


def _join(parts: list[tuple[int, str]], total: int) -> list[str]:
    """The whole texts that these parts make, and each part that is left over."""
    if not total:
        return [text for _, text in parts]
    texts = []
    rest = list(parts)
    while {number for number, _ in rest} >= set(range(1, total + 1)):
        chosen = {number: (number, text) for number, text in reversed(rest)}
        for part in chosen.values():
            rest.remove(part)
        texts.append("".join(text for _, text in sorted(chosen.values())))
    return texts + [text for _, text in rest]


def write_line(log: TextIO, message: ShortMessage, message_id: str, status: int) -> None:
    """One submit_sm as a line: number, id (`-` if refused), reference/total/part, status."""
    part = "/".join(map(str, part_of(message)))
    log.write(f"{message.destination}\t{message_id or '-'}\t{part}\t0x{status:08X}\n")
