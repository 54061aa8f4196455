"""`carrier check`: which step works and which fails, in words, against carriers of every temper."""

import errno
import json
import logging
import socket
import time
from collections.abc import Iterator

import pytest
from flask import Flask

from flashsms.carriers import connecting
from flashsms.carriers.contract import Fate, Outcome
from flashsms.services.carriers import checking
from flashsms.services.carriers.checking import Mark, Step
from flashsms.services.carriers.sample import Trial
from flashsms.simulator import Simulator
from flashsms.simulator.smsc import Behaviour
from tests.carriers.certificates import make
from tests.carriers.http.fakes.kannel import FakeKannel
from tests.faults.peers import Peer, Peers

STEPS = ["URL", "Connection", "Encryption", "Sign-in", "Link", "Message", "Receipt"]
NO_SENDER, WRONG_PASSWORD, SYSTEM_ERROR = 0x0A, 0x0E, 0x08


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(Behaviour(users={"flashsms": "simulated"})) as simulator:
        yield simulator


@pytest.fixture
def peers() -> Iterator[Peers]:
    with Peers("mtn") as peers:
        yield peers


@pytest.fixture
def mtn(peers: Peers) -> Peer:
    return peers.peers[0]


def check(url: str, to: str = "", *, wait: float = 5.0, text: str = "Hello") -> list[Step]:
    return list(checking.check(Trial(url, to, "MyBrand", text, wait)))


def names(steps: list[Step]) -> list[str]:
    return [step.name for step in steps]


def failed(steps: list[Step], mark: Mark = Mark.FAILS) -> Step:
    """The last step, which is the one that failed, or that leaves something open."""
    ill = [step.name for step in steps if step.mark in (Mark.FAILS, Mark.OPEN)]
    assert (ill, steps[-1].mark) == ([steps[-1].name], mark)
    verdict = checking.judge(steps)
    assert not verdict.works
    assert ("does not work" in verdict.sentence) is (mark is Mark.FAILS)
    return steps[-1]


def test_a_carrier_that_works_is_told_step_by_step(simulator: Simulator) -> None:
    steps = check(simulator.url, "233241001234")
    assert names(steps) == STEPS
    assert [step.name for step in steps if step.mark is not Mark.WORKS] == ["Encryption"]
    assert simulator.record.parts == {"233241001234": 1}
    assert all(0 < step.seconds < 5 for step in steps if step.name in STEPS[3:])
    verdict = checking.judge(steps)
    assert verdict.works
    assert verdict.sentence == ("This carrier works: connection, sign-in, link, message, receipt.")


def test_without_a_number_nothing_is_sent_and_it_says_so(simulator: Simulator) -> None:
    steps = check(simulator.url)
    assert names(steps) == STEPS
    assert [step.mark for step in steps[-2:]] == [Mark.LEFT_OUT] * 2
    assert "--to" in steps[-2].said
    assert not simulator.record.parts
    assert checking.judge(steps).works


def test_every_part_of_a_long_text_is_waited_for(simulator: Simulator) -> None:
    steps = check(simulator.url, "233241000011", text="x" * 400)  # its receipts write hexadecimal
    assert steps[-1].mark is Mark.WORKS
    assert "it calls the message" in steps[-1].said
    assert simulator.record.parts == {"233241000011": 3}


def test_a_pair_of_binds_signs_in_twice(simulator: Simulator) -> None:
    steps = check(f"{simulator.url}?bind=pair", "233241001234")
    assert names(steps)[3:5] == ["Sign-in to send", "Sign-in to receive"]
    assert steps[-1].mark is Mark.WORKS


@pytest.mark.parametrize(
    ("ending", "step", "words"),
    [
        ("0002", "Receipt", "did not deliver it: "),
        ("0003", "Receipt", "did not deliver it: "),
        ("0004", "Message", "the number is not valid (0x0000000B). No other try will change that."),
        ("0005", "Message", "asks to send more slowly (0x00000058). That passes"),
        ("0006", "Receipt", "None came within 0.3 seconds."),
        ("0010", "Message", "internal error (0x00000008). That may pass"),
    ],
)
def test_what_the_carrier_does_with_the_message_is_said(
    simulator: Simulator, ending: str, step: str, words: str
) -> None:
    last = failed(check(simulator.url, f"23324100{ending}", wait=0.3), Mark.OPEN)
    assert last.name == step
    assert words in last.said


