"""How a message leaves: one contract, one file or folder per transport."""
