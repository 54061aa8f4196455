"""Two workers meet over one parked receipt: one has just stored its answer, one has the tick."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta

import pytest
from flask import Flask

from flashsms.extensions import db, transaction
from flashsms.models import Carrier, ParkedReceipt, Recipient, now
from flashsms.services import receipts, sending
from flashsms.services.receipts import parking
from flashsms.services.sending import Order
from tests.factories import Member, phones, statuses
from tests.scripted import ScriptedSessions

[PHONE] = phones(1)


def test_neither_locks_the_other_out(
    app: Flask,
    ama: Member,
    carrier: Carrier,
    wire: ScriptedSessions,
    run_jobs: Callable[[], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The order of locks must be the same for both, or PostgreSQL ends one of them."""
    message = sending.accept(ama.account.id, Order(text="Hi", recipients=[PHONE])).message
    run_jobs()
    ref = db.session.scalar(db.select(Recipient.carrier_ref))
    with transaction():  # it was parked some seconds ago, while the batch was on the wire
        db.session.add(
            ParkedReceipt(
                carrier_id=carrier.id,
                carrier_ref=ref,
                phone=PHONE,
                status="DELIVERED",
                received_at=now() - timedelta(seconds=5),
                try_at=now() - timedelta(seconds=1),
            )
        )
    match, parked_locked, recipient_locked = parking.match, threading.Event(), threading.Event()

    def meet(*args):
        if threading.current_thread().name == "tick":
            parked_locked.set()
            recipient_locked.wait(1)
            return match(*args)
        found = match(*args)
        recipient_locked.set()
        time.sleep(0.3)
        return found

    monkeypatch.setattr(parking, "match", meet)
    failed: list[Exception] = []

    def run(act: Callable[[], None]) -> None:
        with app.app_context():
            try:
                act()
            except Exception as error:
                failed.append(error)

    def settle() -> None:
        parked_locked.wait(1)
        receipts.match_parked(carrier.id, [ref])

    threads = [
        threading.Thread(target=run, args=(receipts.retry_parked,), name="tick"),
        threading.Thread(target=run, args=(settle,), name="settler"),
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert statuses(message.id) == {"DELIVERED": 1}
