"""From a URL to the carrier of its kind, or to the provider behind it."""

import subprocess
import sys

import pytest

from flashsms.carriers.contract import CarrierError
from flashsms.carriers.http.carrier import HttpCarrier
from flashsms.carriers.smpp.carrier import SmppCarrier
from flashsms.carriers.urls import create, provider
from tests.carriers.helpers import Taken


def test_a_url_makes_the_carrier_of_its_kind():
    assert isinstance(create("hubtel://me:secret@default", Taken()), HttpCarrier)
    assert isinstance(create("simulator://", Taken()), SmppCarrier)


def test_the_library_for_http_is_loaded_for_carriers_over_http_alone():
    script = (
        "import sys; from flashsms.carriers.urls import create, provider;"
        "create('simulator://', None); provider('mnotify://key@default');"
        "assert 'aiohttp' not in sys.modules;"
        "create('mnotify://key@default', None); assert 'aiohttp' in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)


def test_smpp_has_no_provider_that_hears_callbacks():
    assert provider("arkesel://key@default").base == "https://sms.arkesel.com"
    with pytest.raises(CarrierError, match="no callbacks"):
        provider("simulator://")
