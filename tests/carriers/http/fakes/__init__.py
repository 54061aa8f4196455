"""Providers that answer on this machine, as their public documentation says they do."""
