"""Every data element of a data set as a row, at any depth, with values a table can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.datadict import keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSdecimal, DSfloat, PersonName

from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset

__all__ = ["COLUMNS", "plain", "rows_of"]

COLUMNS = ("path", "tag", "keyword", "name", "creator", "vr", "vm", "value")

_PIXELS = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_LONG_BYTES = 64


def rows_of(dataset: Dataset, path: str = "") -> Iterator[dict[str, Any]]:
    """Yield one row for each element, those of sequence items after their sequence.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read, never written.
    path : str
        What stands before the path of each element.

    Yields
    ------
    dict
        With `COLUMNS`: path ("BeamSequence[0].BeamName"), tag ("(300A,00C2)"), keyword and name from the dictionary,
        private creator, VR, VM, value. A value that cannot be converted is its raw text; binary values and pixel
        data are described by their length.
    """
    for tag in sorted(dataset.keys()):
        try:
            with quiet():
                element = dataset[tag]
        except Exception as error:  # noqa: BLE001  pydicom raises whatever a damaged value leads to; the row says so
            yield _row(path, tag, "", "", "", "", 0, f"cannot be read: {type(error).__name__}")
            continue
        step = path + (element.keyword or str(element.tag))
        creator = (element.private_creator or "") if element.tag.is_private else ""
        value = element.value
        if isinstance(value, Sequence):
            count = len(value)
            yield _row(step, tag, element.keyword, element.name, creator, "SQ", 1, f"{count} item{'s' * (count != 1)}")
            for place, item in enumerate(value):
                yield from rows_of(item, f"{step}[{place}].")
        else:
            yield _row(step, tag, element.keyword, element.name, creator, element.VR, element.VM, _shown(element))


def plain(value: Any) -> Any:
    """Return a pydicom value as plain Python: int, float, str, or a tuple of them; None when empty."""
    if value is None or (isinstance(value, str | PersonName | MultiValue | bytes) and not value):
        return None
    if isinstance(value, MultiValue | list | tuple):
        return tuple(plain(part) for part in value)
    if isinstance(value, IS):
        return int(value)
    if isinstance(value, DSfloat | DSdecimal):
        return float(value)
    return str(value) if isinstance(value, str | PersonName) else value


def _shown(element: DataElement) -> Any:
    value = element.value
    if int(element.tag) in _PIXELS:
        return f"{len(value or b''):,} bytes of pixel data"
    if isinstance(value, bytes) and len(value) > _LONG_BYTES:
        return f"{len(value):,} bytes"
    return plain(value)


def _row(path: str, tag: Any, keyword: str, name: str, creator: str, vr: str, vm: int, value: Any) -> dict[str, Any]:
    keyword = keyword or keyword_for_tag(tag)
    text = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return dict(zip(COLUMNS, (path or text, text, keyword, name, creator, vr, vm, value), strict=True))
