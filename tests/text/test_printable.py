"""Words of strangers, so that every database and terminal can take them."""

import pytest

from flashsms.text.printable import printable


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Akwaaba, \u20b5 5", "Akwaaba, \u20b5 5"),
        ("a\x00b", "ab"),
        ("a\ud83db", "ab"),
        ("a\r\nb\x1b[31m", "ab[31m"),
        ("\x00", ""),
        ("", ""),
    ],
)
def test_what_cannot_be_printed_is_left_out(text, kept):
    assert printable(text) == kept
    assert printable(text).encode() == kept.encode()
