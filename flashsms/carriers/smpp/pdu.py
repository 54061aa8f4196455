"""The PDUs of SMPP 3.4 that sending needs, as bytes and back.

Source: SMPP Protocol Specification v3.4, sections 3 to 5. Numbers are plain integers rather than
enums because this code runs a few times for each message.
"""

import struct
from collections.abc import Iterator, Mapping
from typing import NamedTuple

GENERIC_NACK = 0x80000000
BIND_RECEIVER = 0x00000001
BIND_TRANSMITTER = 0x00000002
SUBMIT_SM = 0x00000004
DELIVER_SM = 0x00000005
UNBIND = 0x00000006
BIND_TRANSCEIVER = 0x00000009
ENQUIRE_LINK = 0x00000015
RESPONSE = 0x80000000  # set in the command of every answer
SUBMIT_SM_RESP = SUBMIT_SM | RESPONSE
DELIVER_SM_RESP = DELIVER_SM | RESPONSE
UNBIND_RESP = UNBIND | RESPONSE
BIND_TRANSCEIVER_RESP = BIND_TRANSCEIVER | RESPONSE
ENQUIRE_LINK_RESP = ENQUIRE_LINK | RESPONSE

REQUESTS = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x15, 0x21, 0x103}
_WITHOUT_ANSWER = {0x0B, 0x102}  # outbind, alert_notification
COMMANDS = frozenset(
    {GENERIC_NACK, *REQUESTS, *_WITHOUT_ANSWER, *(RESPONSE | command for command in REQUESTS)}
)

RECEIPTED_MESSAGE_ID = 0x001E
NETWORK_ERROR_CODE = 0x0423
MESSAGE_PAYLOAD = 0x0424
MESSAGE_STATE = 0x0427

UDH_INDICATOR = 0x40  # esm_class: the text starts with a user data header
DELIVERY_RECEIPT = 0x04  # esm_class: under the mask below
INTERMEDIATE_NOTICE = 0x20
MESSAGE_TYPE = 0x3C

INTERFACE_VERSION = 0x34
MAX_LENGTH = 64 * 1024
MAX_SEQUENCE = 0x7FFFFFFF

HEADER = struct.Struct(">IIII")
_TLV = struct.Struct(">HH")


