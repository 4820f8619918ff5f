"""Key object selections: images somebody has marked, and as what; PS3.3 A.35.4, C.17.6, PS3.16 TID 2010."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dicomview.objects.items import Item
from dicomview.objects.references import images_in

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from dicomview.objects.references import Images

__all__ = ["KeyObjects"]

_DESCRIPTION = "113012"  # DCM, Key Object Description


class KeyObjects:
    """One selection.

    Parameters
    ----------
    dataset : pydicom.Dataset
        A Key Object Selection Document; read, never written.

    Attributes
    ----------
    title : str
        What the images are marked as: "Of Interest", "For Teaching" …
    text : str
        What somebody has written about them; text of the file.
    images : mapping of str to frozenset of int
        The zero-based frames that are marked by SOPInstanceUID; no frames are all of them.
    """

    def __init__(self, dataset: Dataset) -> None:
        root = Item(dataset)
        content = root.items("ContentSequence")
        self.title = root.meaning("ConceptNameCodeSequence") or "key image"
        described = [one for one in content if _name_of(one) == _DESCRIPTION]
        self.text = " ".join(filter(None, (one.text("TextValue") for one in described)))
        self.images: Images = images_in(one for item in content for one in item.items("ReferencedSOPSequence"))

    def marks(self, uid: str, frame: int) -> bool:
        """Return whether a frame of an instance is marked."""
        return uid in self.images and (not self.images[uid] or frame in self.images[uid])


def _name_of(item: Item) -> str:
    name = item.first("ConceptNameCodeSequence")
    return "" if name is None else name.code_value()
