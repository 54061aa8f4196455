"""The tables of RESULTS.md: written between two markers, the prose around them left alone."""

import os
import platform
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

import psycopg

from bench.book import Book
from bench.figures import Pair, Round, middle
from bench.history import SMALL, History, scans
from bench.imports import Imported
from bench.latency import Latencies
from bench.pages import LAYOUT, Pages
from bench.processes import Cpu
from bench.tps import Held

FILE = Path(__file__).with_name("RESULTS.md")


def write(tables: Sequence[str], part: str = "measured") -> None:
    """Replace what stands between the markers of a part."""
    begin, end = f"<!-- {part}: begin -->", f"<!-- {part}: end -->"
    before, _, rest = FILE.read_text().partition(begin)
    _, _, after = rest.partition(end)
    FILE.write_text("\n\n".join([f"{before}{begin}", *tables, f"{end}{after}"]))


def machine() -> str:
    """Say when and on what this was measured."""
    today = datetime.now(UTC).date()
    return (
        f"Measured on {today} on {os.cpu_count()} cores ({_processor()}), {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, "
        f"SQLite {sqlite3.sqlite_version}, psycopg {psycopg.__version__}."
    )


def accepted(found: Mapping[str, Sequence[Round]]) -> str:
    """Return the tables of part A, from the rounds of each database."""
    return _rates("A. Accepting: recipients/s by one API process", "bare INSERT", found)


def delivered(found: Mapping[str, Sequence[Round]]) -> str:
    """Return the tables of part B, from the rounds of each database and SMSC."""
    return _rates("B. End to end: messages/s with receipts recorded", "bare wire", found)


def told(found: Mapping[str, Sequence[Round]]) -> str:
    """Return the tables of part I, from the rounds of each database."""
    return _rates("I. Webhooks: events/s until ten receivers took them", "bare POST", found)


def late(found: Mapping[str, Latencies]) -> str:
    """Return the table of part C."""
    lines = [
        f"| {name} | {when} | {_ms(one.answer)} | {_ms(one.p50)} | {_ms(one.p99)} "
        f"| {_ms(one.worst)} |"
        for name, both in found.items()
        for when, one in (("idle", both.idle), ("behind the bulk", both.busy))
    ]
    head = _head("database", "", "API's answer, p50", "socket, p50", "p99", "worst")
    return "\n".join(["### C. One recipient: ms from POST", "", *head, *lines])


def counted(found: Mapping[str, Sequence[int]], sizes: Sequence[int]) -> str:
    """Return the table of part D, from the statements for each size by database."""
    head = _head("database", *(f"{size:,} recipient{'s' if size > 1 else ''}" for size in sizes))
    lines = [f"| {name} | {' | '.join(map(str, counts))} |" for name, counts in found.items()]
    return "\n".join(["### D. SQL statements to accept one order", "", *head, *lines])


def books(found: Mapping[str, Book]) -> str:
    """Return the tables of part E, from the address books of each database."""
    return "\n\n".join(
        [
            "### E. Address books: 10,000 contacts beside 1,000,000",
            *(_questions(name, one) for name, one in found.items()),
            _imports(found),
            *(_plan(name, text) for one in found.values() for name, text in one.plans.items()),
        ]
    )


def files(found: Mapping[str, Mapping[str, Imported]]) -> str:
    """Return the table of part F, from the files of each database."""
    lines = [
        f"| {name}, {kind} | {one.uploaded:.1f} | {one.rate:,.0f} | {one.floor:,.0f} "
        f"| {one.floor / one.rate:.1f} | {one.peak:.0f} |"
        for name, kinds in found.items()
        for kind, one in kinds.items()
    ]
    head = _head("", "upload, s", "rows/s", "bare INSERT", "floor / ours", "worker's peak, MB")
    return "\n".join(["### F. A file of 1,000,000 contacts", "", *head, *lines])


def pages(found: Mapping[str, Pages]) -> str:
    """Return the table of part G, from the pages of each database."""
    titles = [title for kind in found for title in (f"{kind}, ms", "times the layout")]
    lines = []
    for name in next(iter(found.values())):
        cells = [f"{_ms(one[name])} | {one[name] / one[LAYOUT]:.1f}" for one in found.values()]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    title = "### G. Pages of an account with 100,000 contacts and 1,000 campaigns"
    return "\n".join([title, "", *_head("", *titles), *lines])


