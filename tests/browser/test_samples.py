"""Every sample of the documentation does what it says, as pasted from the page."""

import base64
import json
import os
import re
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks import Webhook

from tests.browser import programs
from tests.browser.lossy import lossy_line
from tests.browser.programs import COMMANDS, GRAMMARS, SUFFIXES
from tests.browser.site import ROOT, Site
from tests.servers import own_port

EMAIL, PASSWORD = "samples@example.com", "a fine long password"
KEY = re.compile(r"bms_test_[A-Za-z0-9]{32}")
SHORT_TASKS = ("bash", "javascript", "python")  # the languages of the tasks that are but one call
SECRET = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"
EVENT = {
    "id": "evt_1",
    "type": "recipient.delivered",
    "createdAt": "2024-12-21T10:30:00Z",
    "data": {"phone": "233201234567", "status": "DELIVERED"},
}
BODY = json.dumps({"id": "dlv_1", "events": [EVENT, EVENT | {"id": "evt_2"}]})

PATIENCE = 60.0  # seconds: Go compiles first

Fill = Callable[..., str]
running = pytest.mark.parametrize("language", COMMANDS)
receiving = pytest.mark.parametrize("language", sorted(set(COMMANDS) - {"bash"}))
short = pytest.mark.parametrize("language", SHORT_TASKS)


@pytest.fixture(scope="module")
def owner(site: Site) -> Iterator[httpx.Client]:
    """The owner of a new account, signed in, who has neither credits nor a sender ID."""
    shop = ("--name", "Sample Shop", "--phone", "0241234567")
    who = {"email": EMAIL, "password": PASSWORD}
    site.cli("account", "create", *shop, "--email", EMAIL, "--password", PASSWORD)
    with httpx.Client(base_url=site.url, follow_redirects=True) as browser:
        browser.post("/login", data=_token(browser, "/login") | who)
        yield browser


@pytest.fixture(scope="module")
def samples(owner: httpx.Client) -> dict[str, str]:
    """What the page shows to who asked for a test key, by the ids of the samples."""
    return programs.shown(owner.post("/docs", data=_token(owner, "/docs")).text)


@pytest.fixture(scope="module")
def api(owner: httpx.Client) -> Callable[..., Any]:
    """Ask the API, with a key apart from that of the samples; returns the answer's data."""
    found = KEY.search(owner.post("/docs", data=_token(owner, "/docs")).text)
    assert found
    headers = {"Authorization": f"Bearer {found[0]}"}

    def ask(method: str, path: str, **body: object) -> Any:
        given = {"json": body} if body else {}
        answer = owner.request(method, f"/api/v1{path}", headers=headers, **given)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    return ask


def _token(visitor: httpx.Client, path: str) -> dict[str, str]:
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', visitor.get(path).text)
    assert found
    return {"csrf_token": found[1]}


@pytest.fixture
def paste(samples: dict[str, str], tmp_path: Path) -> Callable[..., str]:
    """Run a sample; what its reader is to put in comes by name, as in `message_id`."""

    def act(task: str, language: str, **own: str) -> str:
        return programs.run(tmp_path, language, filled(samples[f"{task}-{language}"], **own))

    return act


def filled(code: str, **own: str) -> str:
    for name, value in own.items():
        assert f"your_{name}" in code
        code = code.replace(f"your_{name}", value)
    return code


def message_of(printed: str) -> str:
    found = re.search(r"\bc[0-9a-z]{24}\b", printed)
    assert found, printed
    return found[0]


def test_what_every_program_needs_is_in_all_languages(samples: dict[str, str]) -> None:
    tasks = {name.rpartition("-")[0] for name in samples}
    everywhere = {"send", "status", "retry", "webhook"}
    assert tasks == everywhere | {
        *("make-group", "import", "group", "schedule", "personalise", "balance")
    }
    assert {f"{task}-{one}" for task in everywhere for one in SUFFIXES} <= samples.keys()
    assert {f"{task}-{one}" for task in tasks for one in SHORT_TASKS} <= samples.keys()
    files = (ROOT / "templates" / "docs" / "samples").iterdir()
    assert len(samples) == len([*files])


