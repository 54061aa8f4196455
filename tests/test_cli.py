"""Commands for whoever runs the installation."""

import json
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from config import TestConfig
from flashsms import create_app
from flashsms.carriers.contract import CarrierStats
from flashsms.models import Scope
from flashsms.services import audit, carriers, keys, opt_outs, senders
from flashsms.services.carriers.watching import Reporter
from tests.factories import Member

ACCOUNT = ("account", "create", "--name", "Shop", "--phone", "0241234567")
OWNER = ("--email", "Shop@Example.com", "--password", "long enough")


def run(app: Flask, *words: str) -> tuple[int, Any]:
    """Run a command with --json and return its exit code and its last line, read as JSON."""
    result = app.test_cli_runner().invoke(args=[*words, "--json"])
    return result.exit_code, json.loads(result.stdout.strip().splitlines()[-1])


def test_an_account_is_made_with_credits_and_a_sender(app: Flask) -> None:
    code, answer = run(app, *ACCOUNT, *OWNER, "--credits", "50", "--sender", "MyShop", "--admin")
    assert code == 0
    assert answer == {
        "name": "Shop",
        "email": "shop@example.com",
        "phone": "0241234567",
        "credits": 50,
        "sender": "MyShop",
        "admin": True,
    }


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (("--phone", "12"), "bad_phone"),
        (("--email", "nobody"), "bad_email"),
        (("--password", "short"), "bad_password"),
        (("--name", " "), "bad_name"),
        (("--credits", "-1"), "bad_credits"),
        (("--sender", "x"), "bad_sender"),
    ],
)
def test_a_wrong_account_is_refused_whole(app: Flask, changed: tuple[str, ...], code: str) -> None:
    status, answer = run(app, *ACCOUNT, *OWNER, *changed)
    assert (status, answer["code"]) == (1, code)
    assert run(app, *ACCOUNT, *OWNER)[0] == 0


def test_an_email_belongs_to_one_user(app: Flask) -> None:
    run(app, *ACCOUNT, *OWNER)
    status, answer = run(app, *ACCOUNT, *OWNER)
    assert (status, answer["code"]) == (1, "email_taken")


def test_a_key_is_made_and_revoked(app: Flask, ama: Member) -> None:
    _, made = run(app, "key", "create", "--account", "ama@example.com", "--name", "web")
    assert set(made) == {"id", "key", "scopes"}
    assert made["scopes"] == list(Scope)
    assert keys.recognise(made["key"]) is not None
    run(app, "key", "revoke", "--account", "ama@example.com", made["id"])
    assert keys.recognise(made["key"]) is None


def test_a_test_key_is_made_and_says_so(app: Flask, ama: Member) -> None:
    words = ("key", "create", "--account", "ama@example.com", "--name", "w", "--test")
    _, made = run(app, *words, "--scope", "sms:send")
    assert made["test"] is True
    assert made["key"].startswith("bms_test_")
    recognised = keys.recognise(made["key"])
    assert recognised is not None
    assert recognised.is_test


def test_scopes_and_expiry_are_kept(app: Flask, ama: Member) -> None:
    words = ("key", "create", "--account", "ama@example.com", "--name", "w")
    _, made = run(app, *words, "--scope", "sms:send", "--scope", "sms:read")
    assert made["scopes"] == ["sms:send", "sms:read"]
    _, past = run(app, *words, "--expires", "2020-01-01")
    assert keys.recognise(past["key"]) is None


def test_credits_are_granted(app: Flask, ama: Member) -> None:
    words = ("credit", "grant", "--account", "ama@example.com", "--reason", "Paid")
    code, answer = run(app, *words, "--amount", "100")
    assert (code, answer["balance"]) == (0, 1100)
    assert run(app, *words, "--amount", "-5")[0] == 1
    assert run(app, *words, "--amount", "-5", "--type", "ADJUSTMENT")[1]["balance"] == 1095


def test_carriers_are_shown_without_their_secrets(app: Flask) -> None:
    code, answer = run(app, "carrier", "set", "smpp://telco:hush@smsc.example.com:2775?tps=50")
    assert code == 0
    assert "hush" not in json.dumps(answer)
    _, listed = run(app, "carrier", "list")
    assert [carrier["name"] for carrier in listed["carriers"]] == ["default"]
    assert carriers.in_order()[0].url.startswith("smpp://telco:hush@")


@pytest.mark.parametrize("url", ["", "http://x", "smpp://host", "smpp://a:b@h?wndow=1"])
def test_a_url_that_is_no_carrier_is_refused(app: Flask, url: str) -> None:
    code, answer = run(app, "carrier", "set", url)
    assert (code, answer["code"]) == (1, "bad_carrier")
    assert run(app, "carrier", "list")[1] == {"carriers": []}


def test_preparing_twice_follows_the_environment(app: Flask) -> None:
    for url in ("simulator://127.0.0.1:1", "simulator://127.0.0.1:2"):
        app.config["CARRIER_URL"] = url
        app.test_cli_runner().invoke(args=["prepare"], catch_exceptions=False)
        assert [carrier.url for carrier in carriers.in_order()] == [url]
    app.config["CARRIER_URL"] = ""
    app.test_cli_runner().invoke(args=["prepare"], catch_exceptions=False)
    assert carriers.in_order() == []


