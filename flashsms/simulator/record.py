"""What the simulator saw, so that a test can prove that nobody was texted twice."""

from collections import Counter
from typing import TextIO

from flashsms.carriers.smpp.letters import LATIN1, UCS2
from flashsms.carriers.smpp.pdu import (
    MESSAGE_PAYLOAD,
    SAR_NUMBER,
    SAR_REFERENCE,
    SAR_TOTAL,
    UDH_INDICATOR,
    ShortMessage,
)
from flashsms.carriers.smpp.septets import fill_bits, unpack
from flashsms.text.segments import Encoding, decode

_HEADER = 6  # bytes of the user data header of a part


def part_of(message: ShortMessage) -> tuple[int, int, int]:
    """The reference, total and number of a part; (0, 1, 1) for a message of one part."""
    text, tlvs = message.text, message.tlvs
    if _has_header(message):
        return text[3], text[4], text[5]
    if tlvs and tlvs.keys() >= {SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER}:
        values = (tlvs[tag] for tag in (SAR_REFERENCE, SAR_TOTAL, SAR_NUMBER))
        reference, total, number = (int.from_bytes(value) for value in values)
        return reference, total, number
    return 0, 1, 1


def text_of(message: ShortMessage) -> bytes:
    """The text of a part, wherever it is, without a header."""
    if _has_header(message):
        return message.text[_HEADER:]
    return message.text or message.tlvs.get(MESSAGE_PAYLOAD, b"")


def _has_header(message: ShortMessage) -> bool:
    text = message.text
    known = message.esm_class & UDH_INDICATOR and text[:3] == b"\x05\x00\x03"
    return bool(known) and len(text) >= _HEADER


class Record:
    """Counts of every part taken and every part refused; texts are decoded when asked for.

    `packed` says that texts with data_coding 0 are packed septets.
    """

    def __init__(self, *, packed: bool = False) -> None:
        self._packed = packed
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
            whole.setdefault(key, []).append((number, self._text(message)))
        counts: Counter[tuple[str, str]] = Counter()
        for (destination, _, total), parts in whole.items():
            for text in _join(parts, total):
                counts[destination, text] += 1
        return counts

    def _text(self, message: ShortMessage) -> str:
        data = text_of(message)
        if message.data_coding == LATIN1:
            return data.decode("latin-1")
        if message.data_coding == UCS2:
            return decode(data, Encoding.UCS2)
        if self._packed:
            data = unpack(data, fill_bits(_HEADER) if _has_header(message) else 0)
        return decode(data, Encoding.GSM7)


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
