"""A carrier is one URL: `smpp://system_id:password@host:2775?window=64&tps=200`.

Credentials are percent-decoded. Every option has a name in `CarrierOptions`; anything else is an
error that names it, since a misspelt option that is ignored is found out by the phone bill.
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from flashsms.carriers.contract import CarrierError

HIDDEN = "***"  # stands for a secret that is not shown
_PORT, _TLS_PORT = 2775, 3550
_SIMULATOR = ("flashsms", "simulated")
_UNREADABLE = (
    "The carrier's URL cannot be read: write it as smpp://SYSTEM_ID:PASSWORD@HOST:PORT, and in the "
    "password %2F for /, %3F for ?, %23 for # and %40 for @."
)


@dataclass(frozen=True, slots=True)
class CarrierOptions:
    """What a carrier's URL says; every kind of carrier has some of it (`_OPTIONS`).

    `user` is the system id, client id or account; `window` the number of parts (over HTTP: of
    requests) without an answer on each of `binds` connections; `tps` the parts a second that the
    services allow, 0 for no limit; `response_timeout` and `enquire` are seconds. Types of number
    and numbering plans replace what the address suggests. `bind` says whether a bind is one
    connection or two, `gsm` and `long` how texts are written (`smpp/letters.py`, `smpp/form.py`);
    `receipts` is 0 for none, 1 for all, 2 for failures only. `validity` is in seconds, -1 for the
    message's own, 0 for the carrier's. `permanent` are command_status values of the carrier's own
    that no other try will change. `callback` is where an HTTP provider reports to, without the
    last step (`/receipts`, `/inbound`).
    """

    scheme: str
    host: str
    port: int
    user: str
    password: str
    window: int = 64
    binds: int = 1
    tps: float = 0.0
    response_timeout: float = 30.0
    enquire: float = 30.0
    source_ton: int | None = None
    source_npi: int | None = None
    dest_ton: int | None = None
    dest_npi: int | None = None
    bind: str = "transceiver"
    gsm: str = "unpacked"
    long: str = "udh"
    service_type: str = ""
    system_type: str = ""
    address_range: str = ""
    priority: int = 0
    validity: int = 0
    receipts: int = 1
    permanent: frozenset[int] = frozenset()
    verify: bool = True
    tls: bool = True
    callback: str = ""

    def __repr__(self) -> str:
        """Without the password, because this ends up in logs."""
        return f"CarrierOptions({self.scheme}://{self.user}:***@{self.host}:{self.port})"


def options(url: str) -> CarrierOptions:
    """Read a carrier's URL. Raises a permanent CarrierError that says what is wrong with it."""
    split, port = _split(url)
    if split.scheme not in _KINDS:
        has_one = split.scheme and "://" in url
        kind = f"“{split.scheme}” is none" if has_one else "this has none"
        known = ", ".join(f"{name}://" for name in _KINDS)
        raise _wrong(f"A carrier\u2019s URL begins with its kind, one of {known}; {kind}.")
    kind_of = _KINDS[split.scheme]
    user, password = kind_of.credentials(split)
    return CarrierOptions(
        scheme=split.scheme,
        host=_host(split),
        port=port or kind_of.port,
        user=user,
        password=password,
        **{
            "window": kind_of.window,
            "tls": kind_of.tls,
            **_query(split.query, kind_of.readers),
        },
    )


def redact(url: str) -> str:
    """The URL as it may be shown and logged: without its password, or the key that is its user."""
    scheme, separator, rest = url.partition("://")
    kind = "".join(filter(str.isalnum, scheme)).lower()  # as urlsplit reads it
    credentials, at, address = rest.rpartition("@")
    if not url or (kind == "simulator" and not at):
        return url
    if not at:  # whatever stands there may be what was meant as a secret
        return f"{scheme}{separator}{HIDDEN}" if separator else HIDDEN
    name, colon, _ = credentials.partition(":")
    name = HIDDEN if kind in KEYED else name
    return f"{scheme}{separator}{name}{':***' if colon else ''}@{address}"


def _split(url: str) -> tuple[SplitResult, int | None]:
    try:
        split = urlsplit(url)
        port = split.port
    except ValueError:  # its words quote the URL, and with it perhaps half a password
        raise _wrong(_UNREADABLE) from None
    if "@" in split.path + split.query + split.fragment:
        raise _wrong(_UNREADABLE)  # the rest of a password would be quoted as options
    return split, port


def _host(split: SplitResult) -> str:
    if split.hostname:
        return split.hostname
    if split.scheme == "simulator":
        return "127.0.0.1"
    raise _wrong("The carrier's URL names no host.")


# --- who signs in


def _of_smpp(split: SplitResult) -> tuple[str, str]:
    name, password = _pair(split)
    if split.scheme == "simulator" and not name:
        return _SIMULATOR
    if not name:
        raise _wrong("The carrier's URL has no system id: smpp://SYSTEM_ID:PASSWORD@HOST:PORT.")
    if not (name + password).isascii() or "\0" in name + password:
        raise _wrong("The system id and the password can only have ASCII characters in SMPP.")
    return name, password


