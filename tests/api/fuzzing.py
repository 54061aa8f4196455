"""Schemathesis over the document of a live installation: generated requests, all of its checks.

No check is switched off. What a schema cannot say is let through one by one, in REASONS.
`object_level_authorization` has nothing to do with a single key: `test_strangers` is about that.
"""

import os
import re
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import schemathesis
from hypothesis import strategies as st
from schemathesis import hooks
from schemathesis.config import (
    GenerationConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
)
from schemathesis.core.parameters import ParameterLocation
from schemathesis.engine import events, from_schema
from schemathesis.openapi.checks import RejectedPositiveData

from config import Config
from flashsms.models import now
from flashsms.text.phones import normalise

ROOT = Path(__file__).parents[2]

# Why a request that its schema allows may be refused with a 400: the code, and what the sentence
# says where the code also stands for faults that the schema does know.
REASONS: dict[tuple[str, str], str] = {
    ("no_recipients", ""): "which numbers exist, and who is in a group, is no matter of form",
    ("too_many_recipients", ""): "two lists are counted together",
    ("sender_not_approved", ""): "the operator approves names",
    ("schedule_in_past", ""): "time passes",
    ("invalid_request", "^scheduleDate is more than a year ahead"): "time passes",
    ("invalid_request", "^(start|end)Date must be an ISO 8601"): "RFC 3339 has a year 0",
    ("invalid_request", "^startDate must not be after endDate"): "two dates are compared",
    ("invalid_request", "^endDate is too far in the future"): "the day after it must exist",
    ("invalid_request", "^recipientCount must be a whole number"): "72.0 is one to JSON Schema",
    ("unknown_variable", ""): "names are compared with those in the text",
    ("bad_message", r"placeholder|there is no \{\{|the values would write"): "a text has a syntax",
    ("bad_template", r"placeholder|there is no \{\{"): "a text has a syntax",
    ("bad_contact", "^phone: "): "which numbers exist is no matter of form",
    ("bad_contact", "is a field that every contact has"): "names are compared without their case",
    ("bad_contact", "^customFields has"): "only fields with a value are counted",
    ("contact_exists", ""): "what is there already",
    ("group_exists", ""): "what is there already",
    ("template_exists", ""): "what is there already",
    ("too_many_groups", ""): "how many there are",
    ("too_many_templates", ""): "how many there are",
    ("too_many_webhooks", ""): "how many there are",
    ("webhook_paused", ""): "how it stands",
    ("bad_url", ""): "which hosts are public is no matter of form",
}


@dataclass
class Found:
    """What a run came to: requests by operation and status, refusals let through, failures."""

    cases: int = 0
    statuses: dict[str, Counter[int]] = field(default_factory=dict)
    reasons: Counter[tuple[str, str]] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        total = sum(self.statuses.values(), Counter[int]())
        let_through = ", ".join(f"{code} {count}" for (code, _), count in self.reasons.items())
        return f"{self.cases:,} cases; {dict(total)}; let through: {let_through}"