@pytest.mark.parametrize("language", GRAMMARS)
def test_what_does_not_run_here_can_be_read(samples: dict[str, str], language: str) -> None:
    read = [code for name, code in samples.items() if name.endswith(f"-{language}")]
    assert len(read) == 4
    assert [programs.faults(language, code) for code in read] == [[], [], [], []]
    broken = read[0].replace(")", "", 1)
    assert programs.faults(language, broken)


@running
def test_send_and_ask_how_it_went(paste: Fill, api: Callable[..., Any], language: str) -> None:
    sent = paste("send", language)
    assert "redits" in sent
    message_id = message_of(sent)
    asked = f"/sms/status/{message_id}"
    _until(lambda: api("GET", asked)["status"] == "DELIVERED", "it was delivered")
    said = paste("status", language, message_id=message_id)
    if language == "bash":
        assert json.loads(said)["data"]["stats"]["delivered"] == 1
    else:
        assert [line.strip() for line in said.splitlines()] == [
            "233240000001 DELIVERED",
            "Still under way: 0",
        ]


@short
def test_make_a_group_import_into_it_and_send(
    paste: Fill, api: Callable[..., Any], language: str
) -> None:
    found = re.search(r"grp_[0-9a-z]{20}", paste("make-group", language))
    assert found
    group_id = found[0]
    imported = paste("import", language, group_id=group_id)
    if language == "bash":
        assert json.loads(imported)["data"]["imported"] == 2
    else:
        counts = re.fullmatch(r"New: (\d), known already: (\d)\n", imported)
        assert counts
        assert int(counts[1]) + int(counts[2]) == 2
    sent = paste("group", language, group_id=group_id)
    report = api("GET", f"/sms/{message_of(sent)}/recipients")
    assert {one["phone"] for one in report["recipients"]} == {"233240000001", "233200000001"}
    assert language == "bash" or "On its way to 2 people" in sent
    api("DELETE", f"/contacts/groups/{group_id}")


@short
def test_send_later(paste: Fill, api: Callable[..., Any], language: str) -> None:
    said = paste("schedule", language)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    assert f"{tomorrow:%Y-%m-%d}T09:00:00Z" in said
    assert api("GET", f"/sms/status/{message_of(said)}")["status"] == "PENDING"


@short
def test_greet_each_reader_by_name(paste: Fill, api: Callable[..., Any], language: str) -> None:
    api("POST", "/contacts/import", contacts=[{"phone": "0240000001", "firstName": "Esi"}])
    said = paste("personalise", language)
    if language == "bash":
        shown = json.loads(said)["data"]["message"]["samples"]
        assert [one["message"] for one in shown] == [
            "Hi Esi, your dress is ready.",
            "Hi there, your dress is ready.",
        ]
        return
    assert "233240000001: Hi Esi, your dress is ready.\n" in said
    assert "233270000001: Hi there, your dress is ready.\n" in said
    assert re.search(r"^Price: \d credits$", said, re.MULTILINE)
    assert api("GET", f"/sms/status/{message_of(said)}")["recipientCount"] == 2


@short
def test_check_the_balance(paste: Fill, api: Callable[..., Any], language: str) -> None:
    balance = api("GET", "/balance")["balance"]
    said = paste("balance", language)
    if language == "bash":
        assert json.loads(said)["data"]["balance"] == balance
    else:
        assert said == f"Sample Shop has {balance} credits\n"


@running
def test_retries_send_once(
    site: Site, samples: dict[str, str], api: Callable[..., Any], tmp_path: Path, language: str
) -> None:
    before = api("GET", "/sms")["pagination"]["total"]
    with lossy_line(site.url) as line:
        code = samples[f"retry-{language}"].replace(site.url, line.url)
        said = programs.run(tmp_path, language, code.replace("order-1017", f"order-{language}"))
    assert line.keys == [f"order-{language}"] * 3
    assert language == "bash" or said.startswith("Accepted as c")
    message_id = message_of(said)
    assert api("GET", "/sms")["messages"][0]["id"] == message_id
    assert api("GET", "/sms")["pagination"]["total"] == before + 1