def history(found: History) -> str:
    """Return the table of part H, and by which indexes the pages read the large tables."""
    head = _head("ms", f"{SMALL:,}", f"{found.recipients:,}", "ratio")
    lines = [
        f"| {name} | {_ms(small)} | {_ms(big)} | {big / small:.2f} |"
        for name, (small, big) in found.pages.items()
    ]
    plans = [
        f"{name}\n" + "\n".join(f"  {scan}" for scan in scans(one))
        for name, one in found.plans.items()
    ]
    title = (
        f"### H. Operators' pages over {SMALL:,} and {found.recipients:,} recipients, PostgreSQL"
    )
    filled = f"The larger database was filled in {found.filled:.0f} s."
    shown = "How each page reads messages, recipients, ledger and hours in the larger one:"
    return "\n".join(
        [title, "", *head, *lines, "", filled, "", shown, "", "```", "\n\n".join(plans), "```"]
    )


def beside(found: Mapping[str, Pair]) -> str:
    """Return the tables of the peers, from the rounds of each database and form."""
    lines = []
    for name, pair in found.items():
        ours, theirs = middle(pair.ours).rate, middle(pair.kannel).rate
        ratios = [one.rate / other.rate for one, other in zip(pair.ours, pair.kannel, strict=True)]
        spread = f"{min(ratios):.2f} to {max(ratios):.2f}"
        lines.append(f"| {name} | {ours:,.0f} | {theirs:,.0f} | {median(ratios):.2f} | {spread} |")
    used = {
        f"{name}, {who}": middle(rounds).cpu
        for name, pair in found.items()
        for who, rounds in (("ours", pair.ours), ("Kannel", pair.kannel))
    }
    head = _head("", "ours", "Kannel", "ours / Kannel", "of the rounds")
    title = "### Beside Kannel: messages/s with receipts settled"
    return "\n".join([title, "", *head, *lines, "", *_cpu(used)])


def held(found: Mapping[str, Held]) -> str:
    """Return the table of the TPS limit, from what each database's workers did."""
    head = _head("", "allowed a second", "over 30 s", "off by", "most in one second", "workers")
    lines = [
        f"| {name} | {one.allowed:,} | {one.rate:,.1f} | {one.rate / one.allowed - 1:+.1%} "
        f"| {one.most:,} | {one.workers} |"
        for name, one in found.items()
    ]
    return "\n".join(["### A TPS limit shared by three workers", "", *head, *lines])


def _questions(name: str, found: Book) -> str:
    head = _head(f"{name}: ms from request to answer", "10,000", "1,000,000", "ratio")
    asked = [
        f"| {question} | {_ms(small)} | {_ms(big)} | {big / small:.2f} |"
        for question, (small, big) in found.questions.items()
    ]
    sent = [
        f"| to everybody, {what}: ms per 1,000 | {small * 1e6:.1f} | {big * 1e6:.1f} "
        f"| {big / small:.2f} |"
        for what, (small, big) in found.sends.items()
    ]
    return "\n".join([*head, *asked, *sent])


def _imports(found: Mapping[str, Book]) -> str:
    head = _head("10,000 contacts by the API, ms", "ours", "bare INSERT", "ours / floor")
    lines = [
        f"| {name} | {_ms(one.imported)} | {_ms(one.floor)} | {one.imported / one.floor:.1f} |"
        for name, one in found.items()
    ]
    return "\n".join([*head, *lines])


def _plan(name: str, text: str) -> str:
    return f"PostgreSQL's plans for the {name} among 1,000,000:\n\n```\n{text}\n```"


def _rates(title: str, floor: str, found: Mapping[str, Sequence[Round]]) -> str:
    medians = {name: middle(rounds) for name, rounds in found.items()}
    lines = [
        f"| {name} | {one.rate:,.0f} | {one.floor:,.0f} | {one.floor / one.rate:.1f} |"
        for name, one in medians.items()
    ]
    used = {name: one.cpu for name, one in medians.items()}
    head = _head("", "a second", floor, "floor / ours")
    return "\n".join([f"### {title}", "", *head, *lines, "", *_cpu(used)])


def _cpu(used: Mapping[str, Cpu]) -> list[str]:
    processes = list(dict.fromkeys(process for cpu in used.values() for process in cpu))
    lines = [
        f"| {name} | {' | '.join(_ms(cpu[one]) if one in cpu else '' for one in processes)} |"
        for name, cpu in used.items()
    ]
    return ["CPU milliseconds per 1,000, by process:", "", *_head("", *processes), *lines]


def _head(*titles: str) -> list[str]:
    return [f"| {' | '.join(titles)} |", "|---" + "|---:" * (len(titles) - 1) + "|"]


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.1f}" if seconds < 0.1 else f"{seconds * 1000:.0f}"


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()
