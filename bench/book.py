"""Part E: address books of 10,000 and of 1,000,000 contacts: pages, searches, imports, sends."""

import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from sqlalchemy import event

from bench.client import TEXT, Client
from bench.databases import Connection, Rows, Server, connect, rows
from bench.site import Site, prepare, site
from config import Config
from flashsms import create_app
from flashsms.extensions import db
from flashsms.services import accounts, contacts, keys
from flashsms.services.contacts import Draft

SMALL, BIG = 10_000, 1_000_000
ASKED = 31  # times each question is asked; the median counts
IMPORTED = 10_000  # contacts of one request
ROUNDS = 3  # of importing
_CHUNK = 10_000

_FIRST = (
    "Kwame Kofi Kwabena Kwaku Yaw Kojo Kwasi Ama Akua Abena Yaa Efua Esi Adwoa Afia Akosua Araba "
    "Nana Naa Nii Dzifa Selorm Elikem Mawuli Edem Senyo Ayorkor Korkor Odartey Tetteh Abdul Amina "
    "Fatima Ibrahim Issah Mariam Rahma Grace Emmanuel Samuel"
)
_LAST = (
    "Mensah Owusu Boateng Asante Agyemang Darko Opoku Sarpong Quaye Tetteh Addo Appiah Amoah "
    "Acheampong Ofori Osei Antwi Bonsu Frimpong Gyamfi Adjei Ansah Arthur Baah Danso Donkor Essien "
    "Fosu Kusi Lamptey Larbi Nkrumah Ntim Nyarko Oduro Quansah Sackey Sarfo Takyi Yeboah Amegashie "
    "Agbeko Kpodo Dogbe Alhassan Iddrisu Mohammed Salifu Yakubu Abubakari"
)

_ACCOUNT = "id, name, phone, balance, timezone, created_at"
_CONTACT = (
    "account_id, public_id, number, phone, first_name, last_name, email, fields, search, "
    "created_at, updated_at, deleted_at"
)


@dataclass(slots=True)
class Book:
    """What was measured of one database, in seconds; pairs are (small, big)."""

    questions: dict[str, tuple[float, float]] = field(default_factory=dict)
    sends: dict[str, tuple[float, float]] = field(default_factory=dict)
    imported: float = 0.0
    floor: float = 0.0
    plans: dict[str, str] = field(default_factory=dict)


def measure(server: Server, big: int = BIG) -> Book:
    """Fill two address books and ask both the same."""
    found = Book()
    with site(server, "book") as installation:
        small_key = prepare(installation.config, lambda: _account("small", SMALL))
        big_key = prepare(installation.config, lambda: _account("big", big))
        if server.kind == "postgresql":
            with closing(connect(installation.database_url)) as connection:
                connection.execute("VACUUM ANALYZE")
        installation.start("web")
        port = installation.config.PORT
        with closing(Client(port, small_key)) as small, closing(Client(port, big_key)) as large:
            for name, paths in _questions(big).items():
                found.questions[name] = (_ask(small, paths[0]), _ask(large, paths[1]))
            for name, text in {"one text": TEXT, "a text each": "{{firstName}}, " + TEXT}.items():
                found.sends[name] = (_send(small, text), _send(large, text))
        if server.kind == "postgresql":
            found.plans = _plans(installation)
    found.imported, found.floor = _import(server)
    return found


def _questions(big: int) -> dict[str, tuple[str, str]]:
    def both(query: str) -> tuple[str, str]:
        return f"contacts?{query}", f"contacts?{query}"

    return {
        "first page": both("limit=50"),
        "deep page": (f"contacts?page={SMALL // 50 - 1}", f"contacts?page={big // 50 - 1}"),
        "first name": both("search=Kwabena"),
        "first and last name": both("search=Kwabena%20Mensah"),
        "part of a name": both("search=ensa"),
        "four digits": both("search=4567"),
        "five digits": both("search=45678"),
        "number as typed": both("search=024%20000%207919"),
        "nobody": both("search=zzzyx"),
    }


def _ask(client: Client, path: str) -> float:
    times = []
    for _ in range(ASKED):
        began = time.perf_counter()
        client.get(path)
        times.append(time.perf_counter() - began)
    return median(times)


def _send(client: Client, text: str) -> float:
    """Return the seconds per recipient of a message to everybody."""
    body = json.dumps({"sendToAllContacts": True, "message": text}).encode()
    began = time.perf_counter()
    answer = json.loads(client.send(body))
    took = time.perf_counter() - began
    return float(took / answer["data"]["recipientsSent"])


def _account(name: str, size: int) -> str:
    """Open an account with so many contacts and return its key."""
    new = accounts.NewAccount(
        name=name,
        phone="0201234567",
        email=f"{name}@example.com",
        password="correct horse",
        credits=10_000_000,
        sender="MyBrand",
    )
    account = accounts.create(new)
    for chunk in chunks(size):
        contacts.add(account.id, chunk)
    return keys.create(account.id, "bench")[1]


