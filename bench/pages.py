"""Part G: the dashboard's pages in a large account, beside a page that renders only the layout."""

import http.client
import re
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from statistics import median
from types import MappingProxyType
from urllib.parse import urlencode

from sqlalchemy import update

from bench.book import chunks
from bench.client import phones
from bench.databases import Server, connect
from bench.site import prepare, site
from flashsms.extensions import db, transaction
from flashsms.models import Message, MessageStatus, now
from flashsms.services import accounts, contacts, sending
from flashsms.services.campaigns import Wish, drafts
from flashsms.services.sending import Order
from flashsms.stack.start import programs

CONTACTS, CAMPAIGNS, RECIPIENTS = 100_000, 1000, 100
ASKED = 31  # times each page is asked for; the median counts
LAYOUT = "only the layout"
_TYPING = "searched while typing"  # HTMX asks for the table alone
_LAYOUT_PATH, _WITH_LAYOUT = "/only-the-layout", "bench.layout:app"
_EMAIL, _PASSWORD = "pages@example.com", "correct horse"

Pages = dict[str, float]


def measure(server: Server, tenth: int) -> Pages:
    """Fill an account, and return the seconds that each of its pages takes; LAYOUT is the floor."""
    with site(server, "pages") as installation:
        paths: dict[str, str] = {}
        prepare(installation.config, lambda: _fill_into(paths, tenth))
        if server.kind == "postgresql":
            with closing(connect(installation.database_url)) as connection:
                connection.execute("VACUUM ANALYZE")
        [web] = (one for one in programs(installation.config) if one.name == "web")
        installation.processes.start("web", (*web.command[:-1], _WITH_LAYOUT), installation.env)
        installation.wait_for_web()
        with closing(Visitor(installation.config.PORT)) as visitor:
            visitor.sign_in()
            return dict(_ask(visitor, paths))


class Visitor:
    """One connection of a browser, with its cookie."""

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._headers: dict[str, str] = {}

    def sign_in(self) -> None:
        """Sign in as the owner of the account."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get("/login"))
        given = {"email": _EMAIL, "password": _PASSWORD, "csrf_token": token[1] if token else ""}
        self._headers["Content-Type"] = "application/x-www-form-urlencoded"
        self._ask("POST", "/login", 302, urlencode(given))

    def get(self, path: str, *, part: bool = False) -> str:
        """Return a page, or what HTMX gets of it; raises RuntimeError for anything else."""
        return self._ask("GET", path, 200, extra={"HX-Request": "true"} if part else {})

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def _ask(
        self,
        method: str,
        path: str,
        wanted: int,
        body: str | None = None,
        extra: Mapping[str, str] = MappingProxyType({}),
    ) -> str:
        headers = {**self._headers, **extra}
        self._connection.request(method, path, body=body, headers=headers)
        response = self._connection.getresponse()
        page = response.read().decode()
        if response.status != wanted:
            raise RuntimeError(f"{path} answered {response.status}: {page[:500]}")
        if cookie := response.getheader("Set-Cookie"):
            self._headers["Cookie"] = cookie.partition(";")[0]
        return page


def _fill_into(paths: dict[str, str], tenth: int) -> str:
    paths.update(_fill(CONTACTS // tenth, CAMPAIGNS // tenth))
    return ""


def _fill(size: int, campaigns: int) -> dict[str, str]:
    """Make an account with so many contacts and campaigns, and return its pages' addresses."""
    account = accounts.create(
        accounts.NewAccount(
            name="Pages",
            phone="0201234567",
            email=_EMAIL,
            password=_PASSWORD,
            credits=10_000_000,
            sender="MyBrand",
        )
    )
    group = contacts.groups.create(account.id, "VIP")
    for at, people in enumerate(chunks(size)):
        contacts.add(account.id, people, group.id if at == 0 else None)
    for at in range(campaigns):
        small = Order(text="Hello", recipients=phones(at, RECIPIENTS), campaign_name=f"Sale {at}")
        last = sending.accept(account.id, small).message
    everybody = Order(text="Hello", everybody=True, campaign_name="Everybody")
    big = sending.accept(account.id, everybody).message
    _end(account.id)
    listed, all_of_them = drafts.new_id(), drafts.new_id()
    wish = Wish(text="Hello", numbers="\n".join(phones(0, RECIPIENTS)))
    drafts.save(account.id, listed, wish)
    drafts.save(account.id, all_of_them, Wish(text="Hello {{firstName}}", everybody=True))
    return {
        "home": "/",
        "campaigns": "/campaigns",
        "campaigns, searched": "/campaigns?q=sale+77",
        "campaigns, of one status": "/campaigns?status=delivered",
        f"a campaign of {RECIPIENTS}": f"/campaigns/{last.public_id}",
        f"a campaign of {size:,}": f"/campaigns/{big.public_id}",
        f"its progress, of {size:,}": f"/campaigns/{big.public_id}/progress",
        f"its failed, of {size:,}": f"/campaigns/{big.public_id}?kind=failed",
        "compose": f"/campaigns/drafts/{listed}",
        f"review for {RECIPIENTS}": f"/campaigns/drafts/{listed}/review",
        f"review for {size:,}": f"/campaigns/drafts/{all_of_them}/review",
        "contacts": "/contacts",
        "contacts, far behind": f"/contacts?page={size // 50 - 1}",
        "contacts, searched": "/contacts?q=kwab",
        f"contacts, {_TYPING}": "/contacts?q=kwab",
        "contacts of a group": f"/contacts?group={group.public_id}",
        "opt-outs": "/contacts/opt-outs",
        "import": "/contacts/import",
        "templates": "/templates",
        "sender IDs": "/sender-ids",
        "credits": "/credits",
        "API keys": "/api-keys",
        "settings": "/settings",
        "members": "/settings/members",
    }


def _end(account_id: int) -> None:
    """Let every campaign be over, as most are."""
    with transaction():
        db.session.execute(
            update(Message)
            .where(Message.account_id == account_id)
            .values(status=MessageStatus.DELIVERED, waiting=0, delivered=Message.recipient_count)
            .values(sent_at=now(), wake_at=None)
        )


def _ask(visitor: Visitor, paths: dict[str, str]) -> Iterator[tuple[str, float]]:
    """Yield the median time of each page; the rounds interleave, so that all share the weather."""
    asked = {LAYOUT: _LAYOUT_PATH} | paths
    times: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(ASKED + 1):
        for name, path in asked.items():
            began = time.perf_counter()
            visitor.get(path, part=_TYPING in name)
            times[name].append(time.perf_counter() - began)
    for name, taken in times.items():
        yield name, median(taken[1:])  # the first reads templates that nobody read yet