def _of_user(split: SplitResult) -> tuple[str, str]:
    name, password = _pair(split)
    if not (name and password and (name + password).isprintable()):
        raise _wrong(f"Write it as {split.scheme}://USER:SECRET@{_place(split)}.")
    return name, password


def _of_key(split: SplitResult) -> tuple[str, str]:
    """A key alone stands where others have the user."""
    key, rest = _pair(split)
    if not key or rest or not key.isprintable():
        raise _wrong(f"Write it as {split.scheme}://KEY@{_place(split)}.")
    return "", key


def _place(split: SplitResult) -> str:
    """What to write as the host; never what stands there: without an @ that is the secret."""
    return "HOST" if split.scheme == "kannel" else "default"


def _pair(split: SplitResult) -> tuple[str, str]:
    return unquote(split.username or ""), unquote(split.password or "")


# --- what an option may be


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not lowest <= number <= highest:
            raise ValueError
        return number

    return read


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError
        return text

    return read


def _field(longest: int) -> Callable[[str], str]:
    """A field of a PDU."""

    def read(text: str) -> str:
        if len(text) > longest or not (text.isascii() and text.isprintable()):
            raise ValueError
        return text

    return read


def _switch(text: str) -> bool:
    return {"0": False, "1": True}[text]


def _seconds(text: str) -> float:
    number = float(text)
    if not 0 < number <= 3600:
        raise ValueError
    return number


def _rate(text: str) -> float:
    number = float(text)
    if number < 0 or not math.isfinite(number):
        raise ValueError
    return number


def _validity(text: str) -> int:
    return -1 if text == "message" else _whole(0, 31 * 86400)(text)


def _codes(text: str) -> frozenset[int]:
    """Numbers with commas between them, in decimal or as 0x…."""
    return frozenset(int(code, 0) for code in text.split(","))


def _address(text: str) -> str:
    split = urlsplit(text)
    if split.scheme not in ("http", "https") or not split.hostname:
        raise ValueError
    return text.rstrip("/")


Readers = Mapping[str, Callable[[str], Any]]

_EVERYWHERE: Readers = {
    "window": _whole(1, 10_000),
    "tps": _rate,
    "response_timeout": _seconds,
}
_SMPP: Readers = {
    **_EVERYWHERE,
    "binds": _whole(1, 32),
    "bind": _one_of("transceiver", "pair"),
    "enquire": _seconds,
    "source_ton": _whole(0, 6),
    "source_npi": _whole(0, 18),
    "dest_ton": _whole(0, 6),
    "dest_npi": _whole(0, 18),
    "gsm": _one_of("unpacked", "packed", "latin1"),
    "long": _one_of("udh", "sar", "payload"),
    "service_type": _field(5),
    "system_type": _field(12),
    "address_range": _field(40),
    "priority": _whole(0, 3),
    "validity": _validity,
    "receipts": _whole(0, 2),
    "permanent": _codes,
    "verify": _switch,
}
_HTTP: Readers = {**_EVERYWHERE, "tls": _switch, "verify": _switch, "callback": _address}


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the URLs of one kind of carrier may say; `port` 0 is that of HTTP or HTTPS."""

    readers: Readers
    credentials: Callable[[SplitResult], tuple[str, str]]
    port: int = 0
    window: int = 16
    tls: bool = True


KEYED = frozenset({"arkesel", "mnotify"})  # their URLs have a key where others have the user
_KINDS = {
    "smpp": _Kind(_SMPP, _of_smpp, _PORT, window=64),
    "smpps": _Kind(_SMPP, _of_smpp, _TLS_PORT, window=64),
    "simulator": _Kind(_SMPP, _of_smpp, _PORT, window=64),
    "hubtel": _Kind(_HTTP, _of_user),
    "arkesel": _Kind(_HTTP, _of_key),
    "mnotify": _Kind(_HTTP, _of_key),
    "africastalking": _Kind(_HTTP, _of_user),
    "twilio": _Kind(_HTTP, _of_user),
    "kannel": _Kind(_HTTP, _of_user, 13013, tls=False),
}


def _query(query: str, readers: Readers) -> dict[str, Any]:
    """The options as keyword arguments; each has the type that its reader returns."""
    found: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in readers:
            raise _wrong(f"This carrier has no option “{name}”; it has {', '.join(readers)}.")
        if name in found:
            raise _wrong(f"The option “{name}” is given twice.")
        try:
            found[name] = readers[name](text)
        except (ValueError, KeyError):
            given = "that" if name == "callback" else f"“{text}”"  # it ends with a secret
            raise _wrong(f"The option “{name}” cannot be {given}.") from None
    return found


def _wrong(reason: str) -> CarrierError:
    return CarrierError(reason, permanent=True)
