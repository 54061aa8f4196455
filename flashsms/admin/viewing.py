"""Seeing an account as its owner does."""
