"""The job that hands messages over."""

from flashsms.services import sending


def send_batch(message_id: int, ticket: int) -> None:
    """Send the next batch of a message, if `ticket` still stands."""
    sending.send_next_batch(message_id, ticket)
