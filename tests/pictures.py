"""Pictures for tests, made byte by byte."""

import struct
import zlib


def a_png(width: int = 64, height: int = 64, shade: int = 90) -> bytes:
    """A whole PNG of one gray."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = (b"\x00" + bytes([shade]) * width) * height
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def a_jpeg(width: int = 64, height: int = 48) -> bytes:
    """As much of a JPEG as says its size: an application segment, a frame, and a scan without anything in it."""
    application = b"\xff\xe0" + struct.pack(">H", 16) + b"JFIF\x00\x01\x01" + bytes(7)
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 11, 8, height, width, 1) + b"\x01\x11\x00"
    return b"\xff\xd8" + application + frame + b"\xff\xda" + struct.pack(">H", 8) + bytes(6) + b"\xff\xd9"
