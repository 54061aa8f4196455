"""Pure functions on text and phone numbers: no I/O, no framework."""
