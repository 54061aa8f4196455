"""The job that mails a letter."""

from flashsms.services import people


def send(letter: str, key: str) -> None:
    """Mail a letter of a kind about `key`, if it still holds."""
    people.send_letter(letter, key)
