"""SMPP 3.4: codec, receipts, error table, session and the carrier made of them."""
