"""The addresses of an account that are told what happens: added, changed, paused, deleted."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, NoReturn
from urllib.parse import urlsplit

from sqlalchemy import ColumnElement, func, select, update

from flashsms import queue
from flashsms.extensions import db, on_commit, transaction
from flashsms.models import EventType, WebhookEndpoint, now
from flashsms.models.rows import lock
from flashsms.services import audit, idempotency
from flashsms.services.audit import Action
from flashsms.services.contacts.drafts import line
from flashsms.services.errors import DomainError, NotFound
from flashsms.services.webhooks import secrets, signing, targets

MOST = 10  # endpoints of one account
LONGEST_DESCRIPTION = 120
OVERLAP = timedelta(hours=24)  # for which a secret that was replaced is still signed with
TROUBLE = timedelta(hours=1)  # of attempts in vain after which the owners are told on every page
CHOOSABLE = tuple(type for type in EventType if type is not EventType.TEST)

_ADDING = 9  # what the lock of an account's endpoints is called
_WELL = {"failures": 0, "failing_since": None, "retry_at": None}


@dataclass(frozen=True, slots=True)
class Target:
    """A URL that was looked at, and what is wrong with it, if anything."""

    url: str
    fault: DomainError | None


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be another; None stays as it is, an empty description is none."""

    url: str | None = None
    events: Collection[str] | None = None
    description: str | None = None
    paused: bool | None = None


def look_at(url: str) -> Target:
    """Check a URL. It may ask a name server, so this is for before a transaction."""
    try:
        targets.check(url)
    except DomainError as error:
        return Target(url, error)
    return Target(url, None)


def create(
    account_id: int, target: Target, events: Collection[str], description: str | None = None
) -> tuple[WebhookEndpoint, str]:
    """Add an endpoint that is told of `events`, and return it with its secret.

    Raises what is wrong with the target, bad_webhook or too_many_webhooks.
    """
    if target.fault:
        raise target.fault
    chosen, said = _chosen(events), _description(description)
    secret = signing.new_secret()
    with transaction():
        lock(_ADDING, account_id)
        _check_room(account_id)
        endpoint = WebhookEndpoint(
            account_id=account_id,
            url=target.url,
            description=said,
            event_names=chosen,
            secret=secrets.seal(secret),
        )
        db.session.add(endpoint)
        db.session.flush()
        _record(Action.WEBHOOK_ADDED, endpoint, after={"events": chosen})
    return endpoint, secret


def create_once(
    account_id: int, attempt: str, target: Target, events: Collection[str], description: str | None
) -> tuple[WebhookEndpoint, str] | None:
    """Do the same for a form, or return None when this attempt of it added one already."""
    made: list[tuple[WebhookEndpoint, str]] = []

    def act() -> str:
        made.append(create(account_id, target, events, description))
        return made[0][0].public_id

    idempotency.once(account_id, f"webhook {attempt}", "add a webhook", act)
    return made[0] if made else None


def every(account_id: int) -> list[WebhookEndpoint]:
    """Return the endpoints of the account, the oldest first; there are MOST at most."""
    query = select(WebhookEndpoint).where(*_of(account_id)).order_by(WebhookEndpoint.id)
    return list(db.session.scalars(query))


def find(account_id: int, public_id: str) -> WebhookEndpoint:
    """Return an endpoint of the account, or raise NotFound."""
    query = select(WebhookEndpoint).where(*_own(account_id, public_id))
    found = db.session.scalar(query, execution_options={"populate_existing": True})
    if found is None:
        raise _unknown(public_id)
    return found


def in_trouble(account_id: int) -> list[WebhookEndpoint]:
    """Return those that gave up by themselves, or that have failed for long."""
    return [one for one in every(account_id) if is_in_trouble(one)]


def is_in_trouble(endpoint: WebhookEndpoint) -> bool:
    """Whether an endpoint was paused because it failed, or has failed for long."""
    if endpoint.paused_at:
        return endpoint.paused_for is not None
    return endpoint.failing_since is not None and endpoint.failing_since <= now() - TROUBLE


def change(account_id: int, public_id: str, wanted: Change) -> WebhookEndpoint:
    """Change what is named of an endpoint. Raises what `create` and `find` do.

    One that has another address has not failed yet, and is tried at once.
    """
    values: dict[str, Any] = {}
    if wanted.url is not None:
        targets.check(wanted.url)
        moves = wanted.url != find(account_id, public_id).url
        values |= {"url": wanted.url, **(_WELL if moves else {})}
    if wanted.events is not None:
        values["event_names"] = _chosen(wanted.events)
    if wanted.description is not None:
        values["description"] = _description(wanted.description)
    with transaction():
        endpoint = _change(account_id, public_id, values)
        if wanted.paused is not None:
            (pause if wanted.paused else resume)(account_id, public_id)
    return endpoint


def pause(account_id: int, public_id: str) -> None:
    """Tell an endpoint nothing until it is resumed; what happens waits. Again is no fault."""
    with transaction():
        find(account_id, public_id)
        is_on = WebhookEndpoint.paused_at.is_(None)
        if paused := _update(account_id, public_id, {"paused_at": now()}, is_on):
            _record(Action.WEBHOOK_PAUSED, paused)


