"""What stands behind the pixel data of a file: padding, signatures, elements of later groups."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, BinaryIO

from pydicom.filereader import read_dataset

from dicomview.files.extent import UNDEFINED
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomview.files.headers import Header

__all__ = ["elements_behind"]

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


def _past_fragments(stream: BinaryIO) -> bool:
    """Go behind the items of encapsulated pixel data (PS3.5 A.4); False when they have no end."""
    while True:
        head = stream.read(8)
        if len(head) == 8 and head[:4] == _ITEM:
            stream.seek(struct.unpack("<L", head[4:])[0], 1)
        else:
            return head[:4] == _END
