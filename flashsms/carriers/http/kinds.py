"""Which provider a kind of carrier is."""

from collections.abc import Callable, Mapping

from flashsms.carriers.http.africastalking import AfricasTalking
from flashsms.carriers.http.arkesel import Arkesel
from flashsms.carriers.http.hubtel import Hubtel
from flashsms.carriers.http.kannel import Kannel
from flashsms.carriers.http.mnotify import Mnotify
from flashsms.carriers.http.provider import Provider
from flashsms.carriers.http.twilio import Twilio
from flashsms.carriers.options import CarrierOptions

KINDS: Mapping[str, Callable[[CarrierOptions], Provider]] = {
    "hubtel": Hubtel,
    "arkesel": Arkesel,
    "mnotify": Mnotify,
    "africastalking": AfricasTalking,
    "twilio": Twilio,
    "kannel": Kannel,
}
