"""Part I: events from the transaction that writes them to ten receivers that took them.

`python -m bench.webhooks PORT` is the receiver: it counts the events in what is posted to it.
"""

import asyncio
import sys
import time
import urllib.request
from contextlib import closing
from dataclasses import dataclass

import aiohttp

from bench import databases
from bench.databases import Server
from bench.figures import Round
from bench.processes import used_between
from bench.site import Site, prepare, site
from config import Config
from flashsms import create_app
from flashsms.extensions import db, transaction
from flashsms.models import EventType, WebhookEndpoint
from flashsms.services import accounts, webhooks
from flashsms.services.webhooks import secrets, signing
from flashsms.stack.home import free_port
from flashsms.stack.start import programs

EVENTS = 50_000
ACCOUNTS = 10
PER_BATCH = 500  # events in one transaction, as receipts come
LONGEST = 120.0  # seconds for a round

_OK = b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s"


def measure(server: Server, rounds: int, events: int) -> list[Round]:
    """Write events for ten accounts in turns until their receivers have them all, and post the
    very same bodies without anything else.
    """
    with site(server, "webhooks") as installation:
        port = free_port()
        env = {**installation.env, "WEBHOOK_ALLOW": "127.0.0.0/8"}
        command = (sys.executable, "-m", "bench.webhooks", str(port))
        installation.processes.start("receiver", command, env)
        worker = next(one for one in programs(installation.config) if one.name == "webhooks")
        installation.processes.start("webhooks", worker.command, env)
        installation.wait_for_workers(1)
        account_ids = prepare(Config(env), lambda: " ".join(_listen(port))).split()
        app = create_app(Config(env))
        told = _Told(installation, port, [int(one) for one in account_ids])
        with app.app_context():
            found = [told.round(events) for _ in range(rounds)]
            db.session.remove()
            db.engine.dispose()
        return found


@dataclass(frozen=True, slots=True)
class _Told:
    """Who is told at which port."""

    site: Site
    port: int
    account_ids: list[int]

    def round(self, events: int) -> Round:
        before, cpu, began = self._count(), self.site.processes.cpu(), time.perf_counter()
        self._emit(events)
        while self._count() - before < events:
            self.site.processes.check()
            if time.perf_counter() - began > LONGEST:
                raise RuntimeError("The events did not arrive in time.")
            time.sleep(0.005)
        took = time.perf_counter() - began
        used = used_between(cpu, self.site.processes.cpu(), events / 1000)
        bodies = self._bodies()
        began = time.perf_counter()
        asyncio.run(_post(self.port, bodies[-_requests(bodies, events) :]))
        return Round(events / took, events / (time.perf_counter() - began), used)

    def _emit(self, events: int) -> None:
        for number in range(events // PER_BATCH):
            account_id = self.account_ids[number % len(self.account_ids)]
            with transaction():
                webhooks.emit(account_id, EventType.RECIPIENT_DELIVERED, _happened(number))

    def _bodies(self) -> list[bytes]:
        found = databases.rows(
            self.site.database_url, "SELECT body FROM webhook_deliveries ORDER BY id"
        )
        return [body.encode() for (body,) in found]

    def _count(self) -> int:
        address = f"http://127.0.0.1:{self.port}/count"
        with closing(urllib.request.urlopen(address, timeout=10)) as answer:
            return int(answer.read())


def _listen(port: int) -> list[str]:
    """Make the accounts with an endpoint each, and return their ids."""
    ids = []
    for number in range(ACCOUNTS):
        account = accounts.create(
            accounts.NewAccount(
                name=f"Shop {number}",
                phone="0201234567",
                email=f"shop{number}@example.com",
                password="correct horse",
            )
        )
        with transaction():
            db.session.add(
                WebhookEndpoint(
                    account_id=account.id,
                    url=f"http://127.0.0.1:{port}/hooks/{number}",
                    event_names=EventType.RECIPIENT_DELIVERED.value,
                    secret=secrets.seal(signing.new_secret()),
                )
            )
        ids.append(str(account.id))
    return ids


def _happened(batch: int) -> list[dict[str, object]]:
    return [
        {
            "messageId": f"c{batch:024d}",
            "phone": f"23324{number:07d}",
            "status": "DELIVERED",
            "reason": None,
            "test": False,
        }
        for number in range(PER_BATCH)
    ]


def _requests(bodies: list[bytes], events: int) -> int:
    """Return how many of the last bodies hold so many events."""
    count, requests = 0, 0
    while count < events:
        requests += 1
        count += bodies[-requests].count(b'"id":"evt_')
    return requests


async def _post(port: int, bodies: list[bytes]) -> None:
    """Post bodies over as many connections as there are endpoints, each in its turn."""
    waiting = iter(bodies)

    async def work(session: aiohttp.ClientSession) -> None:
        for body in waiting:
            async with session.post(f"http://127.0.0.1:{port}/floor", data=body) as answer:
                await answer.read()

    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        await asyncio.gather(*(work(session) for _ in range(ACCOUNTS)))


class _Receiver(asyncio.Protocol):
    """As trivial as it can be: it looks for the end of a request and counts what is in it."""

    told = 0

    def __init__(self) -> None:
        self._heard = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._heard += data
        head, blank, body = self._heard.partition(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0] or 0)
        if not blank or len(body) < length:
            return
        self._heard = body[length:]
        if head.startswith(b"POST /hooks"):
            _Receiver.told += body.count(b'"id":"evt_')
        count = str(_Receiver.told).encode()
        self._transport.write(_OK % (len(count), count))  # type: ignore[attr-defined]


async def _serve(port: int) -> None:
    server = await asyncio.get_running_loop().create_server(_Receiver, "127.0.0.1", port)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1])))
