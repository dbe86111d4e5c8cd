"""What an uploaded picture is, read from its bytes: a PNG (W3C, PNG third edition) or a JPEG (ITU-T T.81), whole, with nothing after it.

SVG is never taken: it can carry scripts.
"""

import struct
import zlib
from dataclasses import dataclass

from seminar.ground.refusal import N_, Refused

LARGEST_BYTES = 300 * 1024
SMALLEST_SIDE, LARGEST_SIDE = 32, 2000
PNG = b"\x89PNG\r\n\x1a\n"
NOT_A_PICTURE = N_("This is no whole PNG or JPEG picture. Save the logo as PNG, and upload that.")


@dataclass(frozen=True)
class Picture:
    kind: str
    width: int
    height: int


def picture_of(image: bytes) -> Picture:
    """Raises Refused for anything else, and for one that is too large or too small."""
    if not image:
        raise Refused(N_("Choose the logo's file."), field="logo")
    if len(image) > LARGEST_BYTES:
        raise Refused(N_("The logo has {size} KB, and 300 KB is the most. Save it smaller."), field="logo", size=len(image) // 1024)
    try:
        width, height = _png(image) if image.startswith(PNG) else _jpeg(image)
    except (ValueError, struct.error, IndexError):
        raise Refused(NOT_A_PICTURE, field="logo") from None
    if not all(SMALLEST_SIDE <= side <= LARGEST_SIDE for side in (width, height)):
        raise Refused(N_("The logo is {width} by {height} pixels; each side has 32 to 2000."), field="logo", width=width, height=height)
    return Picture("image/png" if image.startswith(PNG) else "image/jpeg", width, height)


def kind_of_picture(image: bytes) -> str:
    """image/png or image/jpeg. Raises ValueError for anything else, and for one that isn't whole."""
    is_png = image.startswith(PNG)
    try:
        _png(image) if is_png else _jpeg(image)
    except (struct.error, IndexError) as error:
        raise ValueError from error
    return "image/png" if is_png else "image/jpeg"


def _png(image: bytes) -> tuple[int, int]:
    """Its size; every chunk has its checksum, the first is IHDR, and IEND is the end."""
    at, size, kind = len(PNG), None, b""
    while kind != b"IEND":
        length, kind = struct.unpack(">I4s", image[at : at + 8])
        body = image[at + 8 : at + 8 + length]
        (checksum,) = struct.unpack(">I", image[at + 8 + length : at + 12 + length])
        if zlib.crc32(kind + body) != checksum or (size is None) != (kind == b"IHDR"):
            raise ValueError
        if kind == b"IHDR":
            size = struct.unpack(">II", body[:8])
        at += 12 + length
    if at != len(image) or size is None:
        raise ValueError
    return size[0], size[1]


# Start of frame: baseline, extended and progressive (T.81, table B.1); C4, C8 and CC are something else.
_FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}


def _jpeg(image: bytes) -> tuple[int, int]:
    """Its size, from the frame that comes before the first scan."""
    if not (image.startswith(b"\xff\xd8\xff") and image.endswith(b"\xff\xd9")):
        raise ValueError
    at = 2
    while image[at] == 0xFF and image[at + 1] != 0xDA:
        marker, length = struct.unpack(">xBH", image[at : at + 4])
        if marker in _FRAMES:
            height, width = struct.unpack(">HH", image[at + 5 : at + 9])
            return width, height
        at += 2 + length
    raise ValueError
