"""Seven-bit characters packed into bytes, and out of them again.

Source: 3GPP TS 23.038, section 6.1.2 (packing, and the padding of seven spare bits), and 3GPP TS
23.040, section 9.2.3.24 (fill bits between a header and the first character).
"""

_CR = 0x0D


def fill_bits(header: int) -> int:
    """How many bits follow a header of so many bytes, so that the text begins on a septet."""
    return -8 * header % 7


def pack(septets: bytes, fill: int = 0) -> bytes:
    """One character a byte into seven bits each, after `fill` bits of nothing.

    Seven bits left over at the end would read as another character, an @: they are filled with a
    carriage return instead, which phones do not show.
    """
    bits = 0
    for position, septet in enumerate(septets):
        bits |= septet << 7 * position
    used = fill + 7 * len(septets)
    size = (used + 7) // 8
    if septets and 8 * size - used == 7:
        bits |= _CR << 7 * len(septets)
    return (bits << fill).to_bytes(size, "little")


def unpack(data: bytes, fill: int = 0) -> bytes:
    """What `pack` was given; a carriage return that may be its padding is taken for that."""
    bits = int.from_bytes(data, "little") >> fill
    count = (8 * len(data) - fill) // 7
    septets = bytes(bits >> 7 * position & 0x7F for position in range(count))
    padded = count > 1 and (fill + 7 * count) % 8 == 0 and septets[-1] == _CR
    return septets[:-1] if padded else septets
