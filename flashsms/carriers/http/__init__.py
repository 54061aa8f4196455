"""Carriers that are reached over HTTP: one file for each provider, on one contract."""
