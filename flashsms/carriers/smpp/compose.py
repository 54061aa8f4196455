"""How a submission becomes the bodies of its submit_sm PDUs."""

import secrets

from flashsms.carriers.contract import Submission
from flashsms.carriers.options import CarrierOptions
from flashsms.carriers.smpp.form import Form, form
from flashsms.carriers.smpp.pdu import cstring

# Type of number and numbering plan by kind of address (SMPP v3.4 sections 5.2.5 and 5.2.6). What
# carriers expect of senders is in the glossary of Infobip (infobip.com/glossary/ton-npi-settings)
# and in the SMPP reference of Messaggio: names 5/0, short codes of 3 to 8 digits 3/0, other
# numbers 1/1.
_NAME = (5, 0)
_NUMBER = (1, 1)
_SHORT_CODE = (3, 0)
_LONGEST_SHORT_CODE = 8
_LONGEST_ADDRESS = 20
_MOST_SENDERS = 1000  # kept prepared, in one worker


class Composer:
    """Prepares what many submissions share once: the sender's fields and the last text."""

    def __init__(self, options: CarrierOptions) -> None:
        self._options = options
        self._seconds = options.validity
        self._prefixes: dict[str, bytes] = {}
        self._form = form("", 0, options)
        # Parts of texts that two workers send shortly after their start must not look like one.
        self._reference = secrets.randbelow(2**16)

    def bodies(self, submission: Submission) -> list[bytes]:
        """The body of each submit_sm that it takes.

        Raises ValueError with a sentence for what cannot be sent.
        """
        prefix = self._prefixes.get(submission.sender) or self._prefix(submission.sender)
        address = prefix + _address(submission.to) + b"\0"
        seconds = submission.validity if self._seconds < 0 else self._seconds
        form_ = self._form
        if submission.text != form_.text or seconds != form_.seconds:
            form_ = self._form = form(submission.text, seconds, self._options)
        return [address + form_.only] if form_.only else self._several(address, form_)

    def _several(self, address: bytes, form_: Form) -> list[bytes]:
        self._reference = (self._reference + 1) % 256**form_.reference
        reference = self._reference.to_bytes(form_.reference)
        return [address + before + reference + after for before, after in form_.parts]

    def _prefix(self, sender: str) -> bytes:
        """Everything before the number of the recipient, kept for the next one."""
        if not sender.isascii() or len(sender) > _LONGEST_ADDRESS:
            raise ValueError("The sender cannot be written in SMPP.")
        options = self._options
        ton, npi = _kind(sender)
        source = bytes((_either(options.source_ton, ton), _either(options.source_npi, npi)))
        ton, npi = _NUMBER
        dest = bytes((_either(options.dest_ton, ton), _either(options.dest_npi, npi)))
        prefix = cstring(options.service_type) + source + cstring(sender) + dest
        if len(self._prefixes) >= _MOST_SENDERS:
            self._prefixes.clear()
        self._prefixes[sender] = prefix
        return prefix


def _kind(sender: str) -> tuple[int, int]:
    if not sender.isdecimal():
        return _NAME
    return _SHORT_CODE if len(sender) <= _LONGEST_SHORT_CODE else _NUMBER


def _either(configured: int | None, usual: int) -> int:
    return usual if configured is None else configured


def _address(phone: str) -> bytes:
    if not phone.isdecimal() or not phone.isascii() or len(phone) > _LONGEST_ADDRESS:
        raise ValueError("The number is not made of digits.")
    return phone.encode("ascii")
