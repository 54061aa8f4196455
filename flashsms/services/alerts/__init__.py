"""Telling the owners of an account what runs low: its credits, or the share that arrives."""