@pytest.mark.parametrize("ending", ["0008", "0009"])
def test_receipts_that_come_twice_or_early_are_receipts(simulator: Simulator, ending: str) -> None:
    assert check(simulator.url, f"23324100{ending}")[-1].mark is Mark.WORKS


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("smpp://user:secret@", "names no host"),
        ("smpp://user:secret@host?windows=3", "windows"),
        ("ftp://user:secret@host", "“ftp” is none"),
    ],
)
def test_a_url_that_describes_no_carrier_ends_there(url: str, words: str) -> None:
    last = failed(check(url))
    assert last.name == "URL"
    assert words in last.said
    assert "secret" not in last.said


@pytest.mark.parametrize(
    ("host", "words"),
    [
        ("nowhere.invalid:2775", "No host nowhere.invalid is known"),
        ("a..b:2775", "'a..b' is no host name"),
        ("127.0.0.1:1", "Nothing listens on port 1 of 127.0.0.1"),
    ],
)
def test_a_host_or_port_that_is_wrong_is_named(host: str, words: str) -> None:
    for kind in ("smpp", "kannel"):
        began = time.monotonic()
        last = failed(check(f"{kind}://user:secret@{host}"))
        assert last.name == "Connection"
        assert words in last.said
        assert time.monotonic() - began < 5


def test_a_wrong_password_is_said_and_never_shown(simulator: Simulator) -> None:
    steps = check(f"smpp://flashsms:open-sesame@127.0.0.1:{simulator.port}")
    assert failed(steps).name == "Sign-in"
    assert "the password is wrong (0x0000000E)." in steps[-1].said
    assert "open-sesame" not in repr(steps)


def test_a_peer_that_says_nothing_is_not_waited_for_for_ever(mtn: Peer) -> None:
    mtn.silent = True
    began = time.monotonic()
    last = failed(check(f"{mtn.url}?response_timeout=0.3"))
    assert last.name == "Sign-in"
    assert "no answer in time" in last.said
    assert time.monotonic() - began < 5


def test_a_peer_that_speaks_something_else_is_told_apart() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(5)
        port = listening.getsockname()[1]
        steps = checking.check(Trial(f"smpp://a:b@127.0.0.1:{port}", "", "MyBrand", "Hello", 1.0))
        assert [next(steps).name for _ in range(3)] == STEPS[:3]
        caller, _ = listening.accept()
        with caller:
            caller.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            step = next(steps)
    assert "does not speak SMPP" in step.said
    assert step.mark is Mark.FAILS


def test_a_sender_that_is_refused_is_the_carriers_word(mtn: Peer) -> None:
    mtn.refusal = NO_SENDER
    steps = check(mtn.url, "233241001234")
    last = failed(steps, Mark.OPEN)
    assert last.name == "Message"
    assert checking.judge(steps).sentence == (
        "What works: connection, sign-in, link. What is open: whether it takes messages; try "
        "another number or sender."
    )
    assert "does not allow this sender (0x0000000A)." in last.said


def test_silence_after_the_sign_in_leaves_the_message_unknown(mtn: Peer, peers: Peers) -> None:
    trial = Trial(f"{mtn.url}?response_timeout=0.3", "233241001234", "MyBrand", "Hello", 1.0)
    steps = checking.check(trial)
    assert [next(steps).name for _ in range(5)] == STEPS[:5]
    mtn.deaf = True
    step = next(steps)
    assert (step.name, step.mark) == ("Message", Mark.OPEN)
    assert "may have been taken or not" in step.said
    assert [one.number for one in peers.seen] == ["233241001234"]


def test_what_is_for_somebody_else_comes_again_to_them(mtn: Peer, peers: Peers) -> None:
    """A check signs in beside a running installation, whose receipts it must not swallow."""
    peers.tell(lambda: mtn.owe("233249999999"))
    steps = check(mtn.url, "233241001234")
    assert steps[-1].mark is Mark.WORKS
    assert mtn.acknowledged == ["233241001234"]


