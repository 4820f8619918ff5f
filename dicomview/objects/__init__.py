"""What lies over images or beside them and is no image itself: segmentations."""

from dicomview.objects.segmentation import Segment, Segmentation, read_segmentations, segmentations_of

__all__ = ["Segment", "Segmentation", "read_segmentations", "segmentations_of"]
