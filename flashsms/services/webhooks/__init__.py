"""Telling an account's programs what happens, by requests to the addresses that it chose."""

from flashsms.services.webhooks.emitting import emit

__all__ = ["emit"]