def test_tls_is_a_step_of_its_own(
    tmp_path, monkeypatch: pytest.MonkeyPatch, simulator: Simulator
) -> None:
    certificate = make(tmp_path)
    with Simulator(tls=certificate.server()) as safe:
        url = f"smpps://flashsms:simulated@localhost:{safe.port}"
        assert "not trusted" in failed(check(url)).said
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate.file))
        steps = check(url, "233241001234")
        assert "the certificate is trusted" in steps[2].said
        assert steps[-1].mark is Mark.WORKS
        assert "nobody looked" in check(f"{url}?verify=0")[2].said
    last = failed(check(f"smpps://flashsms:simulated@127.0.0.1:{simulator.port}"))
    assert (last.name, last.said) == ("Encryption", "There is no TLS on that port.")


def test_a_provider_over_http_says_what_it_thinks_of_the_message() -> None:
    kannel = FakeKannel()
    with kannel.running():
        steps = check(f"{kannel.url}?tls=0", "233241001234")
        assert names(steps) == ["URL", "Connection", "Message", "Receipt"]
        assert checking.judge(steps).works
        assert "callback address" in steps[-1].said
        assert len(kannel.taken) == 1
        last = failed(check(f"{kannel.url}?tls=0", "233241000403"), Mark.OPEN)
        assert (last.name, "no way to this number" in last.said) == ("Message", True)
        wrong = f"kannel://flash:nonsense@127.0.0.1:{kannel.port}?tls=0"
        assert "refused the user name or the password" in failed(check(wrong, "233241001234")).said


def test_a_provider_without_tls_is_told_apart_at_once_and_nothing_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    kannel = FakeKannel()
    with kannel.running():
        began = time.monotonic()
        last = failed(check(f"{kannel.url}?tls=1", "233241001234"))
        assert (last.name, last.said) == ("Connection", "There is no TLS on that port.")
        assert time.monotonic() - began < 5
        wrong = f"kannel://flash:nonsense@127.0.0.1:{kannel.port}?tls=0"
        failed(check(wrong, "233241001234"))
    check("smpp://user:secret@127.0.0.1:1")
    assert caplog.text == ""
    assert logging.getLogger("flashsms.carriers").level == logging.NOTSET


def test_the_addresses_of_one_host_are_told_in_one_sentence() -> None:
    several = OSError(
        "Multiple exceptions: [Errno 111] Connect call failed ('::1', 9, 0, 0), "
        "[Errno 111] Connect call failed ('127.0.0.1', 9)"
    )
    said = "Nothing listens on port 9 of localhost: check host and port."
    assert connecting.words(several, "localhost", 9) == said
    away = OSError(errno.ENETUNREACH, "Connect call failed ('192.0.2.1', 9)")
    assert connecting.words(away, "192.0.2.1", 9) == "It failed: Network is unreachable."


@pytest.mark.parametrize("fate", Fate)
def test_every_fate_of_a_message_has_a_meaning(fate: Fate) -> None:
    told = checking.told(Outcome(1, fate, reason="Because.", code="7"))
    assert fate is Fate.ACCEPTED or told.startswith("Because (7). ")


def test_the_command_prints_each_step_and_exits_by_the_verdict(
    app: Flask, simulator: Simulator
) -> None:
    runner = app.test_cli_runner()
    fine = runner.invoke(args=["carrier", "check", simulator.url, "--to", "024 100 1234"])
    assert fine.exit_code == 0
    assert "✔ Receipt: Delivered" in fine.stdout
    assert fine.stdout.splitlines()[-1].startswith("This carrier works:")
    url = f"smpp://shop:open-sesame@127.0.0.1:{simulator.port}"
    wrong = runner.invoke(args=["carrier", "check", url, "--json"])
    assert wrong.exit_code == 1
    assert "open-sesame" not in wrong.output
    answer = json.loads(wrong.stdout.splitlines()[-1])
    assert (answer["works"], answer["steps"][-1]["name"]) == (False, "Sign-in")
    nobody = runner.invoke(args=["carrier", "check", simulator.url, "--to", "12"])
    assert (nobody.exit_code, "'12' is no number" in nobody.stderr) == (1, True)
