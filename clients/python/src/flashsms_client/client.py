"""The client: one object for one API key."""

from collections.abc import Iterator
from datetime import date
from types import TracebackType

import httpx

from flashsms_client.account import Balance, Transaction
from flashsms_client.calls import Caller
from flashsms_client.contacts import Contacts, Groups
from flashsms_client.endpoints import Webhooks
from flashsms_client.pages import walk
from flashsms_client.reading import read
from flashsms_client.senders import Senders
from flashsms_client.sms import Sms
from flashsms_client.templates import Templates
from flashsms_client.version import __version__

_PATH = "/api/v1"
_TRANSACTIONS = 100  # of a page


class FlashSMS:
    """Talks to a FlashSMS installation with an API key.

    `base_url` is the address of the installation, such as `https://sms.example.com`. `timeout` are
    the seconds to wait for a connection or for something to come over it, and `max_retries` says
    how often a request is sent again after the first time. Threads may share one. Use it in a
    `with` statement, or `close` it, to give its connections back.
    """

    def __init__(
        self,
        api_key: str,
        base_url: str,
        *,
        timeout: float = 30.0,
        max_retries: int = 3,
        transport: httpx.BaseTransport | None = None,
    ) -> None:
        self._url = _address(base_url)
        http = httpx.Client(
            base_url=self._url,
            headers={
                "Authorization": f"Bearer {_checked(api_key)}",
                "User-Agent": f"flashsms-client/{__version__}",
            },
            timeout=timeout,
            transport=transport,
        )
        self._caller = Caller(http, max_retries)
        self.sms = Sms(self._caller)
        self.contacts = Contacts(self._caller)
        self.groups = Groups(self._caller)
        self.templates = Templates(self._caller)
        self.senders = Senders(self._caller)
        self.webhooks = Webhooks(self._caller)

    def balance(self) -> Balance:
        """Tell how many credits are left."""
        return read(Balance, self._caller.get("balance"))

    def transactions(
        self,
        *,
        type: str | None = None,
        start_date: date | None = None,
        end_date: date | None = None,
    ) -> Iterator[Transaction]:
        """Go through the ledger, newest first; the dates may be days or times."""
        return walk(
            self._caller,
            "transactions",
            "transactions",
            Transaction,
            limit=_TRANSACTIONS,
            type=type,
            start_date=start_date,
            end_date=end_date,
        )

    def close(self) -> None:
        """Close the connections."""
        self._caller.close()

    def __enter__(self) -> "FlashSMS":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        return f"FlashSMS({self._url!r})"


def _address(base_url: str) -> str:
    """Return where the API is, whether or not its path was given too."""
    url = httpx.URL(base_url.strip().rstrip("/"))
    if url.scheme not in ("https", "http") or not url.host or url.userinfo:
        raise ValueError("base_url must be an address such as https://sms.example.com.")
    return str(url).removesuffix(_PATH) + _PATH


def _checked(api_key: str) -> str:
    """Return the key without blanks around it; never shows it."""
    key = api_key.strip()
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise ValueError("api_key must be a key such as bms_live_..., and nothing else.")
    return key
