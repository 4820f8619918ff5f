"""ICC profiles without words: a description, a copyright or a serial number may name whoever made them."""

from __future__ import annotations

import struct

__all__ = ["without_words"]

_HEADER = 128  # bytes
# Where the words of each type of tag begin, counted from its first byte (ICC.1 10.15, 10.24; desc of version 2).
_WORDS = {b"text": 8, b"desc": 12, b"mluc": 28, b"dict": 16, b"utf8": 8, b"utf16": 8, b"data": 12}
_HEADED = ((40, 44), (48, 52), (52, 56), (80, 100))  # platform, maker, model; creator and profile id


def without_words(profile: bytes) -> bytes:
    """Return a profile with its texts zero, of the same length; empty when it is not laid out as one.

    What colours become of it is untouched: only texts, and the names of devices in the header, are.
    """
    if len(profile) < _HEADER + 4 or profile[36:40] != b"acsp":
        return b""
    made = bytearray(profile)
    for start, end in _HEADED:
        made[start:end] = bytes(end - start)
    (count,) = struct.unpack(">L", profile[_HEADER : _HEADER + 4])
    first = _HEADER + 4
    if count > 200 or len(profile) < first + 12 * count:
        return b""
    used = bytearray(len(profile))  # what no tag claims is filler, where anything may be
    used[: first + 12 * count] = b"\1" * (first + 12 * count)
    for entry in range(count):
        offset, size = struct.unpack(">LL", profile[first + 12 * entry + 4 : first + 12 * entry + 12])
        end = min(offset + size, len(profile))
        kind = profile[offset : offset + 4]
        stop = min(offset + _WORDS[kind], end) if kind in _WORDS else end
        if stop > offset:
            used[offset:stop] = b"\1" * (stop - offset)
    return bytes(byte if claimed else 0 for byte, claimed in zip(made, used, strict=True))
