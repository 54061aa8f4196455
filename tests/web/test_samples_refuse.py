"""Samples of the documentation against what a stranger, or a gateway, may send."""

import io
import urllib.error
import urllib.request
from email.message import Message
from pathlib import Path

import pytest

SAMPLES = Path(__file__).parents[2] / "templates" / "docs" / "samples"


def names(file: str, until: str) -> dict[str, object]:
    found: dict[str, object] = {}
    exec((SAMPLES / file).read_text().split(until)[0].replace("your_secret", "QUJD"), found)
    return found


@pytest.mark.parametrize("moment", ["9" * 400, "9" * 5000])
def test_a_forged_request_is_refused_by_the_receiver_of_the_samples(moment: str) -> None:
    is_genuine = names("webhook.py", "class Receiver")["is_genuine"]
    assert is_genuine({"webhook-timestamp": moment}, b"{}") is False


def test_the_sample_that_retries_waits_for_a_date(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 9110 allows a date, and gateways give one."""
    found = names("retry.py", "\norder = ")
    headers = Message()
    headers["Retry-After"] = "Tue, 01 Dec 2026 02:00:00 GMT"
    asked = []

    def urlopen(request, timeout):  # type: ignore[no-untyped-def]
        asked.append(request)
        raise urllib.error.HTTPError(request.full_url, 503, "x", headers, io.BytesIO(b"{}"))

    monkeypatch.setattr(urllib.request, "urlopen", urlopen)
    monkeypatch.setattr("time.sleep", lambda _: None)
    with pytest.raises(SystemExit):
        found["post"]("/sms/send", {}, "key")
    assert len(asked) == 6
