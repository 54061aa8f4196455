"""Commands for whoever runs the installation; each can answer as one line of JSON."""

import sys
from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, NoReturn

import click
import orjson
from flask import Flask, current_app
from flask.cli import AppGroup
from flask_migrate import upgrade
from sqlalchemy.exc import DBAPIError

from flashsms.models import OptSource, Scope, Sender, TransactionType
from flashsms.services import (
    accounts,
    audit,
    carriers,
    contacts,
    credits,
    keys,
    opt_outs,
    people,
    senders,
)
from flashsms.services.carriers import checking, standing
from flashsms.services.carriers.checking import Mark
from flashsms.services.carriers.sample import Trial
from flashsms.services.errors import DomainError
from flashsms.text.phones import OPERATORS, normalise

account_group = AppGroup("account", help="Accounts.")
operator_group = AppGroup("operator", help="Who runs the installation.")
key_group = AppGroup("key", help="API keys.")
credit_group = AppGroup("credit", help="Credits.")
opt_out_group = AppGroup("opt-out", help="Numbers that an account does not send to.")
sender_group = AppGroup("sender", help="Sender IDs that accounts requested.")
carrier_group = AppGroup("carrier", help="Carriers: how messages leave.")

UNPREPARED = (
    "The database cannot be used. Run this with the FLASHSMS_HOME or DATABASE_URL of the "
    "installation, after its first `make run` or `flask --app wsgi prepare`."
)

Command = Callable[..., dict[str, Any]]


def answers(sentence: str | Callable[[dict[str, Any]], str]) -> Callable[[Command], Command]:
    """Print what a command returns: by `sentence`, or with --json as one JSON object.

    A refusal is printed as a sentence on stderr (and as JSON with --json), with exit code 1.
    """

    def wrap(command: Command) -> Command:
        @click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
        @wraps(command)
        def run(as_json: bool, **options: Any) -> dict[str, Any]:
            audit.act_as(audit.Actor("command line"))
            try:
                answer = command(**options)
            except DomainError as error:
                _fail(error.sentence, error.code, as_json)
            except DBAPIError as error:
                _fail(f"{UNPREPARED} ({error.orig})", "database_unusable", as_json)
            say = sentence.format_map if isinstance(sentence, str) else sentence
            click.echo(orjson.dumps(answer) if as_json else say(answer))
            return answer

        return run

    return wrap


def _fail(sentence: str, code: str, as_json: bool) -> NoReturn:
    if as_json:
        click.echo(orjson.dumps({"error": sentence, "code": code}))
    click.echo(f"Error: {sentence}", err=True)
    sys.exit(1)


@click.command("prepare")
def prepare_command() -> None:
    """Bring the database up to date and take over CARRIER_URL."""
    prepare()


def prepare() -> None:
    """Apply the migrations and register the environment's carrier; needs an application context."""
    upgrade()
    carriers.use_environment(current_app.config["CARRIER_URL"])


@account_group.command("create")
@click.option("--name", required=True, help="Name of the business.")
@click.option("--phone", required=True, help="Its phone number.")
@click.option("--email", required=True, help="The owner's e-mail, for signing in.")
@click.option("--password", required=True, help="The owner's password, 8 characters or more.")
@click.option("--credits", default=0, help="Opening credits.")
@click.option("--sender", help="An approved sender ID.")
@click.option("--admin", "is_admin", is_flag=True, help="Make the owner an operator.")
@answers("Account {name} was created for {email} with {credits} credits.")
def create_account(**options: Any) -> dict[str, Any]:
    """Open an account with its owner."""
    new = accounts.NewAccount(**options)
    account = accounts.open_by_operator(new)
    return {
        "name": account.name,
        "email": new.email.strip().lower(),
        "phone": account.phone,
        "credits": account.balance,
        "sender": new.sender,
        "admin": new.is_admin,
    }


@operator_group.command("add")
@click.argument("email")
@answers("{email} is an operator now.")
def add_operator(email: str) -> dict[str, Any]:
    """Let a user see /admin."""
    return {"email": people.appoint(email).email, "admin": True}


@operator_group.command("remove")
@click.argument("email")
@answers("{email} is no operator any more.")
def remove_operator(email: str) -> dict[str, Any]:
    """Take /admin away from a user."""
    return {"email": people.dismiss(email).email, "admin": False}


@key_group.command("create")
@click.option("--account", "email", required=True, metavar="EMAIL", help="A user of the account.")
@click.option("--name", required=True, help="What the key is for.")
@click.option("--scope", "scopes", multiple=True, help=f"One of {', '.join(Scope)}; all if none.")
@click.option("--expires", type=click.DateTime(), help="When it ends, in UTC.")
@click.option("--test", "is_test", is_flag=True, help="What it sends reaches nobody and is free.")
@answers("{key}\nThis key is shown only now. Its id is {id}.")
def create_key(
    email: str, name: str, scopes: tuple[str, ...], expires: datetime | None, is_test: bool
) -> dict[str, Any]:
    """Make an API key."""
    expires_at = expires.replace(tzinfo=UTC) if expires else None
    account = accounts.find_by_email(email)
    key, secret = keys.create(account.id, name, scopes, expires_at, is_test=is_test)
    made = {"id": key.public_id, "key": secret, "scopes": key.scope_names.split()}
    return made | ({"test": True} if key.is_test else {})


