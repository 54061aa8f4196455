"""A carrier as one URL."""

import pytest

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.urls import create, options, redact
from tests.carriers.helpers import Taken


def test_everything_that_a_url_can_say_is_read():
    read = options(
        "smpp://sh%40p:p%3A%2Fw@smsc.example:2776?window=10&tps=12.5&binds=2"
        "&response_timeout=5&enquire=7&source_ton=0&source_npi=1"
    )
    assert (read.host, read.port) == ("smsc.example", 2776)
    assert (read.user, read.password) == ("sh@p", "p:/w")
    assert (read.window, read.tps, read.binds) == (10, 12.5, 2)
    assert (read.response_timeout, read.enquire) == (5.0, 7.0)
    assert (read.source_ton, read.source_npi) == (0, 1)


def test_what_a_url_does_not_say_has_a_default():
    read = options("smpp://shop:secret@host")
    assert (read.port, read.window, read.tps, read.binds) == (2775, 64, 0.0, 1)
    assert (read.response_timeout, read.enquire, read.source_ton) == (30.0, 30.0, None)


def test_what_a_demanding_carrier_wants_is_read():
    read = options(
        "smpps://shop:secret@host?bind=pair&verify=0&gsm=latin1&long=sar&dest_ton=2&dest_npi=9"
        "&service_type=CMT&system_type=VMA&address_range=^233&priority=3&validity=message"
        "&receipts=2&permanent=0x400,1025"
    )
    assert (read.port, read.bind, read.verify) == (3550, "pair", False)
    assert (read.gsm, read.long) == ("latin1", "sar")
    assert (read.dest_ton, read.dest_npi) == (2, 9)
    assert (read.service_type, read.system_type, read.address_range) == ("CMT", "VMA", "^233")
    assert (read.priority, read.validity, read.receipts) == (3, -1, 2)
    assert read.permanent == {0x400, 0x401}


def test_the_simulator_needs_nothing():
    assert options("simulator://").host == "127.0.0.1"
    assert options("simulator://127.0.0.1:1234?window=5").port == 1234


@pytest.mark.parametrize(
    ("url", "named"),
    [
        ("pigeon://host", "pigeon"),
        ("", "kind"),
        ("smpp://a:b@host?windw=3", "windw"),
        ("smpp://a:b@host?window=0", "window"),
        ("smpp://a:b@host?window=many", "many"),
        ("smpp://a:b@host?window=1&window=2", "twice"),
        ("smpp://a:b@host?tps=-1", "tps"),
        ("smpp://a:b@host?tps=nan", "tps"),
        ("smpp://a:b@host?response_timeout=0", "response_timeout"),
        ("smpp://a:b@host?bind=both", "bind"),
        ("smpp://a:b@host?gsm=ascii", "gsm"),
        ("smpp://a:b@host?long=8bit", "long"),
        ("smpp://a:b@host?service_type=TOOLONG", "service_type"),
        ("smpp://a:b@host?priority=4", "priority"),
        ("smpp://a:b@host?validity=soon", "validity"),
        ("smpp://a:b@host?permanent=", "permanent"),
        ("smpp://a:b@host?permanent=busy", "permanent"),
        ("smpp://host", "system id"),
        ("smpp://a:b@", "host"),
        ("smpp://a:b@host:port", "URL"),
        ("smpp://a:b%00c@host", "ASCII"),
    ],
)
def test_a_url_that_makes_no_sense_is_a_permanent_error_that_names_it(url, named):
    with pytest.raises(CarrierError, match=named) as raised:
        create(url, Taken())
    assert raised.value.permanent


def test_passwords_are_not_shown():
    url = "smpp://shop:p@ss:word@host:2775?window=5"
    assert redact(url) == "smpp://shop:***@host:2775?window=5"
    assert redact("simulator://host:1") == "simulator://host:1"
    assert "secret" not in repr(options("smpp://shop:secret@host"))


@pytest.mark.parametrize("kind", ["arkesel", "mnotify", "ARKESEL"])
@pytest.mark.parametrize(
    "rest", ["9fS3cretKey", "9fS3cretKey?tps=3", "9fS3cretKey/", ":9fS3cretKey@h"]
)
def test_a_key_without_an_at_sign_is_neither_quoted_nor_shown(kind, rest):
    with pytest.raises(CarrierError, match="KEY@default") as raised:
        options(f"{kind}://{rest}")
    assert "9fs3cretkey" not in raised.value.reason.lower()
    assert "9fs3cretkey" not in redact(f"{kind}://{rest}").lower()


def test_a_key_is_hidden_however_its_kind_is_spelt():
    assert redact("arkesel://anything") == "arkesel://***"
    assert redact("ARKESEL://K3y@default") == "ARKESEL://***@default"
    assert redact("arkesel:K3y") == "***"
    assert redact("") == ""


@pytest.mark.parametrize(
    "url", ["hubtel://S3cret", "hubtel://me:123456", "kannel://S3cret?tls=0", "smpp://me:123456"]
)
def test_a_secret_without_an_at_sign_is_neither_quoted_nor_shown(url):
    with pytest.raises(CarrierError) as raised:
        options(url)
    for told in (raised.value.reason, redact(url)):
        assert "s3cret" not in told.lower()
        assert "123456" not in told


def test_a_callback_that_cannot_be_one_is_not_quoted_for_its_secret():
    with pytest.raises(CarrierError, match="callback") as raised:
        options("twilio://me:token@default?callback=ftp://x/callbacks/car_1/S3cret")
    assert "S3cret" not in raised.value.reason