@receiving
def test_only_genuine_events_are_believed(
    samples: dict[str, str], tmp_path: Path, language: str
) -> None:
    code = filled(samples[f"webhook-{language}"], secret=SECRET.removeprefix("whsec_"))
    port = own_port()
    address = f"http://127.0.0.1:{port}/"
    with programs.receiver(tmp_path, language, code, port) as said:
        _wait_for(address)
        assert [_post(address, **one) for one in _forged()] == [401] * len(_forged())
        assert "evt_" not in said.read_text()
        for headers in _genuine():
            assert httpx.post(address, content=BODY, headers=headers).status_code == 204
        told = said.read_text()
    assert told.count("evt_1 recipient.delivered") == told.count("evt_2") == len(_genuine())
    assert "233201234567" in told


@receiving
def test_a_receiver_is_told_what_happens(
    samples: dict[str, str], paste: Fill, api: Callable[..., Any], tmp_path: Path, language: str
) -> None:
    port = own_port()
    address, events = f"http://127.0.0.1:{port}/", ["recipient.delivered", "message.completed"]
    webhook = api("POST", "/webhooks", url=address, events=events)
    secret = webhook["secret"].removeprefix("whsec_")
    code = filled(samples[f"webhook-{language}"], secret=secret)
    (tmp_path / "receiver").mkdir()
    with programs.receiver(tmp_path / "receiver", language, code, port) as said:
        _wait_for(address)
        api("POST", f"/webhooks/{webhook['id']}/test")
        message_id = message_of(paste("send", "bash"))
        for word in ("webhook.test", *events):
            _until(lambda word=word: word in said.read_text(), f"{word} was told")
        told = [line for line in said.read_text().splitlines() if message_id in line]
    assert len(told) == len(events)
    api("DELETE", f"/webhooks/{webhook['id']}")


def test_a_signature_can_be_checked_by_hand(samples: dict[str, str], tmp_path: Path) -> None:
    code = filled(samples["webhook-bash"], secret=SECRET.removeprefix("whsec_"))
    for headers in _genuine():
        assert _by_hand(tmp_path, code, BODY, headers) == "Genuine: dlv_1\n"
    for forged in _forged():
        with pytest.raises(AssertionError, match="Not from FlashSMS"):
            _by_hand(tmp_path, code, forged["content"], forged["headers"])


def _by_hand(folder: Path, code: str, body: str, headers: dict[str, str]) -> str:
    (folder / "body.json").write_text(body)
    env = {name.upper().replace("-", "_"): value for name, value in headers.items()}
    return programs.run(folder, "bash", code, os.environ | env)


def _signed(secret: str = SECRET, age: int = 0) -> dict[str, str]:
    moment = datetime.now(UTC) - timedelta(seconds=age)
    return {
        "webhook-id": "dlv_1",
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": Webhook(secret).sign("dlv_1", moment, BODY),
    }


def _genuine() -> list[dict[str, str]]:
    """One as usual, and two while a secret is being replaced, whichever is ours."""
    usual, other = _signed(), _signed("whsec_" + base64.b64encode(b"x" * 24).decode())
    both = [usual["webhook-signature"], other["webhook-signature"]]
    return [
        usual,
        usual | {"webhook-signature": " ".join(both)},
        usual | {"webhook-signature": " ".join(reversed(both))},
    ]


def _forged() -> list[dict[str, Any]]:
    usual = _signed()
    return [
        {"content": BODY.replace("DELIVERED", "FAILED"), "headers": usual},
        {"content": BODY, "headers": usual | {"webhook-id": "dlv_2"}},
        {"content": BODY, "headers": usual | {"webhook-signature": "v1,"}},
        {"content": BODY, "headers": usual | {"webhook-signature": ""}},
        {"content": BODY, "headers": _signed(age=400)},
        {"content": BODY, "headers": _signed(age=-400)},
    ]


def _post(address: str, content: str, headers: dict[str, str]) -> int:
    return httpx.post(address, content=content, headers=headers).status_code


def _wait_for(address: str) -> None:
    """Wait until somebody listens there; an unsigned call is refused."""

    def listens() -> bool:
        try:
            return httpx.post(address, content="{}").status_code == 401
        except httpx.TransportError:
            return False

    _until(listens, "somebody listens")


def _until(fact: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < deadline, f"not in time: {what}"
        time.sleep(0.25)  # a key may ask a hundred times a minute
