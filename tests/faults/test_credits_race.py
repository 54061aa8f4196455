"""Many requests for few credits, at the same moment."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from flask import Flask
from sqlalchemy import func, select

from flashsms.extensions import db
from flashsms.models import Recipient, Transaction
from tests.factories import ledger_sum, member
from tests.faults.calls import Answer, post, wait_for_web
from tests.faults.installation import LONG, Installation

pytestmark = pytest.mark.database

CREDITS, REQUESTS = 25, 60


@pytest.mark.parametrize("_round", range(10 if LONG else 1))
def test_60_concurrent_sends_on_25_credits_take_exactly_25(
    installed: Installation, app: Flask, _round: int
) -> None:
    poor = member("Efua", "efua@example.com", credits=CREDITS)
    installed.start("web")
    wait_for_web(installed)
    together = Barrier(REQUESTS)

    def request(number: int) -> Answer:
        together.wait(30)
        return post(installed, poor, [f"02455510{number:02d}"])

    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = list(pool.map(request, range(REQUESTS)))
    assert Counter(answer.status for answer in answers) == {200: CREDITS, 402: REQUESTS - CREDITS}
    refusals = {answer.body["code"] for answer in answers if answer.status == 402}
    assert refusals == {"insufficient_credits"}
    db.session.commit()
    assert poor.balance == 0
    assert ledger_sum(poor.account) == 0
    assert db.session.scalar(select(func.count(Recipient.id))) == CREDITS
    lowest = select(func.min(Transaction.balance), func.count(Transaction.id))
    assert db.session.execute(lowest).one() == (0, CREDITS + 1)
