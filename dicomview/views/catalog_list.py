"""What a notebook shows of a catalogue: a line for each stack, with a small picture once the line is in sight."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

from dicomview.catalog import LINES
from dicomview.errors import DicomviewError
from dicomview.views.lines import Line, entry_of_stack
from dicomview.views.series_list import Entry, SeriesList

if TYPE_CHECKING:
    from dicomview.catalog import Catalog

__all__ = ["listed", "listing"]

_lists: WeakKeyDictionary[Catalog, SeriesList] = WeakKeyDictionary()


def listing(catalog: Catalog) -> dict[str, Any]:
    """Return the list of a catalogue as a notebook shows widgets; the same list however often it is shown."""
    if catalog not in _lists:
        _lists[catalog] = listed(catalog)
    bundle: Any = _lists[catalog]._repr_mimebundle_()
    data = bundle[0] if isinstance(bundle, tuple) else bundle
    return {kind: data[kind] for kind in data or () if kind.startswith("application/")}


def listed(catalog: Catalog) -> SeriesList:
    """Return the lines of a catalogue; files are read again for the pictures that are looked at."""
    lines: list[tuple[int, int]] = []
    entries: list[Entry] = []
    for index in range(min(len(catalog), LINES)):
        title, stacks = catalog.title_of(index), catalog.known_stacks_of(index)
        if isinstance(stacks, str) or not stacks:
            words = stacks if isinstance(stacks, str) else "no images"
            lines.append((index, 0))
            entries.append(Entry(title, words, "", True, bool(stacks)))
            continue
        for number, stack in enumerate(stacks):
            lines.append((index, number))
            entries.append(entry_of_stack(stack, title))

    def picture(line: int) -> bytes:
        index, number = lines[line]
        try:
            series = catalog[index]
            return Line(series, series.stacks[number] if series.stacks else None).thumbnail()
        except DicomviewError:  # its files have gone
            return b""

    more = f"… and {len(catalog) - LINES} more: catalog.series, catalog.stacks\n" if len(catalog) > LINES else ""
    return SeriesList(entries, picture, beside=f"{catalog.heading}\n{more}", layout={"max_width": "420px"})