def test_a_real_carrier_replaces_the_simulator_at_once_and_can_be_removed(app: Flask) -> None:
    carriers.use_environment("simulator://127.0.0.1:1")
    run(app, "carrier", "set", "smpp://telco:hush@smsc.example.com:2775")
    assert [carrier.name for carrier in carriers.in_order()] == ["default"]
    assert [one["state"] for one in run(app, "carrier", "list")[1]["carriers"]] == [
        "stands by",
        "down",
    ]
    removed = run(app, "carrier", "remove", "default")[1]
    assert removed["active"] is False
    assert removed["rest"].startswith("The simulator answers now")
    assert [carrier.name for carrier in carriers.in_order()] == ["environment"]
    code, answer = run(app, "carrier", "remove", "default")
    assert (code, answer["code"]) == (1, "carrier_unknown")
    last = app.test_cli_runner().invoke(args=["carrier", "remove", "environment"]).stdout
    assert last.startswith("Carrier environment is switched off. Nothing leaves: ")


def test_a_carrier_that_is_connected_is_up_in_the_list(app: Flask) -> None:
    first = carriers.add("First", "smpp://telco:hush@smsc.example.com", priority=1)
    carriers.add("Second", "smpp://telco:hush@smsc.example.com")
    Reporter("w1").tell({first.id: CarrierStats(True, 0, 64, 0, 0, 0)}, {})
    shown = app.test_cli_runner().invoke(args=["carrier", "list"]).stdout.splitlines()
    assert [line.rsplit("  ", 1)[1] for line in shown] == ["up", "down"]
    paused = ["carrier", "pause", "--reason", "Prices"]
    said = app.test_cli_runner().invoke(args=[*paused, "First"]).stdout
    assert said.endswith("; its receipts are still heard.\n")
    said = app.test_cli_runner().invoke(args=[*paused, "Second"]).stdout
    assert said.endswith("; its receipts are not heard until it is connected again.\n")
    removed = app.test_cli_runner().invoke(args=["carrier", "remove", "First"]).stdout
    assert "Nothing leaves" in removed  # the other one is paused


def test_carriers_are_listed_a_line_each(app: Flask) -> None:
    listing = ["carrier", "list"]
    assert app.test_cli_runner().invoke(args=listing).stdout == "No carrier is set.\n"
    run(app, "carrier", "set", "smpp://telco:hush@smsc.example.com:2775")
    shown = app.test_cli_runner().invoke(args=listing).stdout
    assert shown == " 10  default  smpp://telco:***@smsc.example.com:2775  down\n"


def test_what_waits_is_listed_with_its_account(app: Flask, ama: Member, kofi: Member) -> None:
    hers = senders.request(ama.account.id, "AmaShop", "Order updates.\nAnd offers.")
    his = senders.request(kofi.account.id, "KofiShop")
    code, answer = run(app, "sender", "list")
    assert code == 0
    assert [(one["id"], one["name"], one["account"]) for one in answer["senders"]] == [
        (hers.public_id, "AmaShop", "Ama"),
        (his.public_id, "KofiShop", "Kofi"),
    ]
    shown = app.test_cli_runner().invoke(args=["sender", "list"]).stdout
    assert shown == (
        f"{hers.public_id}  AmaShop  Ama  Order updates. And offers.\n"
        f"{his.public_id}  KofiShop  Kofi\n"
    )


def test_a_sender_is_approved_or_rejected_once(app: Flask, ama: Member) -> None:
    good = senders.request(ama.account.id, "Good").public_id
    bad = senders.request(ama.account.id, "Bad").public_id
    code, answer = run(app, "sender", "approve", good)
    assert (code, answer["name"], answer["status"]) == (0, "Good", "APPROVED")
    code, answer = run(app, "sender", "reject", bad, "--reason", "Too vague.")
    assert (code, answer["status"], answer["reason"]) == (0, "REJECTED", "Too vague.")
    assert app.test_cli_runner().invoke(args=["sender", "list"]).stdout == "No sender ID waits.\n"
    for words in (("approve", bad), ("reject", good, "--reason", "No.")):
        code, answer = run(app, "sender", *words)
        assert (code, answer["code"]) == (1, "sender_decided")
    assert senders.choose(ama.account.id, "Good") == "Good"


def test_an_operator_can_overrule_a_decision(app: Flask, ama: Member) -> None:
    public_id = senders.request(ama.account.id, "AmaShop").public_id
    run(app, "sender", "approve", public_id)
    code, answer = run(app, "sender", "reject", public_id, "--reason", "No.", "--overrule")
    assert (code, answer["status"]) == (0, "REJECTED")
    code, answer = run(app, "sender", "approve", public_id, "--overrule")
    assert (code, answer["status"], answer["reason"]) == (0, "APPROVED", None)


