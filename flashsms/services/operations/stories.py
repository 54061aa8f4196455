"""One phone number across all accounts."""

import re
from datetime import datetime
from typing import NamedTuple

from flask import current_app
from sqlalchemy import and_, select

from flashsms.extensions import db
from flashsms.models import Account, OptOut, OptSource
from flashsms.models.opt_out import IN_FORCE
from flashsms.services.errors import NotFound
from flashsms.text.phones import normalise

MOST_REFUSALS = 100
_DIGITS = re.compile(r"[0-9]{7,15}")


class Refusal(NamedTuple):
    """An account that must not send to a number, since when and how that came."""

    account: Account
    since: datetime
    source: OptSource


def digits(typed: str) -> str | None:
    """Return a number as it is stored, however it was typed; None for what is no number."""
    known = normalise(typed, current_app.config["COUNTRIES"])
    bare = typed.strip().removeprefix("+")
    return known or (bare if _DIGITS.fullmatch(bare) else None)


def checked(phone: str) -> str:
    """Return digits as they are stored, or raise NotFound."""
    if not _DIGITS.fullmatch(phone):
        raise NotFound("no_such_phone", "That is not a phone number. Numbers have 7 to 15 digits.")
    return phone


def refusals(phone: str) -> list[Refusal]:
    """Return which accounts a number has opted out of, the latest first, MOST_REFUSALS of them."""
    here = and_(OptOut.account_id == Account.id, OptOut.phone == phone, IN_FORCE)
    found = db.session.execute(
        select(Account, OptOut.opted_out_at, OptOut.source)
        .join(OptOut, here)
        .order_by(OptOut.opted_out_at.desc(), OptOut.id.desc())
        .limit(MOST_REFUSALS)
    )
    return [Refusal(*row) for row in found]