@key_group.command("revoke")
@click.option("--account", "email", required=True, metavar="EMAIL", help="A user of the account.")
@click.argument("key_id")
@answers("Key {id} was revoked.")
def revoke_key(email: str, key_id: str) -> dict[str, Any]:
    """Make an API key useless at once."""
    keys.revoke(accounts.find_by_email(email).id, key_id)
    return {"id": key_id, "revoked": True}


@credit_group.command("grant")
@click.option("--account", "email", required=True, metavar="EMAIL", help="A user of the account.")
@click.option("--amount", required=True, type=int, help="Credits; negative with ADJUSTMENT.")
@click.option("--reason", required=True, help="Why, as the account will read it.")
@click.option(
    "--type",
    "kind",
    type=click.Choice([str(one) for one in credits.GRANTS]),
    default=str(TransactionType.PURCHASE),
)
@answers("{granted} credits were booked; the balance is {balance}.")
def grant_credits(email: str, amount: int, reason: str, kind: str) -> dict[str, Any]:
    """Add credits to an account."""
    account = accounts.find_by_email(email)
    balance = credits.grant(account.id, amount, type=TransactionType(kind), reason=reason)
    return {"account": email, "granted": amount, "balance": balance}


def _waiting(answer: dict[str, Any]) -> str:
    lines = [
        "{id}  {name}  {account}  {words}".format(
            **sender, words=" ".join((sender["purpose"] or "").split())
        ).rstrip()
        for sender in answer["senders"]
    ]
    return "\n".join(lines) or "No sender ID waits."


@sender_group.command("list")
@answers(_waiting)
def list_senders() -> dict[str, Any]:
    """Show the sender IDs that wait for a decision, the 100 oldest requests first."""
    waiting = [_shown(sender) | {"account": account} for sender, account in senders.pending()]
    return {"senders": waiting}


@sender_group.command("request")
@click.option("--account", "email", required=True, metavar="EMAIL", help="A user of the account.")
@click.option("--name", required=True, help="3 to 11 letters, digits or inner spaces.")
@click.option("--purpose", help="What it is wanted for.")
@answers("Sender {name} waits for a decision. Its id is {id}.")
def request_sender(email: str, name: str, purpose: str | None) -> dict[str, Any]:
    """Request a sender ID for an account."""
    return _shown(senders.request(accounts.find_by_email(email).id, name, purpose))


overruling = click.option("--overrule", is_flag=True, help="Undo an earlier decision.")


@sender_group.command("approve")
@click.argument("sender_id", metavar="ID")
@overruling
@answers("Sender {name} is approved.")
def approve_sender(sender_id: str, overrule: bool) -> dict[str, Any]:
    """Let an account send under the name that it requested."""
    return _shown(senders.approve(sender_id, overrule=overrule))


@sender_group.command("reject")
@click.argument("sender_id", metavar="ID")
@click.option("--reason", required=True, help="Why, as the account will read it.")
@overruling
@answers("Sender {name} is rejected.")
def reject_sender(sender_id: str, reason: str, overrule: bool) -> dict[str, Any]:
    """Refuse the name that an account requested."""
    return _shown(senders.reject(sender_id, reason, overrule=overrule))


def _shown(sender: Sender) -> dict[str, Any]:
    return {
        "id": sender.public_id,
        "name": sender.name,
        "status": sender.status,
        "requested": sender.created_at,
        "purpose": sender.purpose,
        "reason": sender.reason,
    }


@opt_out_group.command("add")
@click.option("--account", "email", required=True, metavar="EMAIL", help="A user of the account.")
@click.argument("phone")
@answers("{phone} is not sent to any more.")
def add_opt_out(email: str, phone: str) -> dict[str, Any]:
    """Never send to a number again for an account."""
    digits = contacts.drafts.phone(phone)
    new = opt_outs.opt_out(accounts.find_by_email(email).id, digits, OptSource.OPERATOR)
    return {"phone": digits, "changed": new}


@opt_out_group.command("remove")
@click.option("--account", "email", required=True, metavar="EMAIL", help="A user of the account.")
@click.argument("phone")
@answers("{phone} may be sent to.")
def remove_opt_out(email: str, phone: str) -> dict[str, Any]:
    """Let an account send to a number again."""
    digits = contacts.drafts.phone(phone)
    back = opt_outs.opt_in(accounts.find_by_email(email).id, digits, OptSource.OPERATOR)
    return {"phone": digits, "changed": back}


