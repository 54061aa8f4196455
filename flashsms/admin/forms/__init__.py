"""Forms of the operators' area."""
