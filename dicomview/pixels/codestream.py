"""What a compressed frame says of its own size."""

from __future__ import annotations

import struct

__all__ = ["codestream_size"]

_JPEG_2000 = b"\xff\x4f\xff\x51"  # start of codestream, then the marker of its size
# ITU T.81 table B.1 and T.87: start of frame, C0 to CF without the tables C4, C8 and CC; F7 is JPEG-LS.
_FRAME_MARKERS = frozenset({*range(0xC0, 0xD0), 0xF7}) - {0xC4, 0xC8, 0xCC}
_WITHOUT_LENGTH = frozenset({0x01, *range(0xD0, 0xD9)})


def codestream_size(codestream: bytes) -> tuple[int, int] | None:
    """Return (rows, columns) of a JPEG, JPEG-LS or JPEG 2000 codestream; None when it does not say, or is another."""
    try:
        if codestream[:2] == b"\xff\xd8":
            return _jpeg(codestream)
        start = codestream.find(_JPEG_2000, 0, 4096)  # at the beginning, or behind the boxes of a JP2 file
        if start >= 0:
            width, height, left, top = struct.unpack_from(">4L", codestream, start + 8)
            return height - top, width - left
    except (struct.error, IndexError):
        pass
    return None


def _jpeg(codestream: bytes) -> tuple[int, int] | None:
    place = 2
    while True:
        while codestream[place] == 0xFF and codestream[place + 1] == 0xFF:
            place += 1  # fill bytes
        marker = codestream[place + 1]
        if codestream[place] != 0xFF or marker in (0xD9, 0xDA):
            return None
        if marker in _FRAME_MARKERS:
            rows, columns = struct.unpack_from(">2H", codestream, place + 5)
            return (rows, columns) if rows else None  # 0 rows: counted at the end, by DNL
        place += 2
        if marker not in _WITHOUT_LENGTH:
            place += struct.unpack_from(">H", codestream, place)[0]
