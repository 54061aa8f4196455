"""Sending: taking an order, handing it to a carrier batch by batch, waking what is due."""

from flashsms.services.sending.accepting import accept
from flashsms.services.sending.batches import send_next_batch
from flashsms.services.sending.cancelling import cancel
from flashsms.services.sending.order import Accepted, LeftOut, Order
from flashsms.services.sending.preflight import Preflight, preflight
from flashsms.services.sending.waking import Woken, wake_due

__all__ = [
    "Accepted",
    "LeftOut",
    "Order",
    "Preflight",
    "Woken",
    "accept",
    "cancel",
    "preflight",
    "send_next_batch",
    "wake_due",
]
