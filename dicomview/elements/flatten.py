"""Every data element of a data set as a row, at any depth, with values a table can hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydicom.datadict import dictionary_description, dictionary_has_tag, keyword_for_tag
from pydicom.multival import MultiValue
from pydicom.sequence import Sequence
from pydicom.valuerep import IS, DSdecimal, DSfloat, PersonName

from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pydicom.dataelem import DataElement
    from pydicom.dataset import Dataset
    from pydicom.tag import BaseTag

__all__ = ["COLUMNS", "level_of", "plain", "rows_of"]

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
        private creator, VR, VM, value. A value that cannot be converted is its bytes as they are in the file, and its
        VM is 0; long binary values and pixel data are described by their length.
    """
    for row, items in level_of(dataset, path):
        yield row
        for place, item in enumerate(items):
            yield from rows_of(item, f"{row['path']}[{place}].")


def level_of(dataset: Dataset, path: str = "") -> Iterator[tuple[dict[str, Any], Sequence]]:
    """Yield the row of each element as `rows_of` does, with its items, but not what is in those.

    Yields
    ------
    tuple of dict and pydicom.Sequence
        The sequence is empty for an element that is none.
    """
    for tag in sorted(dataset.keys()):
        step = path + (keyword_for_tag(tag) or str(tag))
        try:
            with quiet():
                element = dataset[tag]
        except Exception:  # noqa: BLE001  pydicom raises whatever a damaged value leads to
            yield _unconverted(dataset, tag, step), Sequence()
            continue
        step = path + (element.keyword or str(element.tag))
        creator = str(element.private_creator or "") if element.tag.is_private else ""
        value = element.value
        if isinstance(value, Sequence):
            yield _row(step, tag, element.keyword, element.name, creator, "SQ", 1, plain(value)), value
        else:
            row = _row(step, tag, element.keyword, element.name, creator, element.VR, element.VM, _shown(element))
            yield row, Sequence()


def plain(value: Any) -> Any:
    """Return a pydicom value as plain Python: int, float, str, bytes, or a tuple of them; None when empty.

    A sequence is told by the number of its items, long bytes by their length.
    """
    if value is None or (isinstance(value, str | PersonName | MultiValue | bytes) and not value):
        return None
    if isinstance(value, Sequence):
        return f"{len(value)} item{'s' * (len(value) != 1)}"
    if isinstance(value, bytes) and len(value) > _LONG_BYTES:
        return f"{len(value):,} bytes"
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
    with quiet():  # names of persons are decoded here
        return plain(value)


def _unconverted(dataset: Dataset, tag: BaseTag, path: str) -> dict[str, Any]:
    """Return the row of an element whose value pydicom cannot convert."""
    try:
        raw = dataset.get_item(tag)
        vr, value = str(raw.VR or ""), plain(raw.value)
    except Exception as error:  # noqa: BLE001  left in the file by pydicom's defer_size, and the file has gone
        vr, value = "", f"cannot be read: {type(error).__name__}"
    name = dictionary_description(tag) if dictionary_has_tag(tag) else ""
    return _row(path, tag, keyword_for_tag(tag), name, "", vr, 0, value)


def _row(path: str, tag: Any, keyword: str, name: str, creator: str, vr: str, vm: int, value: Any) -> dict[str, Any]:
    text = f"({tag >> 16:04X},{tag & 0xFFFF:04X})"
    return dict(zip(COLUMNS, (path, text, keyword, name, creator, vr, vm, value), strict=True))
