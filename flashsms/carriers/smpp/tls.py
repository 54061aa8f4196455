"""SMPP inside TLS: `smpps://`."""

import ssl

from flashsms.carriers.options import CarrierOptions

# Numbers of OpenSSL (X509_V_ERR_...), which Python hands on as `verify_code`.
_NOT_YET_VALID, _EXPIRED = 9, 10
_OTHER_NAMES = (62, 64)  # of a host, of an address


def context(options: CarrierOptions) -> ssl.SSLContext | None:
    """How to connect, or None for plain TCP.

    The authorities are those of the system (or of SSL_CERT_FILE); the name in the certificate has
    to be the host of the URL, which the carrier is also told by SNI. `verify=0` checks neither: the
    line is then encrypted, but nobody knows to whom.
    """
    if options.scheme != "smpps":
        return None
    made = ssl.create_default_context()
    if not options.verify:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    return made


def distrust(error: ssl.SSLCertVerificationError, host: str) -> str:
    """Why a certificate was not accepted, as a sentence for the operator."""
    if error.verify_code in _OTHER_NAMES:
        return f"The carrier's certificate is for another name than {host}."
    if error.verify_code == _EXPIRED:
        return "The carrier's certificate has expired."
    if error.verify_code == _NOT_YET_VALID:
        return "The carrier's certificate is not valid yet; is the clock of this machine right?"
    return f"The carrier's certificate is not trusted: {error.verify_message}."


def words(error: ssl.SSLError) -> str:
    """What else went wrong, to end a sentence with."""
    if error.reason in ("WRONG_VERSION_NUMBER", "UNSUPPORTED_PROTOCOL", "RECORD_LAYER_FAILURE"):
        return "there is no TLS on that port"
    return f"TLS failed ({error.reason or error.strerror or error})"