def resume(account_id: int, public_id: str) -> None:
    """Tell a paused endpoint everything that waits, from now on. Again is no fault."""
    with transaction():
        find(account_id, public_id)
        is_paused = WebhookEndpoint.paused_at.is_not(None)
        on_again = {"paused_at": None, "paused_for": None, **_WELL}
        if resumed := _update(account_id, public_id, on_again, is_paused):
            _record(Action.WEBHOOK_RESUMED, resumed)
            wake()


def rotate(account_id: int, public_id: str) -> tuple[WebhookEndpoint, str]:
    """Give an endpoint another secret and return both; the one before stays good for OVERLAP."""
    secret = signing.new_secret()
    replaced = {
        "secret": secrets.seal(secret),
        "old_secret": WebhookEndpoint.secret,
        "old_secret_until": now() + OVERLAP,
    }
    with transaction():
        endpoint = _update(account_id, public_id, replaced) or _missing(public_id)
        _record(Action.WEBHOOK_SECRET_REPLACED, endpoint)
    return endpoint, secret


def rotate_once(
    account_id: int, attempt: str, public_id: str
) -> tuple[WebhookEndpoint, str] | None:
    """Do the same for a form, or return None when this attempt of it did so already."""
    made: list[tuple[WebhookEndpoint, str]] = []

    def act() -> str:
        made.append(rotate(account_id, public_id))
        return public_id

    idempotency.once(account_id, f"secret {attempt}", f"replace the secret of {public_id}", act)
    return made[0] if made else None


def delete(account_id: int, public_id: str) -> None:
    """Delete an endpoint, what waits for it and what it was told; the rest goes bit by bit.

    From now on nobody finds it and nothing is told to it, but for a request that is under way.
    """
    with transaction():
        gone = {"deleted_at": now(), "retry_at": None}
        endpoint = _update(account_id, public_id, gone) or _missing(public_id)
        _record(Action.WEBHOOK_DELETED, endpoint)


def wake() -> None:
    """Have endpoints told what waits for them as soon as the transaction is committed."""
    on_commit(queue.enqueue_webhooks)


def _change(account_id: int, public_id: str, values: dict[str, Any]) -> WebhookEndpoint:
    before = find(account_id, public_id)
    old = {name: getattr(before, name) for name in values}
    if not values:
        return before
    endpoint = _update(account_id, public_id, values) or _missing(public_id)
    _record(Action.WEBHOOK_CHANGED, endpoint, before=_told(old), after=_told(values))
    wake()
    return endpoint


def _update(
    account_id: int, public_id: str, values: dict[str, Any], *conditions: ColumnElement[bool]
) -> WebhookEndpoint | None:
    """Change an endpoint if the conditions hold; None when they do not, or there is none."""
    changed: WebhookEndpoint | None = db.session.scalar(
        update(WebhookEndpoint)
        .where(*_own(account_id, public_id), *conditions)
        .values(values)
        .returning(WebhookEndpoint),
        execution_options={"synchronize_session": False, "populate_existing": True},
    )
    return changed


def _record(action: Action, endpoint: WebhookEndpoint, **changes: Any) -> None:
    audit.record(action, place(endpoint.url), endpoint.account_id, **changes)


def _told(values: dict[str, Any]) -> dict[str, Any]:
    """Return what the audit log is to know of some columns, in the words of the API."""
    shown = {name: values[name] for name in ("description",) if name in values}
    if "url" in values:
        shown["url"] = place(values["url"])
    if "event_names" in values:
        shown["events"] = values["event_names"]
    return shown


def place(url: str) -> str:
    """Return a URL without its query, in which there may be a secret: the log is for ever."""
    return urlsplit(url)._replace(query="").geturl()


def _chosen(names: Collection[str]) -> str:
    wanted, known = set(names), f"Choose from {', '.join(CHOOSABLE)}."
    if unknown := sorted(wanted - set(CHOOSABLE)):
        raise _bad(f"events: {unknown[0][:40]!r} is no event. {known}")
    if not wanted:
        raise _bad(f"events must name at least one. {known}")
    return " ".join(type for type in CHOOSABLE if type in wanted)


def _description(given: str | None) -> str | None:
    try:
        return line("description", given, LONGEST_DESCRIPTION)
    except DomainError as error:
        raise _bad(error.sentence) from error


def _check_room(account_id: int) -> None:
    count = db.session.scalar(select(func.count()).where(*_of(account_id))) or 0
    if count >= MOST:
        raise DomainError(
            "too_many_webhooks",
            f"An account may have at most {MOST} webhooks. Delete one that is not needed.",
        )


def _of(account_id: int) -> tuple[ColumnElement[bool], ...]:
    return WebhookEndpoint.account_id == account_id, WebhookEndpoint.deleted_at.is_(None)


def _own(account_id: int, public_id: str) -> tuple[ColumnElement[bool], ...]:
    if not public_id.isprintable():  # PostgreSQL does not even compare with a NUL
        raise _unknown(public_id)
    return *_of(account_id), WebhookEndpoint.public_id == public_id


def _missing(public_id: str) -> NoReturn:
    raise _unknown(public_id)


def _unknown(public_id: str) -> NotFound:
    return NotFound("webhook_unknown", f"There is no webhook {public_id[:40]!r} in this account.")


def _bad(sentence: str) -> DomainError:
    return DomainError("bad_webhook", sentence)
