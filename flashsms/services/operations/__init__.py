"""What operators of the installation see and do across all accounts."""
