"""A copy of a data set that does not say who the patient is, for whoever shows all of it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from pydicom.dataelem import DataElement
from pydicom.sequence import Sequence

from dicomview.elements.identity import HIDDEN, tells
from dicomview.elements.stored import Level
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

__all__ = ["masked"]


def masked(dataset: Dataset) -> Dataset:
    """Return a copy in which "(hidden)" stands for every element that `tells`, at any depth.

    Parameters
    ----------
    dataset : pydicom.Dataset
        Read, never written.

    Returns
    -------
    pydicom.Dataset
        To be read as words, not to be saved: the element that stands in for a sequence, for bytes or for numbers is
        text as well. What cannot be read far enough to see what is in it is left out.
    """
    with quiet():
        copy = deepcopy(dataset)
        _mask(copy)
    return copy


def _mask(dataset: Dataset) -> None:
    for stored in list(Level(dataset)):
        if tells(stored):
            if stored.content is None and not stored.problem:
                continue  # empty
            dataset[stored.tag] = DataElement(stored.tag, "LO", HIDDEN)
        elif stored.vr == "SQ":
            try:
                items = dataset[stored.tag].value
                if not isinstance(items, Sequence):
                    raise TypeError(type(items))
                for item in items:
                    _mask(item)
            except Exception:  # noqa: BLE001  pydicom raises whatever a damaged sequence leads to
                del dataset[stored.tag]