def chunks(size: int) -> Iterator[list[Draft]]:
    """Yield people with names of Ghana, always the same, 10,000 at a time."""
    chance, first, last = random.Random(7), _FIRST.split(), _LAST.split()
    for start in range(0, size, _CHUNK):
        yield [
            Draft(
                f"23324{number * 7919 % 10_000_000:07d}",
                chance.choice(first),
                chance.choice(last),
            )
            for number in range(start, min(size, start + _CHUNK))
        ]


# --- importing by the API


def _import(server: Server) -> tuple[float, float]:
    """Return the median seconds to import 10,000 contacts, and to INSERT the same rows barely."""
    with site(server, "import") as installation:
        installation.start("web")
        ways = _WAYS[server.kind]
        floors = [_empty_copy(server, installation, way.__name__) for way in ways]
        took, floor = [], []
        with closing(installation.client()) as client:
            for number in range(ROUNDS):
                body = _import_body(number)
                began = time.perf_counter()
                client.post("contacts/import", body)
                took.append(time.perf_counter() - began)
                people = _newest(installation)
                pairs = zip(floors, ways, strict=True)
                floor.append(min(_insert(url, way, people) for url, way in pairs))
        return median(took), median(floor)


def _import_body(number: int) -> bytes:
    drafts = list(chunks((number + 1) * _CHUNK))[number]
    people = [
        {"phone": "0" + one.phone[3:], "firstName": one.first_name, "lastName": one.last_name}
        for one in drafts
    ]
    return json.dumps({"contacts": people}).encode()


def _empty_copy(server: Server, installation: Site, name: str) -> str:
    """Make a database with the same schema and the same account, and return its URL."""
    url = server.create(f"import{name}")
    prepare(Config({**installation.env, "DATABASE_URL": url}))
    with closing(connect(url)) as connection:
        found = rows(installation.database_url, f"SELECT {_ACCOUNT} FROM accounts")
        _execute_many(connection, "accounts", _ACCOUNT, found)
    return url


def _newest(installation: Site) -> Rows:
    """Return the rows of the last import, in their order."""
    statement = f"SELECT {_CONTACT} FROM contacts ORDER BY id DESC LIMIT {IMPORTED}"
    return rows(installation.database_url, statement)[::-1]


def _insert(url: str, way: Callable[[Connection, Rows], None], people: Rows) -> float:
    """Return the seconds to insert the rows in one transaction, beside those of earlier rounds."""
    with closing(connect(url)) as connection:
        began = time.perf_counter()
        connection.execute("BEGIN")
        way(connection, people)
        connection.execute("COMMIT")
        return time.perf_counter() - began


def _with_executemany(connection: Connection, people: Rows) -> None:
    _execute_many(connection, "contacts", _CONTACT, people)


def _with_json(connection: Connection, people: Rows) -> None:
    values = ", ".join(f"json_extract(value, '$[{at}]')" for at in range(len(people[0])))
    connection.execute(
        f"INSERT INTO contacts ({_CONTACT}) SELECT {values} FROM json_each(?)",
        (json.dumps(people),),
    )


def _with_copy(connection: Connection, people: Rows) -> None:
    with connection.cursor().copy(f"COPY contacts ({_CONTACT}) FROM STDIN") as copy:
        for person in people:
            copy.write_row(person)


_WAYS = {
    "sqlite": (_with_executemany, _with_json),
    "postgresql": (_with_executemany, _with_copy),
}


def _execute_many(connection: Connection, table: str, columns: str, values: Rows) -> None:
    mark = "?" if isinstance(connection, sqlite3.Connection) else "%s"
    marks = ", ".join([mark] * len(values[0]))
    connection.cursor().executemany(f"INSERT INTO {table} ({columns}) VALUES ({marks})", values)


# --- how PostgreSQL finds them


def _plans(installation: Site) -> dict[str, str]:
    """Return the plan of each statement that the big address book's questions are made of."""
    app = create_app(installation.config)
    plans = {}
    with app.app_context():
        account_id = accounts.find_by_email("big@example.com").id
        for name, act in {
            "deep page": lambda: contacts.page(account_id, BIG // 50 - 1, 50),
            "four digits": lambda: contacts.page(account_id, 1, 50, search="4567"),
        }.items():
            plans[name] = _explained(act)
        db.session.remove()
        db.engine.dispose()
    return plans


def _explained(act: Callable[[], object]) -> str:
    """Run `act` and return the plans of the SELECTs that read contacts."""
    statements: list[tuple[str, Any]] = []

    def note(_c: object, _r: object, statement: str, values: Any, *_: object) -> None:
        if "FROM contacts" in statement or "contact_blocks" in statement:
            statements.append((statement, values))

    event.listen(db.engine, "before_cursor_execute", note)
    act()
    event.remove(db.engine, "before_cursor_execute", note)
    return "\n\n".join(map(_explain, statements))


def _explain(statement: tuple[str, Any]) -> str:
    text, values = statement
    connection = db.session.connection()
    lines = connection.exec_driver_sql(
        f"EXPLAIN (ANALYZE, COSTS OFF, BUFFERS OFF, SUMMARY OFF) {text}", values
    ).scalars()
    return "\n".join(lines)