def test_a_sender_that_nobody_requested_cannot_be_decided(app: Flask) -> None:
    for words in (("approve", "sid_x"), ("reject", "sid_x", "--reason", "No.")):
        code, answer = run(app, "sender", *words)
        assert (code, answer["code"]) == (1, "sender_unknown")


def test_a_database_that_was_not_prepared_is_said_in_a_sentence(tmp_path: Path) -> None:
    app = create_app(TestConfig({"FLASHSMS_HOME": str(tmp_path)}))
    code, answer = run(app, *ACCOUNT, *OWNER)
    assert (code, answer["code"]) == (1, "database_unusable")
    assert "make run" in answer["error"]


def test_a_sender_is_requested_for_an_account(app: Flask, ama: Member) -> None:
    wanted = ("--account", "ama@example.com", "--name", "NewShop", "--purpose", "Offers")
    code, answer = run(app, "sender", "request", *wanted)
    assert (code, answer["name"], answer["status"]) == (0, "NewShop", "PENDING")
    assert run(app, "sender", "list")[1]["senders"][0]["id"] == answer["id"]


def test_a_number_is_opted_out_and_back_in(app: Flask, ama: Member) -> None:
    who = ("--account", "ama@example.com", "0201234567")
    assert run(app, "opt-out", "add", *who) == (0, {"phone": "233201234567", "changed": True})
    assert run(app, "opt-out", "add", *who)[1]["changed"] is False
    assert opt_outs.among(ama.account.id, ["233201234567"]) == {"233201234567"}
    assert run(app, "opt-out", "remove", *who)[1]["changed"] is True
    assert opt_outs.among(ama.account.id, ["233201234567"]) == set()
    assert run(app, "opt-out", "add", *who[:2], "12")[1]["code"] == "bad_contact"


def test_a_carrier_is_paused_for_a_reason_and_resumed(app: Flask) -> None:
    run(app, "carrier", "set", "smpp://telco:hush@smsc.example.com:2775", "--name", "MTN direct")
    code, answer = run(app, "carrier", "pause", "MTN direct", "--reason", "Maintenance")
    assert (code, answer["paused"]) == (0, True)
    assert carriers.in_order() == []
    shown = app.test_cli_runner().invoke(args=["carrier", "list"]).stdout
    assert shown == (
        " 10  MTN direct  smpp://telco:***@smsc.example.com:2775  paused: Maintenance\n"
    )
    code, answer = run(app, "carrier", "pause", "MTN direct", "--reason", "Again")
    assert (code, answer["code"]) == (1, "carrier_unknown")
    assert run(app, "carrier", "resume", "MTN direct")[1]["paused"] is False
    assert run(app, "carrier", "resume", "Nobody")[1]["code"] == "carrier_unknown"
    assert run(app, "carrier", "pause", "MTN direct", "--reason", " ")[1]["code"] == "bad_reason"


def test_the_list_of_carriers_names_their_operators_and_those_that_are_off(app: Flask) -> None:
    carriers.add("AT", "smpp://telco:hush@smsc.example.com", priority=2, operators=["AT", "MTN"])
    carriers.remove(carriers.add("Old", "simulator://127.0.0.1:1", priority=3).public_id)
    shown = app.test_cli_runner().invoke(args=["carrier", "list"]).stdout.splitlines()
    assert shown == [
        "  2  AT  smpp://telco:***@smsc.example.com  for MTN, AT  down",
        "  3  Old  simulator://127.0.0.1:1  switched off",
    ]


def test_a_carrier_is_set_with_its_part_of_the_traffic(app: Flask, ama: Member) -> None:
    url = "smpp://telco:hush@smsc.example.com"
    options = ("--weight", "3", "--operator", "mtn", "--account", "ama@example.com")
    code, answer = run(app, "carrier", "set", url, "--name", "MTN", *options)
    assert (code, answer["weight"], answer["operators"]) == (0, 3, ["MTN"])
    assert answer["accounts"] == ["ama@example.com"]
    assert run(app, "carrier", "set", url, "--name", "MTN", "--weight", "2")[1]["weight"] == 2
    shown = app.test_cli_runner().invoke(args=["carrier", "list"]).stdout
    assert shown == (
        " 10  MTN  smpp://telco:***@smsc.example.com  weight 2  for MTN  for 1 account only  down\n"
    )
    code, answer = run(app, "carrier", "set", url, "--account", "nobody@example.com")
    assert (code, answer["code"]) == (1, "bad_account")


def test_an_operator_is_appointed_and_dismissed_with_a_row_each(app: Flask, ama: Member) -> None:
    email = "ama@example.com"
    assert run(app, "operator", "add", email) == (0, {"email": email, "admin": True})
    code, answer = run(app, "operator", "add", email)
    assert (code, answer["code"]) == (1, "user_unknown")
    assert run(app, "operator", "remove", email) == (0, {"email": email, "admin": False})
    noted = [entry.action for entry in audit.page(ama.account.id, 2).items]
    assert noted == ["operator dismissed", "operator appointed"]
