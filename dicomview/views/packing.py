"""Samples as they travel on a slow line: differences along the rows, their bytes apart, deflated."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

__all__ = ["packed", "plain"]


def plain(planes: Sequence[NDArray[Any]]) -> bytes:
    """Return samples as they lie in memory, little endian, plane after plane.

    Parameters
    ----------
    planes : sequence of (rows, columns) int16 or uint16 arrays, or of (rows, columns, 3) uint8 arrays
    """
    return b"".join(plane.astype(plane.dtype.newbyteorder("<"), copy=False).tobytes() for plane in planes)


def packed(planes: Sequence[NDArray[Any]]) -> bytes:
    """Return the same samples as one zlib stream that ``static/packing.js`` undoes exactly.

    Parameters
    ----------
    planes : as `plain`

    Notes
    -----
    Of each plane: the differences from sample to sample, row after row, modulo 2¹⁶, first all low bytes, then all high
    ones; of RGB the differences within each colour, modulo 2⁸, colour after colour. Neighbours are alike, so most high
    bytes are 0 or 255. Noise does not repeat itself: looking for runs alone takes two thirds of the time of zlib's
    fastest level and mostly makes less of it; its best level saves a tenth in a hundred times as long.
    """
    packer = zlib.compressobj(1, strategy=zlib.Z_RLE)
    return packer.compress(b"".join(map(_differences, planes))) + packer.flush()


def _differences(plane: NDArray[Any]) -> bytes:
    if plane.ndim == 3:
        return np.diff(np.moveaxis(plane, -1, 0).reshape(3, -1), axis=1, prepend=np.uint8(0)).tobytes()
    flat = np.ascontiguousarray(plane, plane.dtype.newbyteorder("<")).reshape(-1).view("<u2")
    steps = np.diff(flat, prepend=np.uint16(0)).astype("<u2", copy=False)
    return np.ascontiguousarray(steps.view(np.uint8).reshape(-1, 2).T).tobytes()
