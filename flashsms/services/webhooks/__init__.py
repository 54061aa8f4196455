"""Telling an account's programs what happens, by requests to the addresses that it chose."""

from flashsms.services.webhooks.delivering import deliver_due
from flashsms.services.webhooks.emitting import emit, emit_each
from flashsms.services.webhooks.sweeping import wake_due

__all__ = ["deliver_due", "emit", "emit_each", "wake_due"]
