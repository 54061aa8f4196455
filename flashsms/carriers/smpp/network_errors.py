"""What a mobile network's error says to a person, for the codes that receipts carry.

Source: 3GPP TS 29.002 section 17.6 (the local error codes of MAP), those that delivering a short
message can end with. SMPP v3.4 section 5.3.2.31 and v5.0 section 4.8.4.42 tell the kinds of
network. `docs/carriers.md` shows the same table.
"""

from flashsms.carriers.smpp.status import MEANINGS

_GSM = 3  # the first byte of network_error_code
_SMPP = 7
_LONGEST = 5  # digits

GSM_ERRORS = {
    1: "The network does not know the number.",
    3: "The network does not know where the phone is registered.",
    5: "The network could not identify the phone.",
    6: "The phone was switched off or out of coverage.",
    7: "The network does not know the phone's hardware.",
    8: "The phone is abroad, where it may not be reached.",
    9: "The network refuses this subscriber.",
    10: "The number's contract does not include this service.",
    11: "The number's contract does not include text messages.",
    12: "The network refuses this phone, perhaps because it was reported stolen.",
    13: "The number is barred from receiving messages.",
    15: "The number only takes messages from a closed group.",
    21: "The network cannot deliver text messages to this number.",
    27: "The phone was switched off or out of coverage.",
    28: "The phone cannot take this kind of message.",
    31: "The phone was busy with another message or a call.",
    32: "The phone could not take the message, perhaps because its memory is full.",
    33: "Too many messages already wait for this phone.",
    34: "The network had a failure of its own.",
    35: "The networks did not understand each other (something was missing).",
    36: "The networks did not understand each other (a value was unexpected).",
    44: "The number has changed.",
    51: "The network was overloaded.",
    52: "The recipient's network does not accept messages from this carrier.",
}


def of_text(code: str) -> str:
    """What the `err:` of a receipt's text says, empty when that is not known.

    The specification leaves it to the carrier; nearly all of them pass on the network's.
    """
    readable = len(code) <= _LONGEST and code.isascii() and code.isdecimal()
    return GSM_ERRORS.get(int(code), "") if readable else ""


def of_parameter(value: bytes) -> tuple[str, str]:
    """The code, as three digits, and the reason in a network_error_code.

    Both are empty for no error; the reason is, too, for a kind of network that uses other codes.
    """
    network, error = value[0] if value else 0, int.from_bytes(value[1:3])
    if not error:
        return "", ""
    if network == _SMPP:
        meaning = MEANINGS.get(error)
        return f"0x{error:08X}", meaning.reason if meaning else ""
    return f"{error:03d}", GSM_ERRORS.get(error, "") if network == _GSM else ""
