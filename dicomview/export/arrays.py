"""The same values as objects of other libraries: SimpleITK and xarray."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import NotAVolume
from dicomview.export.block import block_of
from dicomview.export.chosen import chosen_tags
from dicomview.export.extras import needed

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from numpy.typing import NDArray

    from dicomview.export.block import Block, Exportable

__all__ = ["simpleitk", "xarray"]

_ALIGNED = 1e-6  # off a patient axis; what is further off has no x, y and z of its own


def simpleitk(source: Exportable, *, uid: str | None = None, units: str | None = None, **options: Any) -> Any:
    """Return modality values as a SimpleITK image.

    Parameters
    ----------
    source, uid, units, **options
        As for `nifti`; places along all extra axes are to be chosen, as in ``echo=0``.

    Returns
    -------
    SimpleITK.Image
        float32, (i, j, k), in LPS mm, without metadata.

    Raises
    ------
    NotAVolume, NotSuv, NothingFound, UnknownChoice
        As `nifti`.
    MissingExtra
        SimpleITK is not installed.

    Examples
    --------
    >>> dv.export.simpleitk("sample_data/ct_chest").GetSize()  # doctest: +SKIP
    (256, 256, 60)
    """
    sitk = needed("SimpleITK", "a SimpleITK image", "simpleitk")
    block = block_of(source, uid=uid, units=units, options=options)
    if block.axes:
        words = ", ".join(f"{name}=0 to {len(block.coords[name]) - 1}" for name in block.axes)
        raise NotAVolume(f"an image holds one volume and this stack several; choose one with {words}")
    image = sitk.GetImageFromArray(block.array)
    steps = block.affine[:3, 2::-1]  # ITK counts (i, j, k)
    spacing = np.linalg.norm(steps, axis=0)
    image.SetSpacing(spacing.tolist())
    image.SetDirection((steps / spacing).ravel().tolist())
    image.SetOrigin(block.affine[:3, 3].tolist())
    return image


def xarray(
    source: Exportable,
    *,
    tags: Iterable[str] = (),
    uid: str | None = None,
    units: str | None = None,
    **options: Any,
) -> Any:
    """Return modality values as an xarray with named axes.

    Parameters
    ----------
    source, uid, units, **options
        As for `nifti`; any number of extra axes may stay open.
    tags : iterable of str
        Elements to take along, as `dicomview.tags` knows them: "KVP", "ImagingFrequency" … Without it, nothing of the
        header but units and geometry is in the result.

    Returns
    -------
    xarray.DataArray
        float32. Its axes are the open extra ones, with their values, and "slice", "row", "column", in mm from the
        first voxel. Where the axes run along those of the patient, the coordinates "x", "y" and "z" are LPS mm as well.
        In ``attrs``: ``units``, ``affine`` (from (k, j, i, 1) to LPS mm), ``notes``, and the tags that are the same in
        all slices, typed by their VR. A tag that changes is a coordinate of the axes it changes along.

    Raises
    ------
    NotAVolume, NotSuv, NothingFound, UnknownChoice
        As `nifti`; UnknownChoice also for a word in `tags` that names no element.
    MissingExtra
        xarray is not installed.

    Examples
    --------
    >>> dv.export.xarray("sample_data/ct_chest", tags=["KVP"]).sel(slice=30.0, method="nearest")  # doctest: +SKIP
    """
    package = needed("xarray", "an xarray", "xarray")
    block = block_of(source, uid=uid, units=units, options=options)
    dims = (*block.axes, "slice", "row", "column")
    coords: dict[str, Any] = {}
    for name in block.axes:
        unit = block.coord_units.get(name)
        coords[name] = (name, _column(block.coords[name]), {"units": unit} if unit else {})
    steps = block.affine[:3, :3]
    spacing = np.linalg.norm(steps, axis=0)
    for axis, name in enumerate(dims[-3:]):
        along = np.arange(block.array.shape[axis - 3])
        direction = (steps[:, axis] / spacing[axis]).tolist()
        coords[name] = (name, along * spacing[axis], {"units": "mm", "direction": direction})
        patient = int(np.argmax(np.abs(direction)))
        if abs(direction[patient]) > 1 - _ALIGNED:
            mm = block.affine[patient, 3] + along * steps[patient, axis]
            coords["xyz"[patient]] = (name, mm, {"units": "mm", "space": "LPS"})
    attrs: dict[str, Any] = {"units": block.units, "affine": block.affine, "notes": list(block.notes)}
    for keyword, values in chosen_tags(block.slices, tags, source).items():
        if _same(values):
            attrs[keyword] = values[0]
        else:
            coords[keyword] = _varying(block, dims, keyword, values)
    return package.DataArray(block.array, dims=dims, coords=coords, attrs=attrs)


def _same(values: list[Any]) -> bool:
    return all(value == values[0] for value in values)


def _varying(block: Block, dims: tuple[str, ...], keyword: str, values: list[Any]) -> Any:
    """Return the coordinate of a tag that changes."""
    shape = block.array.shape[:-2]
    if len(values) != int(np.prod(shape)):  # slices are missing or were resampled
        raise NotAVolume(
            f"{keyword} changes from slice to slice, and the slices of the volume are others than those read"
        )
    return dims[:-2], _column(values).reshape(shape)


def _column(values: Sequence[Any]) -> NDArray[Any]:
    """Return values as a one-dimensional array; tuples, such as b-value and gradient, stay whole."""
    if not any(isinstance(value, tuple) or value is None for value in values):
        return np.array(list(values))
    column = np.empty(len(values), object)
    column[:] = list(values)
    return column
