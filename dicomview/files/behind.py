"""What a header leaves out: elements behind the pixel data, and the sequence within which a file ends."""

from __future__ import annotations

import io
import struct
from typing import TYPE_CHECKING, BinaryIO

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_dataset, read_partial
from pydicom.values import convert_value

from dicomview.files.extent import UNDEFINED
from dicomview.files.outline import vr_of
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from dicomview.files.headers import Header

__all__ = ["broken_sequence", "elements_behind"]

_LARGEST = 1 << 26  # bytes of a file whose end is looked at
_ITEM, _END = b"\xfe\xff\x00\xe0", b"\xfe\xff\xdd\xe0"


def elements_behind(header: Header) -> Dataset | None:
    """Return the elements behind the pixel data, which a header leaves out; None when there are none to be read.

    Parameters
    ----------
    header : Header
        Of a file, whose end is read; of a data set in memory there is nothing that its header leaves out.
    """
    span, dataset = header.pixels, header.dataset
    if span is None or dataset is None or header.location.dataset is not None or header.status == "truncated":
        return None
    try:
        with header.open_pixels() as stream, quiet():
            if span.length == UNDEFINED:
                if not _past_fragments(stream):
                    return None
            else:
                stream.seek(span.length, 1)
            if not stream.read(1):
                return None
            stream.seek(-1, 1)
            implicit, little = dataset.original_encoding
            found = read_dataset(stream, bool(implicit), little is not False)
            return found if len(found) else None
    except Exception:  # noqa: BLE001  the file may have gone, and pydicom raises whatever a damaged end leads to
        return None


def broken_sequence(header: Header) -> Dataset | None:
    """Return the sequence within which a file ends, as far as it is there, in a data set of its own; None without one.

    The header leaves it out, for who counts on it would get less than there should be; its last value may be half a
    value.
    """
    if header.status != "truncated" or header.pixels is not None or header.dataset is None:
        return None
    try:
        with header.location.open() as stream, quiet():
            if stream.seek(0, io.SEEK_END) > _LARGEST:
                return None
            stream.seek(0)
            raw = list(read_partial(stream, force=True).values())[-1]
            if (raw.VR or vr_of(raw.tag)) != "SQ" or raw.tag in header.dataset or not isinstance(raw, RawDataElement):
                return None
            if not convert_value("SQ", raw):
                return None
            found = Dataset()
            found[raw.tag] = raw
            implicit, little = header.dataset.original_encoding
            found.set_original_encoding(implicit, little, header.dataset.original_character_set)
            return found
    except Exception:  # noqa: BLE001  pydicom raises whatever half an item leads to
        return None


def _past_fragments(stream: BinaryIO) -> bool:
    """Go behind the items of encapsulated pixel data (PS3.5 A.4); False when they have no end."""
    while True:
        head = stream.read(8)
        if len(head) == 8 and head[:4] == _ITEM:
            stream.seek(struct.unpack("<L", head[4:])[0], 1)
        else:
            return head[:4] == _END
