"""What is no picture by itself: segmentations lie over images; reports, plans, waveforms, documents beside them."""

from dicomview.objects.document import Attachment, Curves, Document, Node, Table
from dicomview.objects.dose import Dose
from dicomview.objects.found import Found, read_objects
from dicomview.objects.items import value_words
from dicomview.objects.keys import KeyObjects
from dicomview.objects.kinds import document_of, documents_of
from dicomview.objects.references import beside, kind_of_object, label_of_object, same_frame
from dicomview.objects.segment import Segment, Segmented
from dicomview.objects.segmentation import Segmentation, read_segmentations, segmentations_of
from dicomview.objects.softcopy import Drawn, Graphic, Presentation
from dicomview.objects.structure_set import StructureSet

__all__ = [
    "Attachment",
    "Curves",
    "Document",
    "Dose",
    "Drawn",
    "Found",
    "Graphic",
    "KeyObjects",
    "Node",
    "Presentation",
    "Segment",
    "Segmentation",
    "Segmented",
    "StructureSet",
    "Table",
    "beside",
    "document_of",
    "documents_of",
    "kind_of_object",
    "label_of_object",
    "read_objects",
    "read_segmentations",
    "same_frame",
    "segmentations_of",
    "value_words",
]
