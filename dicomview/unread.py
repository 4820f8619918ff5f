"""A data set that pydicom has not read yet: most of what is asked of a header its bytes answer without it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, cast

from pydicom.datadict import tag_for_keyword
from pydicom.dataset import FileDataset

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pydicom.dataelem import RawDataElement
    from pydicom.dataset import Dataset

__all__ = ["Outline", "Unread", "outline_of"]


class Outline(Protocol):
    """What the bytes of a header say as they are; None is for what pydicom has to be asked."""

    @property
    def tags(self) -> Sequence[int]:
        """The elements at the top, ascending; without those of the file meta information."""

    def has(self, tag: int) -> bool:
        """Return True when the element is there, at the top or in the file meta information."""

    def raw(self, tag: int) -> tuple[str, bytes] | None:
        """Return VR, by the dictionary where the file has none, and bytes of an element; None when it is absent."""

    def element(self, tag: int) -> RawDataElement | None:
        """Return an element as pydicom takes it from the file; None of a sequence, which it may read at once."""

    def numbers(self, tag: int) -> tuple[float, ...] | None:
        """Return all values as numbers, none for an absent or empty element; None unless all of them are plain."""

    def texts(self, tag: int) -> tuple[str, ...] | None:
        """Return all values as text, stripped, none for an absent or blank element; None unless all are plain."""

    def dataset(self) -> FileDataset:
        """Return the same data set as pydicom reads it."""


class Unread(FileDataset):
    """A data set that is read by pydicom as soon as anything of it is asked for that its outline does not say.

    It is a plain FileDataset from then on, with all that pydicom knows of a file.

    Parameters
    ----------
    outline : Outline
    """

    def __init__(self, outline: Outline) -> None:
        object.__getattribute__(self, "__dict__")["_outline"] = outline

    def __getattribute__(self, name: str) -> Any:
        if name == "__class__":  # isinstance asks for it
            return FileDataset
        _read(self)
        return getattr(self, name)

    def __setattr__(self, name: str, value: Any) -> None:
        _read(self)
        setattr(self, name, value)

    def __contains__(self, name: object) -> bool:
        outline = outline_of(self)
        tag = tag_for_keyword(name) if isinstance(name, str) else name
        if isinstance(tag, tuple) and len(tag) == 2 and all(isinstance(part, int) for part in tag):
            tag = tag[0] << 16 | tag[1]
        if outline is None or not isinstance(tag, int):
            return FileDataset.__contains__(self, cast("Any", name))
        return tag >> 16 != 2 and outline.has(int(tag))  # comparing pydicom's tags is slow

    def __len__(self) -> int:
        outline = outline_of(self)
        return FileDataset.__len__(self) if outline is None else len(outline.tags)


def outline_of(dataset: Dataset) -> Outline | None:
    """Return the outline of a data set that is not read yet; None of any other."""
    return object.__getattribute__(dataset, "__dict__").get("_outline") if type(dataset) is Unread else None


def _read(dataset: Unread) -> None:
    """Put in the place of a data set the same as pydicom reads it."""
    own = object.__getattribute__(dataset, "__dict__")
    outline = own.get("_outline")
    if outline is not None:  # else another thread has been here
        own.update(outline.dataset().__dict__)
        # Not by an assignment, which would end up here again.
        object.__setattr__(dataset, "__class__", FileDataset)
        own.pop("_outline", None)
