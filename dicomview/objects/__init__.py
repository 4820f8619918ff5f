"""What is no picture by itself: segmentations lie over images; reports, plans, waveforms, documents beside them."""

from dicomview.objects.contours import Contour, Outline, Stroke
from dicomview.objects.document import Attachment, Curves, Document, Node, Table
from dicomview.objects.items import value_words
from dicomview.objects.kinds import document_of, documents_of
from dicomview.objects.segmentation import Segment, Segmentation, read_segmentations, segmentations_of

__all__ = [
    "Attachment",
    "Contour",
    "Curves",
    "Document",
    "Node",
    "Outline",
    "Segment",
    "Segmentation",
    "Stroke",
    "Table",
    "document_of",
    "documents_of",
    "read_segmentations",
    "segmentations_of",
    "value_words",
]
