"""How far two masks agree."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

__all__ = ["dice"]


def dice(a: ArrayLike, b: ArrayLike) -> float:
    """Return the Dice coefficient of two masks: twice what they share, by what both have.

    Parameters
    ----------
    a, b : arrays of one shape
        Set where they are not 0.

    Returns
    -------
    float
        From 0, nothing in common, to 1, the same; NaN where both are empty.

    Raises
    ------
    UnknownChoice
        The masks lie on different grids.

    Examples
    --------
    >>> dice([True, True, False], [True, False, False])
    0.6666666666666666
    """
    one, other = np.asarray(a, bool), np.asarray(b, bool)
    if one.shape != other.shape:
        raise UnknownChoice(
            f"masks of shape {one.shape} and {other.shape} lie on different grids; take both from dv.regions of the "
            "same series"
        )
    total = int(one.sum()) + int(other.sum())
    return 2 * int((one & other).sum()) / total if total else float("nan")