@contextmanager
def served(config: Config) -> Iterator[str]:
    """Serve an installation by the server that it has in production; gives its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = {
        "FLASHSMS_HOME": str(config.FLASHSMS_HOME),
        "DATABASE_URL": config.SQLALCHEMY_DATABASE_URI,
        "REDIS_URL": config.REDIS_URL,
        "SECRET_KEY": config.SECRET_KEY,
        "RATE_LIMIT": "0",
    }
    command = (
        *(sys.executable, "-m", "granian", "--interface", "wsgi", "--no-ws"),
        *("--host", "127.0.0.1", "--port", str(port), "--blocking-threads", "4"),
        *("--log-level", "error", "--no-access-log", "wsgi:app"),
    )
    with subprocess.Popen(command, cwd=ROOT, env=os.environ | settings) as process:
        try:
            _wait_for(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def run(url: str, key: str, kept: Mapping[str, str], *, examples: int, seed: int) -> Found:
    """Try all operations with `examples` generated requests each, beside the systematic ones.

    `kept` are ids of what is there and stays, by the names of parameters and fields.
    """
    _register_formats()
    project = ProjectConfig(
        base_url=f"{url}/api/v1",
        headers={"Authorization": f"Bearer {key}"},
        continue_on_failure=True,
        generation=GenerationConfig(max_examples=examples),
    )
    config = SchemathesisConfig(seed=seed, projects=ProjectsConfig(default=project))
    schema = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json", config=config)
    found = Found()
    schema.hook("filter_failure")(_filter(found))
    aim = schemathesis.hook("before_call")(_aim_at(kept))
    try:
        for event in from_schema(schema).execute():
            _take(found, event)
    finally:
        hooks.unregister(aim)
    return found


def _aim_at(kept: Mapping[str, str]) -> Any:
    """Let most requests mean something that is there, and be no repetition of another.

    Else nearly all would end at an unknown id or a used Idempotency-Key, which is right but tells
    nothing about the rest of the request. Only parts that are meant to be valid are changed.
    """
    numbers = count()

    def before_call(context: Any, case: Any, kwargs: Any) -> None:
        number = next(numbers)
        if case.method == "DELETE":  # what is kept stays
            for name, value in case.path_parameters.items():
                if value == kept[name]:
                    case.path_parameters[name] = value[:-1] + "0"
        elif number % 5 and _is_valid(case, ParameterLocation.PATH):
            case.path_parameters.update({name: kept[name] for name in case.path_parameters})
        used = case.headers.get("Idempotency-Key")
        if used and number % 5 and _is_valid(case, ParameterLocation.HEADER):
            case.headers["Idempotency-Key"] = f"{number} {used}"[:255]
        if number % 5 and _is_valid(case, ParameterLocation.BODY) and isinstance(case.body, dict):
            _aim(case.body, kept)
            _make_new(case, number)
        if number % 5 and _is_valid(case, ParameterLocation.QUERY):
            _aim(case.query, kept)

    return before_call


def _is_valid(case: Any, part: ParameterLocation) -> bool:
    """Whether that part of a request is meant to be valid, and was not taken from an answer."""
    if case.meta is None or case.meta.phase.name == "stateful":
        return False
    component = case.meta.components.get(part)
    return component is not None and component.mode.is_positive


def _aim(fields: Any, kept: Mapping[str, str]) -> None:
    for name, value in fields.items():
        if value and name in kept:
            fields[name] = kept[name]
        elif value and name.removesuffix("s") in kept:
            fields[name] = [kept[name.removesuffix("s")], *value[1:2]]


def _make_new(case: Any, number: int) -> None:
    """Give what is to be made a name or a number that nothing has yet."""
    name, phone = case.body.get("name"), case.body.get("phone")
    if isinstance(name, str) and len(name) < 90:
        case.body["name"] = f"{name}{number}"
    if isinstance(phone, str) and normalise(phone):
        case.body["phone"] = f"05{number:08d}"


def _filter(found: Found) -> Any:
    def filter_failure(context: Any, failure: Any, case: Any, response: Any) -> bool:
        if not isinstance(failure, RejectedPositiveData) or response.status_code != 400:
            return True
        body = response.json()
        for code, says in REASONS:
            if code == body["code"] and re.search(says, body["error"]):
                found.reasons[code, says] += 1
                return False
        return True

    return filter_failure


def _take(found: Found, event: Any) -> None:
    if isinstance(event, events.FatalError):
        raise event.exception
    if isinstance(event, events.NonFatalError):
        found.failures.append(f"{event.label}: {event.info}")
    if isinstance(event, events.ScenarioFinished | events.FuzzScenarioFinished):
        recorder = event.recorder
        found.cases += len(recorder.interactions)
        for case_id, made in recorder.interactions.items():
            label = recorder.cases[case_id].value.operation.label
            if made.response:
                found.statuses.setdefault(label, Counter())[made.response.status_code] += 1
        found.failures += [
            _describe(recorder, case_id, check)
            for case_id, checks in recorder.checks.items()
            for check in checks
            if check.failure_info
        ]


def _describe(recorder: Any, case_id: str, check: Any) -> str:
    case, response = recorder.cases[case_id].value, recorder.interactions[case_id].response
    sent = (case.path_parameters, case.query, case.headers, case.body)
    answered = f"{response.status_code} {response.text[:300]}" if response else "nothing"
    said = check.failure_info.failure.message
    return f"{check.name}: {said}\n  {case.method} {case.path} {sent!r:.1000}\n  {answered}"


def _register_formats() -> None:
    """Say what texts look like of which the document only names the kind."""
    digits = st.text("0123456789", min_size=7, max_size=7)
    starts = st.sampled_from(["024", "+233 20 ", "233-50-", "(0)5"])
    schemathesis.openapi.format("phone", st.builds("{}{}".format, starts, digits))
    paths = st.text("abcxyz/?=&%20", max_size=20)
    schemathesis.openapi.format("uri", st.builds("https://93.184.216.34/{}".format, paths))
    soon = datetime.fromisoformat(f"{now():%Y-%m-%d}") + timedelta(days=1)
    moments = st.datetimes(soon - timedelta(days=500), soon + timedelta(days=360))
    schemathesis.openapi.format("date-time", moments.map(lambda one: f"{one:%Y-%m-%dT%H:%M:%S}Z"))


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if httpx.get(f"{url}/healthz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise TimeoutError("The web server did not start.")
