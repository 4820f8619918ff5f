"""Radiotherapy structure sets: regions of interest with their names, colours and contours; PS3.3 C.8.8.5 to C.8.8.8."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.objects.document import Document, Node, Table
from dicomview.objects.structure_set import color_of_roi

if TYPE_CHECKING:
    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["structures"]

_SET = ("StructureSetName", "StructureSetDescription", "StructureSetDate", "StructureSetTime", "ApprovalStatus")
_COLUMNS = ("number", "name", "type", "colour", "contours", "points", "shape", "volume, cm³", "made", "description")


def structures(root: Item, draft: Draft) -> Document:
    """Return a structure set: one row for each ROI."""
    contours = {one.words("ReferencedROINumber"): one for one in root.items("ROIContourSequence")}
    observed = {one.words("ReferencedROINumber"): one for one in root.items("RTROIObservationsSequence")}

    def row(roi: Item) -> list[str]:
        number = roi.words("ROINumber")
        shape, observation = contours.get(number), observed.get(number)
        return [
            number,
            roi.words("ROIName"),
            "" if observation is None else observation.words("RTROIInterpretedType"),
            *([""] * 4 if shape is None else _shape(shape)),
            roi.words("ROIVolume"),
            roi.words("ROIGenerationAlgorithm"),
            roi.words("ROIDescription"),
        ]

    series = [
        (one.text("SeriesInstanceUID"), str(len(one.items("ContourImageSequence"))), frame.text("FrameOfReferenceUID"))
        for frame in root.items("ReferencedFrameOfReferenceSequence")
        for study in frame.items("RTReferencedStudySequence")
        for one in study.items("RTReferencedSeriesSequence")
    ]
    nodes: tuple[Node | Table, ...] = (
        *draft.group("Structure set", draft.facts(root, *_SET)),
        *draft.table("Regions of interest", _COLUMNS, root.items("StructureSetROISequence"), row),
        *draft.table("Drawn on", ("series", "images", "frame of reference"), series, lambda cells: cells),
    )
    return Document(root.kind, draft.text(root.words("StructureSetLabel")), nodes)


def _shape(roi: Item) -> list[str]:
    """Return colour, number of contours, number of points and kinds of contours."""
    drawn = roi.items("ContourSequence")
    # The points themselves are many, and are not read here.
    points = sum(one.integer("NumberOfContourPoints") for one in drawn)
    kinds = dict.fromkeys(one.text("ContourGeometricType") for one in drawn)
    return [color_of_roi(roi) or "", f"{len(drawn):,}", f"{points:,}", ", ".join(filter(None, kinds))]
