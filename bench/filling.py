"""Millions of recipients in minutes: PostgreSQL makes them, and the rest is counted from them.

What results is as consistent as what the product writes: counters equal the recipients, balances
the ledger, hours and days what happened in them.
"""

import math
import random
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta

import psycopg

ACCOUNTS, DAYS = 300, 90
SENDERS = 400
NEWEST = 2  # days whose outcomes are not all known yet
CARRIER = "Carrier"
PER_NUMBER = 20  # messages that a number gets, on average
# Shares of messages by size; every message of the last kind has 200,000.
SIZES = (
    (0.9500, 1, 3),
    (0.9950, 50, 500),
    (0.9994, 1000, 5000),
    (0.99993, 10_000, 50_000),
    (1.0, 200_000, 200_000),
)
REASONS = (
    "Absent subscriber.",
    "Unknown subscriber.",
    "Handset memory full.",
    "Expired.",
    "Blocked by the operator.",
    "Call barred.",
    "Rejected: spam.",
)
RARE = "Number range not assigned."

Sent = tuple[int, int, str, int, datetime, str]  # id, account, sender, size, time, status


def fill(url: str, recipients: int) -> None:
    """Fill a migrated database with so many recipients, and let it know its tables.

    It has nothing yet but three carriers, whose names begin with CARRIER.
    """
    with closing(psycopg.connect(url, autocommit=True)) as connection:
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute("SET work_mem = '128MB'")
        connection.execute("SET synchronous_commit = off")
        accounts = _open_accounts(connection)
        with _without_indexes(connection):
            _write_messages(connection, accounts, recipients)
            _write_recipients(connection, max(recipients // PER_NUMBER, 1000))
        _count(connection)
        _write_ledger(connection)
        connection.execute("VACUUM ANALYZE")


def _open_accounts(connection: psycopg.Connection) -> list[int]:
    opened = connection.execute(
        """INSERT INTO accounts (public_id, name, phone, balance, timezone, created_at)
           SELECT 'acc_' || substr(md5('account' || n), 1, 20), 'Account ' || n, '0201234567', 0,
                  'Africa/Accra', now() - interval '100 days' + n * interval '4 hours'
           FROM generate_series(1, %s) n RETURNING id""",
        [ACCOUNTS],
    )
    return [id for (id,) in opened.fetchall()]


@contextmanager
def _without_indexes(connection: psycopg.Connection) -> Iterator[None]:
    """Drop what is kept for each recipient, and make it again at once."""
    indexes = connection.execute(
        """SELECT indexname, indexdef FROM pg_indexes
           WHERE tablename = 'recipients' AND indexname NOT LIKE 'pk%'"""
    ).fetchall()
    ties = connection.execute(
        """SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
           WHERE conrelid = 'recipients'::regclass AND contype = 'f'"""
    ).fetchall()
    for name, _ in ties:
        connection.execute(f'ALTER TABLE recipients DROP CONSTRAINT "{name}"')
    for name, _ in indexes:
        connection.execute(f'DROP INDEX "{name}"')
    yield
    for _, made in indexes:
        connection.execute(made)
    for name, made in ties:
        connection.execute(f'ALTER TABLE recipients ADD CONSTRAINT "{name}" {made}')


def _write_messages(connection: psycopg.Connection, accounts: list[int], recipients: int) -> None:
    columns = (
        "id, account_id, sender, recipient_count, created_at, status, public_id, text,"
        " personalised, parts, credits_used, waiting, unknown, delivered, failed, urgent,"
        " ticket, expires_at"
    )
    with connection.cursor().copy(f"COPY messages ({columns}) FROM STDIN") as copy:
        for number, account, sender, size, moment, status in _messages(accounts, recipients):
            told = f"{sender}: thank you for being with us. Message {number}."
            name = "c" + f"{number:x}".rjust(8, "0") + f"{hash_of(number):016x}"
            end = moment + timedelta(days=1)
            urgent = size <= 20
            sent = (number, account, sender, size, moment, status, name, told, False)
            copy.write_row((*sent, 1, size, 0, 0, 0, 0, urgent, 1, end))
    connection.execute("SELECT setval('messages_id_seq', (SELECT max(id) FROM messages))")


def hash_of(number: int) -> int:
    """Return a number that looks like none: the same for the same."""
    return number * 0x9E3779B97F4A7C15 % 2**64


def _messages(accounts: list[int], recipients: int) -> Iterator[Sent]:
    """Yield messages with so many recipients together, oldest first, most of them of few."""
    dice = random.Random(1)
    sizes = list(_sizes(dice, recipients))
    end = datetime.now(UTC).replace(minute=0, second=0, microsecond=0)
    begin = end - timedelta(days=DAYS)
    for number, size in enumerate(sizes, 1):
        hours = DAYS * 24 * (number - 1) / len(sizes)
        # Within the first 50 minutes: what becomes of it then happens in the same hour.
        moment = begin + timedelta(hours=math.floor(hours), minutes=50 * (hours % 1))
        chosen = int(ACCOUNTS * dice.random() ** 2.5)
        sender = f"Brand{(chosen * 7 + int(3 * dice.random() ** 2)) % SENDERS:03}"
        cancelled = size > 3 and dice.random() < 0.02
        status = "CANCELLED" if cancelled else "PENDING"
        yield number, accounts[chosen], sender, size, moment, status


def _sizes(dice: random.Random, recipients: int) -> Iterator[int]:
    left = recipients
    while left > 0:
        drawn = dice.random()
        least, most = next((low, high) for share, low, high in SIZES if drawn < share)
        size = min(dice.randint(least, most), max(recipients // 10, 1), left)
        left -= size
        yield size


def _write_recipients(connection: psycopg.Connection, numbers: int) -> None:
    """Write the recipients of all messages; number 0 is one that gets many codes."""
    chosen = " ".join(
        f"WHEN luck < {(place + 1) / len(REASONS):.4f} THEN '{reason}'"
        for place, reason in enumerate(REASONS)
    )
    connection.execute(
        f"""
        INSERT INTO recipients (message_id, phone, status, parts, credits, attempts, refusals,
                                due_at, carrier_id, carrier_ref, claimed_at, sent_at, final_at,
                                reason)
        SELECT id, '233' || (ARRAY['24', '54', '55', '20', '27'])[1 + number %% 5]
                   || lpad(number::text, 7, '0'),
               status, 1, 1, CASE WHEN gone THEN 1 ELSE 0 END, 0, created_at,
               CASE WHEN gone THEN carrier END,
               CASE WHEN taken THEN to_hex(id::bigint * 262144 + place) END,
               CASE WHEN gone THEN created_at END,
               CASE WHEN taken THEN created_at + interval '5 seconds' END,
               CASE WHEN status IN ('DELIVERED', 'FAILED')
                    THEN created_at + interval '10 seconds' + luck * interval '8 minutes' END,
               CASE WHEN status = 'FAILED'
                    THEN CASE WHEN rare < 0.002 THEN '{RARE}' {chosen} END
                    WHEN status = 'UNKNOWN' THEN 'Interrupted while it was handed over.'
                    WHEN status = 'CANCELLED' THEN 'Cancelled.' END
        FROM (
            SELECT *, status NOT IN ('QUEUED', 'CANCELLED') AS gone,
                   status NOT IN ('QUEUED', 'CANCELLED', 'UNKNOWN') AS taken
            FROM (
                SELECT id, created_at, place, luck, rare,
                       (SELECT min(id) FROM carriers WHERE name LIKE '{CARRIER} %%')
                           + (other > 0.7)::int + (other > 0.95)::int AS carrier,
                       (CASE WHEN size = 1 AND id %% 100 = 0 THEN 0
                             ELSE id::bigint * 7919 + place END) %% %(numbers)s AS number,
                       CASE WHEN called_off THEN 'CANCELLED'
                            WHEN age < 2 * interval '1 hour' AND dice < 0.3 THEN 'QUEUED'
                            WHEN age < %(newest)s AND dice < 0.002 THEN 'UNKNOWN'
                            WHEN age < %(newest)s AND dice < 0.04 THEN 'SENT'
                            WHEN dice < 0.92 THEN 'DELIVERED' ELSE 'FAILED' END AS status
                FROM (
                    SELECT id, created_at, recipient_count AS size, now() - created_at AS age,
                           status = 'CANCELLED' AS called_off, place, random() AS dice,
                           random() AS luck, random() AS rare, random() AS other
                    FROM messages, generate_series(0, recipient_count - 1) AS place
                    ORDER BY id OFFSET 0
                ) AS drawn
            ) AS told
        ) AS written
        """,
        {"numbers": numbers, "newest": timedelta(days=NEWEST)},
    )


def _count(connection: psycopg.Connection) -> None:
    """Let counters, hours and failures say what became of the recipients."""
    connection.execute(
        """
        CREATE TEMP TABLE tallies AS
        SELECT message_id, substr(phone, 4, 2) AS block,
               count(*) FILTER (WHERE sent_at IS NOT NULL) AS sent,
               count(*) FILTER (WHERE status = 'DELIVERED') AS delivered,
               count(*) FILTER (WHERE status = 'FAILED') AS failed,
               count(*) FILTER (WHERE status = 'UNKNOWN') AS unknown,
               count(*) FILTER (WHERE status = 'QUEUED') AS waiting
        FROM recipients GROUP BY 1, 2
        """
    )
    connection.execute(
        """
        UPDATE messages SET waiting = t.waiting, unknown = t.unknown, delivered = t.delivered,
               failed = t.failed,
               wake_at = CASE WHEN t.waiting > 0 THEN now() + interval '9 days' END,
               sent_at = CASE WHEN t.sent > 0 THEN created_at + interval '5 seconds' END,
               status = CASE WHEN status = 'CANCELLED' THEN 'CANCELLED'
                             WHEN t.waiting > 0 THEN 'PENDING'
                             WHEN t.failed = recipient_count THEN 'FAILED'
                             WHEN t.failed + t.delivered = recipient_count THEN 'DELIVERED'
                             ELSE 'SENT' END
        FROM (SELECT message_id, sum(sent) AS sent, sum(delivered) AS delivered,
                     sum(failed) AS failed, sum(unknown) AS unknown, sum(waiting) AS waiting
              FROM tallies GROUP BY 1) AS t
        WHERE t.message_id = messages.id
        """
    )
    connection.execute(
        """
        INSERT INTO activity_hours (account_id, hour, operator, sent, delivered, failed)
        SELECT account_id, date_trunc('hour', created_at),
               CASE block WHEN '20' THEN 'Telecel' WHEN '27' THEN 'AT' ELSE 'MTN' END,
               sum(t.sent), sum(t.delivered), sum(t.failed)
        FROM tallies t JOIN messages m ON m.id = t.message_id
        GROUP BY 1, 2, 3 HAVING sum(t.sent) > 0
        """
    )
    connection.execute(
        """
        INSERT INTO failure_hours (account_id, hour, reason, failed)
        SELECT m.account_id, date_trunc('hour', m.created_at), r.reason, count(*)
        FROM recipients r JOIN messages m ON m.id = r.message_id
        WHERE r.status = 'FAILED' GROUP BY 1, 2, 3
        """
    )


def _write_ledger(connection: psycopg.Connection) -> None:
    """Write a purchase a week and what each message used and gave back, with balances."""
    connection.execute(
        """
        INSERT INTO transactions (public_id, account_id, type, amount, balance, description,
                                  reference, created_at)
        SELECT 'txn_' || lpad(to_hex(row_number() OVER (ORDER BY at, kind, place)), 20, '0'),
               account_id, type, amount,
               sum(amount) OVER (PARTITION BY account_id ORDER BY at, kind, place),
               description, reference, at
        FROM (
            SELECT account_id, 'USAGE' AS type, -recipient_count::bigint AS amount,
                   'Message ' || id AS description, public_id AS reference, created_at AS at,
                   1 AS kind, id AS place
            FROM messages
            UNION ALL
            SELECT account_id, 'REFUND', recipient_count, 'Cancelled.', public_id,
                   created_at + interval '1 minute', 2, id
            FROM messages WHERE status = 'CANCELLED'
            UNION ALL
            SELECT account_id, 'PURCHASE', total + 1000, 'Mobile money', NULL,
                   first - interval '1 hour' + week * interval '7 days', 0, week
            FROM (SELECT account_id, sum(recipient_count) AS total, min(created_at) AS first
                  FROM messages GROUP BY 1) AS used, generate_series(0, 11) AS week
        ) AS moved
        ORDER BY at, kind, place
        """
    )
    connection.execute(
        """
        UPDATE accounts SET balance = balance + t.total
        FROM (SELECT account_id, sum(amount) AS total FROM transactions
              WHERE public_id LIKE 'txn_00000000%' GROUP BY 1) AS t
        WHERE t.account_id = accounts.id
        """
    )
    connection.execute("DELETE FROM credit_days")
    connection.execute(
        """
        INSERT INTO credit_days (day, account_id, type, rows, amount)
        SELECT CAST(created_at AT TIME ZONE 'UTC' AS date), account_id, type, count(*), sum(amount)
        FROM transactions GROUP BY 1, 2, 3
        """
    )