class ProtocolError(Exception):
    """Bytes that are not SMPP; `status` is the command_status to answer them with."""

    def __init__(self, reason: str, *, status: int, sequence: int = 0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.status = status
        self.sequence = sequence


class Pdu(NamedTuple):
    """One PDU as it was read, its body not looked at yet."""

    command: int
    status: int
    sequence: int
    body: bytes


class ShortMessage(NamedTuple):
    """The body that submit_sm and deliver_sm have in common; addresses are Latin-1 text."""

    source: str
    destination: str
    text: bytes = b""
    source_ton: int = 0
    source_npi: int = 0
    dest_ton: int = 0
    dest_npi: int = 0
    esm_class: int = 0
    registered_delivery: int = 0
    data_coding: int = 0
    service_type: str = ""
    protocol_id: int = 0
    priority: int = 0
    schedule: str = ""
    validity: str = ""
    replace: int = 0
    default_message: int = 0
    tlvs: Mapping[int, bytes] = {}


class Reader:
    """Cuts a stream into PDUs, however the reads fall."""

    def __init__(self) -> None:
        self._rest = b""

    def feed(self, data: bytes) -> Iterator[Pdu]:
        """Yield every PDU that is whole by now.

        Raises ProtocolError at the first header that cannot be one; nothing is kept in memory
        beyond MAX_LENGTH bytes of a PDU that is still incomplete.
        """
        data = self._rest + data if self._rest else data
        offset = 0
        while len(data) - offset >= HEADER.size:
            length, command, status, sequence = HEADER.unpack_from(data, offset)
            if length < HEADER.size or length > MAX_LENGTH or command not in COMMANDS:
                raise _unreadable(length, command, sequence)
            if offset + length > len(data):
                break
            yield Pdu(command, status, sequence, data[offset + HEADER.size : offset + length])
            offset += length
        self._rest = data[offset:]


def _unreadable(length: int, command: int, sequence: int) -> ProtocolError:
    if length < HEADER.size or length > MAX_LENGTH:
        return ProtocolError(f"a PDU of {length} bytes", status=0x02)
    return ProtocolError(f"an unknown command 0x{command:08X}", status=0x03, sequence=sequence)


def encode(command: int, sequence: int, body: bytes = b"", status: int = 0) -> bytes:
    """One whole PDU."""
    return HEADER.pack(HEADER.size + len(body), command, status, sequence) + body


def cstring(text: str) -> bytes:
    """A C-Octet String. Raises ValueError for text that cannot be one."""
    if "\0" in text:
        raise ValueError("A NUL character ends a field in SMPP and cannot be inside it.")
    return text.encode("latin-1") + b"\0"


def read_cstring(body: bytes) -> str:
    """The C-Octet String that a body starts with. Raises ProtocolError when it does not end."""
    end = body.find(b"\0")
    if end < 0:
        raise _cut_off()
    return body[:end].decode("latin-1")


def encode_bind(system_id: str, password: str) -> bytes:
    """The body of the three bind requests, without an address range."""
    return (
        cstring(system_id)
        + cstring(password)
        + cstring("")
        + bytes((INTERFACE_VERSION, 0, 0))
        + cstring("")
    )


def decode_bind(body: bytes) -> tuple[str, str]:
    """The system id and the password. Raises ProtocolError."""
    fields = body.split(b"\0", 3)
    if len(fields) < 4:
        raise _cut_off()
    return fields[0].decode("latin-1"), fields[1].decode("latin-1")


def encode_tlvs(tlvs: Mapping[int, bytes]) -> bytes:
    """The optional parameters, in the order of the mapping."""
    return b"".join(_TLV.pack(tag, len(value)) + value for tag, value in tlvs.items())


def encode_message(message: ShortMessage) -> bytes:
    """The body of a submit_sm or a deliver_sm. Raises ValueError for a field that cannot be one."""
    if len(message.text) > 254:
        raise ValueError(f"A short message has at most 254 bytes, not {len(message.text)}.")
    return b"".join(
        (
            cstring(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            cstring(message.source),
            bytes((message.dest_ton, message.dest_npi)),
            cstring(message.destination),
            bytes((message.esm_class, message.protocol_id, message.priority)),
            cstring(message.schedule),
            cstring(message.validity),
            bytes((message.registered_delivery, message.replace)),
            bytes((message.data_coding, message.default_message, len(message.text))),
            message.text,
            encode_tlvs(message.tlvs),
        )
    )


def decode_message(body: bytes) -> ShortMessage:
    """Read the body of a submit_sm or a deliver_sm. Raises ProtocolError for anything else."""
    try:
        return _decode_message(body)
    except (IndexError, ValueError, struct.error):
        raise _cut_off() from None


def _decode_message(body: bytes) -> ShortMessage:
    find = body.index
    service = find(0)
    source = find(0, service + 3)
    destination = find(0, source + 3)
    schedule = find(0, destination + 4)
    validity = find(0, schedule + 1)
    registered, replace, coding, default, length = body[validity + 1 : validity + 6]
    end = validity + 6 + length
    if end > len(body):
        raise ValueError("the text is cut off")
    return ShortMessage(
        body[service + 3 : source].decode("latin-1"),
        body[source + 3 : destination].decode("latin-1"),
        body[validity + 6 : end],
        body[service + 1],
        body[service + 2],
        body[source + 1],
        body[source + 2],
        body[destination + 1],
        registered,
        coding,
        body[:service].decode("latin-1"),
        body[destination + 2],
        body[destination + 3],
        body[destination + 4 : schedule].decode("latin-1"),
        body[schedule + 1 : validity].decode("latin-1"),
        replace,
        default,
        _decode_tlvs(body, end) if end < len(body) else {},
    )


def _decode_tlvs(body: bytes, offset: int) -> dict[int, bytes]:
    tlvs = {}
    while offset < len(body):
        tag, length = _TLV.unpack_from(body, offset)
        offset += _TLV.size
        if offset + length > len(body):
            raise ValueError("an optional parameter is cut off")
        tlvs[tag] = body[offset : offset + length]
        offset += length
    return tlvs


def _cut_off() -> ProtocolError:
    return ProtocolError("a body that ends in the middle of a field", status=0x02)
