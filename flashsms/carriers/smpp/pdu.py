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
OUTBIND = 0x0000000B
ENQUIRE_LINK = 0x00000015
ALERT_NOTIFICATION = 0x00000102
DATA_SM = 0x00000103
RESPONSE = 0x80000000  # set in the command of every answer
SUBMIT_SM_RESP = SUBMIT_SM | RESPONSE
DELIVER_SM_RESP = DELIVER_SM | RESPONSE
UNBIND_RESP = UNBIND | RESPONSE
BIND_TRANSCEIVER_RESP = BIND_TRANSCEIVER | RESPONSE
ENQUIRE_LINK_RESP = ENQUIRE_LINK | RESPONSE
DATA_SM_RESP = DATA_SM | RESPONSE

_REQUESTS = {0x01, 0x02, 0x03, 0x04, 0x05, 0x06, 0x07, 0x08, 0x09, 0x15, 0x21, 0x103}
_WITHOUT_ANSWER = {OUTBIND, ALERT_NOTIFICATION}
_VENDOR = range(0x00010200, 0x00010300)  # an SMSC's own commands, which nobody else knows
COMMANDS = frozenset(
    {
        GENERIC_NACK,
        *_REQUESTS,
        *_WITHOUT_ANSWER,
        *_VENDOR,
        *(RESPONSE | command for command in (*_REQUESTS, *_VENDOR)),
    }
)

RECEIPTED_MESSAGE_ID = 0x001E
SAR_REFERENCE = 0x020C  # two bytes; with it go how many parts there are, and which this is
SAR_TOTAL = 0x020E
SAR_NUMBER = 0x020F
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
    """The body that submit_sm and deliver_sm have in common; addresses are Latin-1 text.

    A data_sm has some of these fields only, and its text in the optional parameter for it.
    """

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


def encode_bind(
    system_id: str, password: str, system_type: str = "", address_range: str = ""
) -> bytes:
    """The body of the three bind requests; the address range is of an unknown type."""
    return (
        cstring(system_id)
        + cstring(password)
        + cstring(system_type)
        + bytes((INTERFACE_VERSION, 0, 0))
        + cstring(address_range)
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


def encode_data(message: ShortMessage) -> bytes:
    """The body of a data_sm (section 4.7.1); its text, if any, goes as message_payload."""
    payload = {MESSAGE_PAYLOAD: message.text} if message.text else {}
    return b"".join(
        (
            cstring(message.service_type),
            bytes((message.source_ton, message.source_npi)),
            cstring(message.source),
            bytes((message.dest_ton, message.dest_npi)),
            cstring(message.destination),
            bytes((message.esm_class, message.registered_delivery, message.data_coding)),
            encode_tlvs({**message.tlvs, **payload}),
        )
    )


def decode_arrival(pdu: Pdu) -> ShortMessage:
    """Read what a deliver_sm or a data_sm carries, both in the shape of the first.

    The text of a data_sm is taken out of its message_payload. Raises ProtocolError.
    """
    if pdu.command != DATA_SM:
        return decode_message(pdu.body)
    try:
        return _decode_data(pdu.body)
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


def _decode_data(body: bytes) -> ShortMessage:
    service = body.index(0)
    source = body.index(0, service + 3)
    destination = body.index(0, source + 3)
    esm_class, registered, coding = body[destination + 1 : destination + 4]
    tlvs = _decode_tlvs(body, destination + 4)
    return ShortMessage(
        source=body[service + 3 : source].decode("latin-1"),
        destination=body[source + 3 : destination].decode("latin-1"),
        text=tlvs.get(MESSAGE_PAYLOAD, b""),
        source_ton=body[service + 1],
        source_npi=body[service + 2],
        dest_ton=body[source + 1],
        dest_npi=body[source + 2],
        esm_class=esm_class,
        registered_delivery=registered,
        data_coding=coding,
        service_type=body[:service].decode("latin-1"),
        tlvs=tlvs,
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
