"""Long texts of two workers must not look like parts of one to a phone."""

from flashsms.carriers.contract import Submission
from flashsms.carriers.options import options
from flashsms.carriers.smpp.compose import Composer
from flashsms.carriers.smpp.pdu import decode_message


def first_references() -> set[int]:
    """The references of the first long text of each of eight workers that just started."""
    chosen = options("smpp://id:pw@127.0.0.1:1")
    bodies = (
        Composer(chosen).bodies(Submission(1, "233241234567", "SHOP", "a" * 300)) for _ in range(8)
    )
    return {decode_message(parts[0]).text[3] for parts in bodies}


def test_workers_do_not_all_begin_with_the_same_reference() -> None:
    assert len(first_references()) > 1
