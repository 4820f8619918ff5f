"""Presentation states: how images are to be shown, and what is drawn on them; PS3.3 A.33, C.10.4 to C.10.6, C.11."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.objects.document import Document, Node, Table

if TYPE_CHECKING:
    from dicomview.objects.draft import Draft
    from dicomview.objects.items import Item

__all__ = ["presentation"]

_STATE = ("ContentDescription", "PresentationCreationDate", "PresentationCreationTime")
_GREYS = ("RescaleSlope", "RescaleIntercept", "RescaleType", "PresentationLUTShape")
_SHUTTER = (
    "ShutterShape", "ShutterLeftVerticalEdge", "ShutterRightVerticalEdge", "ShutterUpperHorizontalEdge",
    "ShutterLowerHorizontalEdge", "CenterOfCircularShutter", "RadiusOfCircularShutter", "VerticesOfThePolygonalShutter",
    "ShutterPresentationValue",
)  # fmt: skip
_TURN = ("ImageRotation", "ImageHorizontalFlip")
_WINDOW = {
    "center": "WindowCenter",
    "width": "WindowWidth",
    "called": "WindowCenterWidthExplanation",
    "function": "VOILUTFunction",
}
_AREA = {
    "size": "PresentationSizeMode",
    "top left": "DisplayedAreaTopLeftHandCorner",
    "bottom right": "DisplayedAreaBottomRightHandCorner",
    "pixel spacing, mm": "PresentationPixelSpacing",
    "magnification": "PresentationPixelMagnificationRatio",
}
_LAYER = {"name": "GraphicLayer", "order": "GraphicLayerOrder", "description": "GraphicLayerDescription"}


def presentation(root: Item, draft: Draft) -> Document:
    """Return a presentation state: the images meant, windows, shutters, and the annotations with their texts."""
    images = [
        (one.reference(), series.text("SeriesInstanceUID"))
        for series in _series(root)
        for one in series.items("ReferencedImageSequence")
    ]
    nodes: list[Node | Table] = [
        *draft.facts(root, *_STATE),
        *draft.table("Images", ("image", "in series"), images, lambda row: row),
        *draft.group("Grey levels", (*draft.facts(root, *_GREYS), *_tables(root, "ModalityLUTSequence", draft))),
        *draft.each(root.items("SoftcopyVOILUTSequence"), lambda one: _window(one, draft)),
        *draft.group("Shutter", draft.facts(root, *_SHUTTER)),
        *draft.group("Turned", draft.facts(root, *_TURN)),
        *draft.table(
            "Displayed areas",
            (*_AREA, "for"),
            root.items("DisplayedAreaSelectionSequence"),
            lambda one: [*map(one.words, _AREA.values()), _for(one)],
        ),
        *draft.columns("Layers", _LAYER, root.items("GraphicLayerSequence")),
        *draft.each(root.items("GraphicAnnotationSequence"), lambda one: _annotation(one, draft)),
    ]
    return Document(root.kind, draft.text(root.words("ContentLabel")), tuple(nodes))


def _series(root: Item) -> list[Item]:
    """Return the series referred to; blending states name them once for each image set, PS3.3 C.11.14."""
    sets = [root, *root.items("BlendingSequence")]
    return [series for one in sets for series in one.items("ReferencedSeriesSequence")]


def _for(one: Item) -> str:
    """Return which images an item holds for; "" for all of them."""
    return "; ".join(image.reference() for image in one.items("ReferencedImageSequence"))


def _tables(item: Item, keyword: str, draft: Draft) -> tuple[Node, ...]:
    """Return the lookup tables of a sequence by name and size; PS3.3 C.11.1 and C.11.2."""
    return draft.each(
        item.items(keyword),
        lambda one: draft.node("Lookup table", f"{one.words('LUTExplanation')} {one.words('LUTDescriptor')}".strip()),
    )


def _window(one: Item, draft: Draft) -> Node:
    windows = draft.columns("Windows", _WINDOW, [one] if one.words("WindowCenter") else [])
    return draft.node("Window", _for(one), (*windows, *_tables(one, "VOILUTSequence", draft)))


def _annotation(one: Item, draft: Draft) -> Node:
    """Return the texts and the graphics of one annotation; PS3.3 C.10.5."""
    texts = draft.each(one.items("TextObjectSequence"), lambda text: _text(text, draft))
    graphics = draft.each(one.items("GraphicObjectSequence"), lambda graphic: _graphic(graphic, draft))
    layer = one.words("GraphicLayer")
    return draft.node(f"Annotation on layer {layer}" if layer else "Annotation", _for(one), (*texts, *graphics))


def _text(text: Item, draft: Draft) -> Node:
    box = [text.words(k) for k in ("BoundingBoxTopLeftHandCorner", "BoundingBoxBottomRightHandCorner")]
    place = f" (in {' to '.join(box)})" if all(box) else ""
    anchor = text.words("AnchorPoint")
    where = place or (f" (at {anchor})" if anchor else "")
    return draft.node("Text", text.words("UnformattedTextValue") + where)


def _graphic(graphic: Item, draft: Draft) -> Node:
    filled = "filled, " if graphic.text("GraphicFilled") == "Y" else ""
    kind, units = graphic.words("GraphicType"), graphic.words("GraphicAnnotationUnits").lower()
    return draft.node("Graphic", f"{kind}, {filled}{units or 'units not given'}: {graphic.words('GraphicData')}")
