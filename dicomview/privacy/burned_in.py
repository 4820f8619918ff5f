"""Where names may be written into the pictures: reasons from the header, and all pictures at a glance."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pandas as pd
from PIL import Image, ImageDraw

from dicomview.errors import DicomviewError, UnknownChoice
from dicomview.privacy.aside import why_aside
from dicomview.privacy.plan import opened
from dicomview.privacy.policy import boxes_of
from dicomview.privacy.sources import locations_in, many_of
from dicomview.progress import bar
from dicomview.quiet import quiet
from dicomview.render import picture

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from pydicom.dataset import Dataset

    from dicomview.privacy.policy import Box
    from dicomview.privacy.sources import Protected

__all__ = ["preview", "reasons_of", "risks"]

_LEVELS = ("high", "medium", "low")
# These devices write patient, date and institution into the picture as a rule.
_WRITING = {"US", "IVUS", "ES", "XC", "GM", "SM", "OT", "XA", "RF", "SC", "OP", "BMD", "ECG", "IO", "PX"}
_DRAWN = {"SCREEN SAVE", "SCREENSHOT", "DOSE_INFO", "REPORT", "CAPTURE"}
_SECONDARY = "1.2.840.10008.5.1.4.1.1.7"
_TILE = 256  # pixels


def reasons_of(dataset: Dataset) -> tuple[str, str]:
    """Return how likely it is that text is burned into a picture ("high", "medium", "low"), and why."""
    said = {word: _said(dataset, word) for word in ("BurnedInAnnotation", "Modality", "ConversionType", "SOPClassUID")}
    kinds = {part.strip() for part in _said(dataset, "ImageType").upper().split("\\")}
    high: list[str] = []
    medium: list[str] = []
    if said["BurnedInAnnotation"] == "YES":
        high.append("BurnedInAnnotation is YES")
    if said["SOPClassUID"].startswith(_SECONDARY):
        high.append("a secondary capture")
    if said["ConversionType"] in ("DV", "DI", "DF", "WSD", "SD", "SI", "DRW"):
        high.append(f"converted from film, screen, video or paper ({said['ConversionType']})")
    if kinds & _DRAWN:
        high.append(f"ImageType has {', '.join(sorted(kinds & _DRAWN))}")
    if said["Modality"] in _WRITING:
        (medium if said["BurnedInAnnotation"] == "NO" else high).append(f"devices of modality {said['Modality']} write")
    colour = _said(dataset, "PhotometricInterpretation").startswith(("RGB", "YBR"))
    if said["Modality"] in ("CT", "MR", "PT", "NM", "CR", "DX", "MG") and colour:
        high.append("a picture in colour of a device that measures in grey")
    if any(tag >> 24 == 0x60 for tag in sorted(dataset.keys())):
        medium.append("has overlay planes, which are removed")
    if said["BurnedInAnnotation"] not in ("YES", "NO"):
        medium.append("does not say whether annotations are burned in")
    if _said(dataset, "RecognizableVisualFeatures") == "YES":
        medium.append("RecognizableVisualFeatures is YES: a face can be made of it")
    level = "high" if high else "medium" if medium else "low"
    return level, "; ".join(high + medium) or "BurnedInAnnotation is NO"


def risks(source: Protected, *, progress: bool = True) -> pd.DataFrame:
    """Return how likely the pictures of each series have text in them, and why; the likely ones first.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, or a list of these
        Headers are read, pixel data are not.
    progress : bool

    Returns
    -------
    pandas.DataFrame
        series_uid (what `plan` wants for rectangles), modality, rows, columns, files, risk, reasons. No list of
        reasons is a proof: look at the pictures (`preview`).

    Examples
    --------
    >>> dv.privacy.risks("study")  # doctest: +SKIP
    """
    found: Counter[tuple[str, str, int, int, str, str]] = Counter()
    for location in bar(locations_in(source), "Looking for burned-in text", "file", show=progress):
        with quiet():
            header, dataset = opened(location)
            if dataset is None or header.pixels is None or why_aside(header):
                continue
            rows, columns = (int(_said(dataset, word) or 0) for word in ("Rows", "Columns"))
            uid, modality = _said(dataset, "SeriesInstanceUID"), _said(dataset, "Modality")
            found[(uid, modality, rows, columns, *reasons_of(dataset))] += 1
    lines = [(*key[:4], number, *key[4:]) for key, number in found.items()]
    lines.sort(key=lambda line: (_LEVELS.index(line[5]), line[0]))
    return pd.DataFrame(lines, columns=["series_uid", "modality", "rows", "columns", "files", "risk", "reasons"])


def preview(
    source: Protected, *, rectangles: Mapping[str, Sequence[Box]] | None = None, columns: int = 4, most: int = 40
) -> Image.Image:
    """Return one picture of each series side by side, the rectangles drawn where they would be black.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, or a list of these
    rectangles : dict, optional
        As for `plan`.
    columns : int
    most : int
        Series; the likely ones come first.

    Returns
    -------
    PIL.Image.Image
        RGB, in the order of `risks`; a notebook shows it. It shows pixels of the patient: confidential.

    Raises
    ------
    DicomviewError
        There is no series with a picture.
    UnknownChoice
        `rectangles` are none, or stand under a series that is not there.
    """
    given = boxes_of(rectangles or {})
    source = many_of(source)
    table = risks(source, progress=False)
    if not set(given) <= set(table["series_uid"]):
        raise UnknownChoice("a rectangle stands under a SeriesInstanceUID that has no picture here; see risks")
    order = list(dict.fromkeys(table["series_uid"]))[:most]
    if not order:
        raise DicomviewError("no file under the source has a picture; there is nothing to look at")
    first: dict[str, Dataset] = {}
    sources: dict[str, Path | Dataset | None] = {}
    for location in locations_in(source):
        header, dataset = opened(location)
        uid = (
            "" if dataset is None or header.pixels is None or why_aside(header) else _said(dataset, "SeriesInstanceUID")
        )
        if uid in order and uid not in first and dataset is not None:
            first[uid] = dataset
            sources[uid] = location.path if location.member is None and location.path else location.dataset
    height = -(-len(order) // columns)
    sheet = Image.new("RGB", (min(columns, len(order)) * _TILE, height * _TILE))
    for place, uid in enumerate(order):
        found = sources.get(uid)
        if found is None:
            continue
        tile = _tile(found, given.get(uid, ()))
        sheet.paste(tile, (place % columns * _TILE, place // columns * _TILE))
    return sheet


def _tile(source: Path | Dataset, boxes: Sequence[Box]) -> Image.Image:
    try:
        pixels = picture(source, index=0).pixels
    except DicomviewError:
        tile = Image.new("RGB", (_TILE, _TILE), "#400000")
        ImageDraw.Draw(tile).text((8, 8), "cannot be shown")
        return tile
    shown = Image.fromarray(pixels).convert("RGB")
    draw = ImageDraw.Draw(shown)
    for left, top, right, bottom in boxes:
        draw.rectangle((left, top, right - 1, bottom - 1), outline="#ff8000", width=max(1, shown.width // _TILE))
    shown.thumbnail((_TILE, _TILE))
    return shown


def _said(dataset: Dataset, keyword: str) -> str:
    try:
        value = dataset.get(keyword)
    except Exception:  # noqa: BLE001
        return ""  # bytes that are not of their VR
    if value is None:
        return ""
    return "\\".join(map(str, value)) if hasattr(value, "append") else str(value)