@carrier_group.command("set")
@click.argument("url")
@click.option("--name", default="default", help="Which carrier to add or change.")
@click.option("--priority", type=int, help="The lowest number is tried first; 10 for a new one.")
@click.option("--weight", type=int, help="Its part among those of one priority; 1 for a new one.")
@click.option(
    "--operator",
    "operators",
    multiple=True,
    type=click.Choice(OPERATORS, case_sensitive=False),
    help="Whose number ranges it takes; repeat for several. All when left out for a new one.",
)
@click.option(
    "--account",
    "emails",
    multiple=True,
    metavar="EMAIL",
    help="An account that it is for alone; repeat for several. All when left out for a new one.",
)
@answers("Carrier {name} is now {url}.")
def set_carrier(
    url: str,
    name: str,
    priority: int | None,
    weight: int | None,
    operators: tuple[str, ...],
    emails: tuple[str, ...],
) -> dict[str, Any]:
    """Add a carrier, or change the URL of one and what else is given."""
    carrier = carriers.set_url(
        url, name, priority, weight=weight, operators=operators, accounts=emails
    )
    return carriers.shown(carriers.read(carrier)) | carriers.clients.shown(carrier.id)


@carrier_group.command("remove")
@click.argument("name")
@answers("Carrier {name} is switched off. {rest}")
def remove_carrier(name: str) -> dict[str, Any]:
    """Switch a carrier off; without any, the simulator answers if there is one."""
    removed = carriers.shown(carriers.read(carriers.remove(carriers.named(name).public_id)))
    return removed | {"rest": standing.rest(carriers.in_order())}


@carrier_group.command("pause")
@click.argument("name")
@click.option("--reason", required=True, help="Why, as operators will read it.")
@answers("Carrier {name} is paused: nothing more is sent by it; {hearing}.")
def pause_carrier(name: str, reason: str) -> dict[str, Any]:
    """Send nothing more by a carrier."""
    way = carriers.read(carriers.pause(carriers.named(name).public_id, reason))
    one = standing.of(carriers.every(), [way])[0]
    return carriers.shown(way) | {"hearing": standing.hearing(way, one.condition)}


@carrier_group.command("resume")
@click.argument("name")
@answers("Carrier {name} is used again.")
def resume_carrier(name: str) -> dict[str, Any]:
    """Send by a paused carrier again."""
    return carriers.shown(carriers.read(carriers.resume(carriers.named(name).public_id)))


def _listing(answer: dict[str, Any]) -> str:
    return "\n".join(map(_carrier_line, answer["carriers"])) or "No carrier is set."


def _carrier_line(carrier: dict[str, Any]) -> str:
    url = carrier["url"] or "its secret cannot be read: set its URL again"
    words = [f"{carrier['priority']:>3}", carrier["name"], url]
    if carrier["weight"] != 1:
        words.append(f"weight {carrier['weight']}")
    if carrier["operators"]:
        words.append(f"for {', '.join(carrier['operators'])}")
    if count := carrier["accounts"]:
        words.append(f"for {count} account{'' if count == 1 else 's'} only")
    why = f": {carrier['reason']}" if carrier["state"] == standing.State.PAUSED else ""
    words.append(f"{carrier['state']}{why}")
    return "  ".join(words)


@carrier_group.command("list")
@answers(_listing)
def list_carriers() -> dict[str, Any]:
    """Show the carriers in the order in which they are tried."""
    return {"carriers": [_listed(one) for one in standing.of(carriers.every())]}


def _listed(one: standing.Standing) -> dict[str, Any]:
    more = {"accounts": one.way.accounts, "reason": one.way.paused_for, "state": one.state}
    return carriers.shown(one.way) | more


_MARKS = {Mark.WORKS: "✔", Mark.FAILS: "✘", Mark.OPEN: "?", Mark.LEFT_OUT: "·"}


@carrier_group.command("check")
@click.argument("url")
@click.option("--to", metavar="NUMBER", help="Send one message to it; it costs what it costs.")
@click.option("--from", "sender", default="FlashSMS", show_default=True, help="Its sender.")
@click.option("--text", default="A test of the carrier.", help="Its text.")
@click.option("--wait", default=60.0, show_default=True, help="Seconds for the receipt.")
@click.option("--json", "as_json", is_flag=True, help="Answer with one JSON object.")
def check_carrier(
    url: str, to: str | None, sender: str, text: str, wait: float, as_json: bool
) -> None:
    """Try a carrier's URL: sign in, send a message, wait for its receipt; stores nothing."""
    phone = normalise(to, current_app.config["COUNTRIES"]) if to else ""
    if phone is None:
        _fail(f"{to!r} is no number that can be sent to.", "bad_phone", as_json)
    steps = []
    for step in checking.check(Trial(url, phone, sender, text, wait)):
        steps.append(step)
        if not as_json:
            click.echo(f"{_MARKS[step.mark]} {step.name}: {step.said}")
    verdict = checking.judge(steps)
    answer = {"works": verdict.works, "summary": verdict.sentence, "steps": steps}
    click.echo(orjson.dumps(answer) if as_json else verdict.sentence)
    sys.exit(0 if verdict.works else 1)


def init_app(app: Flask) -> None:
    """Register the commands."""
    app.cli.add_command(prepare_command)
    for group in (
        account_group,
        operator_group,
        key_group,
        credit_group,
        sender_group,
        opt_out_group,
        carrier_group,
    ):
        app.cli.add_command(group)
