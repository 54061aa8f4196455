"""A carrier is one URL: `smpp://system_id:password@host:2775?window=64&tps=200`.

Credentials are percent-decoded. Every option has a name in `CarrierOptions`; anything else is an
error that names it, since a misspelt option that is ignored is found out by the phone bill.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from flashsms.carriers.contract import CarrierError

_PORT = 2775
_SIMULATOR = ("flashsms", "simulated")
_UNREADABLE = (
    "The carrier's URL cannot be read: write it as smpp://SYSTEM_ID:PASSWORD@HOST:PORT, and in the "
    "password %2F for /, %3F for ?, %23 for # and %40 for @."
)


@dataclass(frozen=True, slots=True)
class CarrierOptions:
    """What a carrier's URL says.

    `window` is the number of parts without an answer on each of `binds` connections; `tps` the
    parts a second that the services allow, 0 for no limit; `response_timeout` and `enquire` are
    seconds; `source_ton` and `source_npi` replace what the sender's form suggests.
    """

    scheme: str
    host: str
    port: int
    system_id: str
    password: str
    window: int = 64
    binds: int = 1
    tps: float = 0.0
    response_timeout: float = 30.0
    enquire: float = 30.0
    source_ton: int | None = None
    source_npi: int | None = None

    def __repr__(self) -> str:
        """Without the password, because this ends up in logs."""
        return f"CarrierOptions({self.scheme}://{self.system_id}:***@{self.host}:{self.port})"


def options(url: str) -> CarrierOptions:
    """Read a carrier's URL. Raises a permanent CarrierError that says what is wrong with it."""
    split, port = _split(url)
    if split.scheme not in ("smpp", "simulator"):
        kind = f"“{split.scheme}” is none" if split.scheme else "this has none"
        raise _wrong(f"A carrier\u2019s URL begins with its kind, smpp:// or simulator://; {kind}.")
    system_id, password = _credentials(split)
    return CarrierOptions(
        scheme=split.scheme,
        host=_host(split),
        port=port or _PORT,
        system_id=system_id,
        password=password,
        **_query(split.query),
    )


def redact(url: str) -> str:
    """The URL as it may be shown and logged: without its password."""
    scheme, separator, rest = url.partition("://")
    credentials, at, address = rest.rpartition("@")
    if not at:
        return url
    name, colon, _ = credentials.partition(":")
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


def _credentials(split: SplitResult) -> tuple[str, str]:
    name, password = unquote(split.username or ""), unquote(split.password or "")
    if split.scheme == "simulator" and not name:
        return _SIMULATOR
    if not name:
        raise _wrong("The carrier's URL has no system id: smpp://SYSTEM_ID:PASSWORD@HOST:PORT.")
    if not (name + password).isascii() or "\0" in name + password:
        raise _wrong("The system id and the password can only have ASCII characters in SMPP.")
    return name, password


def _host(split: SplitResult) -> str:
    if split.hostname:
        return split.hostname
    if split.scheme == "simulator":
        return "127.0.0.1"
    raise _wrong("The carrier's URL names no host.")


def _whole(lowest: int, highest: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text)
        if not lowest <= number <= highest:
            raise ValueError
        return number

    return read


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


_READERS: dict[str, Callable[[str], float]] = {
    "window": _whole(1, 10_000),
    "binds": _whole(1, 32),
    "tps": _rate,
    "response_timeout": _seconds,
    "enquire": _seconds,
    "source_ton": _whole(0, 6),
    "source_npi": _whole(0, 18),
}


def _query(query: str) -> dict[str, Any]:
    """The options as keyword arguments; each has the type that its reader returns."""
    found: dict[str, Any] = {}
    for name, text in parse_qsl(query, keep_blank_values=True):
        if name not in _READERS:
            raise _wrong(f"A carrier has no option “{name}”; it has {', '.join(_READERS)}.")
        if name in found:
            raise _wrong(f"The option “{name}” is given twice.")
        found[name] = _read(name, text)
    return found


def _read(name: str, text: str) -> float:
    try:
        return _READERS[name](text)
    except ValueError:
        raise _wrong(f"The option “{name}” cannot be “{text}”.") from None


def _wrong(reason: str) -> CarrierError:
    return CarrierError(reason, permanent=True)
