"""What is no picture by itself: segmentations lie over images; reports, plans, waveforms, documents beside them."""

from dicomview.objects.contours import Contour, Outline, Stroke
from dicomview.objects.document import Attachment, Curves, Document, Node, Table
from dicomview.objects.dose import Dose
from dicomview.objects.found import Found, read_objects
from dicomview.objects.graphics import filled_in, strokes_of
from dicomview.objects.items import value_words
from dicomview.objects.keys import KeyObjects
from dicomview.objects.kinds import document_of, documents_of
from dicomview.objects.references import beside, elsewhere, kind_of_object, label_of_object
from dicomview.objects.segment import Segment, Segmented
from dicomview.objects.segmentation import Segmentation, read_segmentations, segmentations_of
from dicomview.objects.softcopy import Drawn, Graphic, Presentation
from dicomview.objects.structure_set import StructureSet

__all__ = [
    "Attachment",
    "Contour",
    "Curves",
    "Document",
    "Dose",
    "Drawn",
    "Found",
    "Graphic",
    "KeyObjects",
    "Node",
    "Outline",
    "Presentation",
    "Segment",
    "Segmentation",
    "Segmented",
    "Stroke",
    "StructureSet",
    "Table",
    "beside",
    "document_of",
    "documents_of",
    "elsewhere",
    "filled_in",
    "kind_of_object",
    "label_of_object",
    "read_objects",
    "read_segmentations",
    "segmentations_of",
    "strokes_of",
    "value_words",
]
