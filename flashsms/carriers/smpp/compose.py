"""How a submission becomes the bodies of its submit_sm PDUs."""

from flashsms.carriers.contract import Submission
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp.pdu import UDH_INDICATOR, cstring
from flashsms.text.segments import Encoding, encode, segment

_DATA_CODING = {Encoding.GSM7: 0x00, Encoding.UCS2: 0x08}
_ALPHANUMERIC = (5, 0)  # type of number and numbering plan
_INTERNATIONAL = (1, 1)
_RECEIPT_WANTED = 1
_LONGEST_ADDRESS = 20
_MOST_PARTS = 255
_MOST_SENDERS = 1000  # kept prepared, in one worker


class Composer:
    """Prepares what many submissions share once: the sender's fields and the last text."""

    def __init__(self, options: CarrierOptions) -> None:
        self._ton = options.source_ton
        self._npi = options.source_npi
        self._prefixes: dict[str, bytes] = {}
        self._last: tuple[str, int, list[bytes]] = ("", 0, [b""])
        self._reference = 0

    def bodies(self, submission: Submission) -> list[bytes]:
        """One body for each part. Raises ValueError with a sentence for what cannot be sent."""
        prefix = self._prefixes.get(submission.sender) or self._prefix(submission.sender)
        address = prefix + _address(submission.to) + b"\0"
        coding, texts = self._texts(submission.text)
        if len(texts) == 1:
            return [address + _tail(0, coding, texts[0])]
        if len(texts) > _MOST_PARTS:
            raise ValueError(f"The text is too long: {len(texts)} parts, at most {_MOST_PARTS}.")
        self._reference = (self._reference + 1) & 0xFF
        header = bytes((5, 0, 3, self._reference, len(texts)))
        return [
            address + _tail(UDH_INDICATOR, coding, header + bytes((number,)) + text)
            for number, text in enumerate(texts, 1)
        ]

    def _prefix(self, sender: str) -> bytes:
        if not sender.isascii() or len(sender) > _LONGEST_ADDRESS:
            raise ValueError("The sender cannot be written in SMPP.")
        ton, npi = _INTERNATIONAL if sender.isdecimal() else _ALPHANUMERIC
        ton = ton if self._ton is None else self._ton
        npi = npi if self._npi is None else self._npi
        prefix = b"\0" + bytes((ton, npi)) + cstring(sender) + bytes(_INTERNATIONAL)
        if len(self._prefixes) >= _MOST_SENDERS:
            self._prefixes.clear()
        self._prefixes[sender] = prefix
        return prefix

    def _texts(self, text: str) -> tuple[int, list[bytes]]:
        """The data coding and the encoded parts; a campaign without variables encodes once."""
        known, coding, texts = self._last
        if text != known:
            segments = segment(text)
            coding = _DATA_CODING[segments.encoding]
            texts = [encode(part, segments.encoding) for part in segments.parts]
            self._last = (text, coding, texts)
        return coding, texts


def _address(phone: str) -> bytes:
    if not phone.isdecimal() or not phone.isascii() or len(phone) > _LONGEST_ADDRESS:
        raise ValueError("The number is not made of digits.")
    return phone.encode("ascii")


def _tail(esm_class: int, data_coding: int, text: bytes) -> bytes:
    """Everything after the address: no schedule, no validity of its own, a receipt wanted."""
    return bytes((esm_class, 0, 0, 0, 0, _RECEIPT_WANTED, 0, data_coding, 0, len(text))) + text
