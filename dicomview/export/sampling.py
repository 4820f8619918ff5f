"""From a catalogue to the samples of a model: each regular volume once, and a list of what was left out and why."""

from __future__ import annotations

import itertools
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from dicomview.catalog import Catalog, key_of, scan
from dicomview.errors import NotSuv, UnknownChoice
from dicomview.export.chosen import chosen_tags
from dicomview.export.companions import aligned, referred
from dicomview.export.training import Mapped, monai_of, stream_of, tensors_of
from dicomview.pixels import as_window
from dicomview.progress import bar
from dicomview.space import suv_scale
from dicomview.space.respace import respaced
from dicomview.space.suv import kind_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from dicomview.files import Source
    from dicomview.pixels import Window
    from dicomview.space import Series, Stack

__all__ = ["Samples", "samples"]

# Which option of `Stack.volume` allows which verdict.
_ALLOWED = {
    "MISSING_SLICES": "on_missing",
    "NONUNIFORM_SPACING": "on_nonuniform",
    "SHEAR": "on_shear",
    "AMBIGUOUS_POSITIONS": "on_duplicate",
}


class _Place(NamedTuple):
    series: int
    stack: int
    axes: dict[str, int]


def samples(
    source: Catalog | Source,
    *,
    modalities: Iterable[str] | None = None,
    tags: Iterable[str] = (),
    spacing: Sequence[float] | None = None,
    windows: Iterable[Any] | None = None,
    masks: bool = False,
    units: str | None = None,
    progress: bool = True,
    **options: Any,
) -> Samples:
    """Return the volumes of a catalogue as samples for a model; pixels are read when one is asked for.

    Every volume that the judge of the grid calls regular is a sample, each place along extra axes (echo, time …) one of
    its own. Irregular stacks, localizers, colour and what has no place in the patient are left out, and listed with the
    reason in ``.skipped``.

    Parameters
    ----------
    source : Catalog, or whatever `dicomview.scan` takes
    modalities : iterable of str, optional
        ``["CT", "MR"]`` for these alone; other series are neither samples nor listed.
    tags : iterable of str
        Elements to take along; without it nothing of the header's text is in a sample but UIDs and units.
    spacing : 3 floats, mm, optional
        Along (k, j, i): every image is interpolated to it, linearly (see `respaced`), every mask has what the nearest
        voxel of its segmentation has.
    windows : iterable of windows, optional
        Presets by name, (center, width) or `dicomview.Window`: the image becomes (windows, k, j, i), each from 0 to 1.
    masks : bool
        True adds DICOM Segmentations of the catalogue that refer to the series, aligned with the image.
    units : str, optional
        For PET: "SUVbw" and its kin; PET that cannot be computed so is left out. Other modalities keep their units.
    progress : bool
        Show a bar when looking through takes more than a second.
    **options
        ``on_missing``, ``on_nonuniform``, ``on_shear``, ``on_duplicate`` as for `Stack.volume`: they let in the stacks
        that they mend.

    Returns
    -------
    Samples

    Raises
    ------
    NothingFound
        The source does not exist or holds no DICOM.
    UnknownChoice
        A spacing that is none, a word in `tags` that names no element, a window or option that does not exist.

    Examples
    --------
    >>> found = dv.samples("sample_data", modalities=["CT", "MR"], tags=["Modality", "KVP"])  # doctest: +SKIP
    >>> found  # doctest: +SKIP
    Samples: 3 volumes, 3 stacks skipped (see .skipped)
    >>> found[0]["image"].shape, found[0]["tags"]  # doctest: +SKIP
    ((60, 256, 256), {'Modality': 'CT', 'KVP': 120.0})
    """
    unknown = sorted(set(options) - set(_ALLOWED.values()))
    if unknown:
        raise UnknownChoice(
            f"{unknown[0]!r} is no option of samples; those of Stack.volume are {', '.join(_ALLOWED.values())}"
        )
    for name, words in (("tags", tags), ("modalities", modalities)):
        if isinstance(words, str):
            raise UnknownChoice(f"{name} is a list; write {name}=[{words!r}]")
    wanted = tuple(tags)
    for word in wanted:
        key_of(word)
    if units is not None:
        kind_of(units)
    if spacing is not None:
        spacing = _checked(spacing)
    shown = None if windows is None else tuple(as_window(one) for one in windows)
    catalog = source if isinstance(source, Catalog) else scan(source, progress=progress)
    kinds = None if modalities is None else frozenset(modalities)
    return Samples(catalog, kinds, wanted, spacing, shown, masks, units, options, progress=progress)


class Samples:
    """Samples of a catalogue, by number; made by `samples`.

    A sample is a dict:

    image
        (k, j, i) float32 array of modality values, or with windows (windows, k, j, i), from 0 to 1.
    affine, original_affine
        (4, 4) float64, from (k, j, i, 1) to LPS mm; the second that before another spacing.
    spacing
        Along (k, j, i), mm.
    units, uid, verdict, notes
        Of the values; SeriesInstanceUID; the code of the judge; what was filled or resampled.
    axes
        Where the volume stands along extra axes: ``{"echo": 80.0}``.
    tags
        Those that were chosen, of the first slice, typed by their VR.
    masks
        Where they were asked for: label to (k, j, i) bool array, empty where nothing refers to the series.

    ``torch.utils.data.DataLoader`` takes it as it is; see `map_style`, `iterable` and `monai`.
    """

    def __init__(
        self,
        catalog: Catalog,
        modalities: frozenset[str] | None,
        tags: tuple[str, ...],
        spacing: tuple[float, float, float] | None,
        windows: tuple[Window, ...] | None,
        masks: bool,
        units: str | None,
        options: Mapping[str, Any],
        *,
        progress: bool = True,
    ) -> None:
        self._catalog, self._tags, self._spacing, self._windows = catalog, tags, spacing, windows
        self._units, self._options = units, dict(options)
        self._read: tuple[int, Series] | None = None
        self._places: list[_Place] = []
        skipped: list[dict[str, Any]] = []
        segmentations: list[int] = []
        for index in bar(range(len(catalog)), "Judging", "series", show=progress):
            stacks = catalog.stacks_of(index)
            modality = str(catalog.series["Modality"].iloc[index])
            if not stacks and modality == "SEG" and masks:
                segmentations.append(index)
            elif modalities is not None and modality not in modalities:
                continue
            elif not stacks:
                skipped.append(self._row(index, None, "NO_IMAGES", "no images"))
            for number, stack in enumerate(stacks):
                why = self._refusal(index, number, stack)
                if why is not None:
                    skipped.append(self._row(index, number, *why))
                    continue
                extra = stack.dims[:-3]
                for at in itertools.product(*(range(len(stack.coords[name])) for name in extra)):
                    self._places.append(_Place(index, number, dict(zip(extra, at, strict=True))))
        self._masks = referred(catalog, segmentations) if masks else None
        columns = ["series", "stack", "SeriesInstanceUID", "Modality", "verdict", "reason"]
        self.skipped = pd.DataFrame(skipped, columns=columns).astype({"stack": "Int64"})
        """What was left out: one row a stack, with verdict and reason."""

    def __len__(self) -> int:
        return len(self._places)

    def __repr__(self) -> str:
        count, left = len(self), len(self.skipped)
        more = f", {left} stack{'s' * (left != 1)} skipped (see .skipped)" if left else ""
        return f"Samples: {count} volume{'s' * (count != 1)}{more}"

    def __getstate__(self) -> dict[str, Any]:
        return self.__dict__ | {"_read": None}  # a worker reads its own

    def __getitem__(self, number: int) -> dict[str, Any]:
        """Read one sample.

        Raises
        ------
        IndexError
            There is no such sample.
        NothingFound, NoDecoder, DamagedPixels, NotAVolume
            Its files have gone or changed, or cannot be decoded.
        """
        if not -len(self) <= number < len(self):
            raise IndexError(f"there is no sample {number}; they run from 0 to {len(self) - 1}")
        place = self._places[number]
        stack = self._series(place.series).stacks[place.stack]
        pet = stack.slices[0].tags.text("Modality") == "PT"
        wishes: dict[str, Any] = self._options | place.axes
        volume = stack.volume(units=self._units if pet else None, progress=False, **wishes)
        image, affine = volume.array, volume.affine
        if self._spacing is not None:
            image, affine = respaced(image, affine, self._spacing)
        uid = stack.slices[0].tags.text("SeriesInstanceUID")
        chosen = chosen_tags(stack.pile(**place.axes)[:1], self._tags, stack)
        sample = {
            "image": image,
            "affine": affine,
            "original_affine": volume.affine,
            "spacing": tuple(np.linalg.norm(affine[:3, :3], axis=0).tolist()),
            "units": volume.units,
            "axes": {name: stack.coords[name][at] for name, at in place.axes.items()},
            "tags": {name: values[0] for name, values in chosen.items()},
            "uid": uid,
            "verdict": stack.verdict.code,
            "notes": volume.notes,
        }
        if self._masks is not None:
            reference = stack.slices[0].tags.text("FrameOfReferenceUID")
            shape = image.shape[0], image.shape[1], image.shape[2]
            sample["masks"] = aligned(self._masks.get(uid, ()), reference, affine, shape)
        if self._windows is not None:
            sample["image"] = np.stack([window.fraction(image) for window in self._windows])
        return sample

    def map_style(self, transform: Callable[[dict[str, Any]], Any] | None = None) -> Mapped:
        """Return the samples for ``torch.utils.data.DataLoader``, with tensors in place of arrays.

        Volumes differ in shape, so that a loader can put them together only after a transform has made them alike, or
        with ``batch_size=None``.

        Parameters
        ----------
        transform : callable, optional
            Is given each sample, already with tensors.

        Raises
        ------
        MissingExtra
            torch is not installed; raised when a sample is asked for.
        """
        return Mapped(Mapped(self, tensors_of), transform)

    def iterable(
        self, transform: Callable[[dict[str, Any]], Any] | None = None, *, shuffle: bool = False, seed: int = 0
    ) -> Any:
        """Return the samples as a ``torch.utils.data.IterableDataset``; workers of a loader share them among them.

        Parameters
        ----------
        transform : callable, optional
            As for `map_style`.
        shuffle : bool
            Another order in each round, the same for the same `seed` (in workers: and ``torch.manual_seed``).
        seed : int

        Raises
        ------
        MissingExtra
            torch is not installed.
        """
        return stream_of(self.map_style(transform), shuffle, seed)

    def monai(self, transform: Callable[[dict[str, Any]], Any] | None = None) -> Mapped:
        """Return the samples as MONAI's dictionaries, with metadata in RAS; see `monai_of`. MONAI is not needed.

        Parameters
        ----------
        transform : callable, optional
            A transform of MONAI, or a Compose of them.
        """
        return Mapped(Mapped(self, monai_of), transform)

    def _series(self, index: int) -> Series:
        """Return a series; the last one is kept, for its volumes are often asked for one after another."""
        last = self._read  # another thread may put another there
        if last is None or last[0] != index:
            last = self._read = index, self._catalog[index]
        return last[1]

    def _refusal(self, index: int, number: int, stack: Stack) -> tuple[str, str] | None:
        """Return why a stack is no sample, as code and reason, or None."""
        code, first = stack.verdict.code, stack.slices[0]
        if stack.localizer:
            return "LOCALIZER", "a localizer"
        if first.colour:
            return "COLOUR", "colour has no modality values"
        allowed = self._options.get(_ALLOWED.get(code, ""), "refuse") != "refuse"
        if not stack.verdict.regular and not allowed:
            return code, stack.verdict.reason
        if stack.affine is None and not allowed:
            return code, f"{stack.verdict.reason}, so there is no third dimension"
        if self._units is not None and first.tags.text("Modality") == "PT":
            try:
                suv_scale(self._series(index).stacks[number].slices, kind_of(self._units))
            except NotSuv as why:
                return "NOT_SUV", str(why)
        return None

    def _row(self, index: int, number: int | None, code: str, reason: str) -> dict[str, Any]:
        about = self._catalog.series.iloc[index]
        named = {name: about[name] for name in ("SeriesInstanceUID", "Modality")}
        return {"series": index, "stack": number, "verdict": code, "reason": reason} | named


def _checked(spacing: Sequence[float]) -> tuple[float, float, float]:
    try:
        k, j, i = (float(mm) for mm in spacing)
    except (TypeError, ValueError):
        raise UnknownChoice(f"a spacing is three numbers in mm, along (k, j, i), not {spacing!r}") from None
    if not all(math.isfinite(mm) and mm > 0 for mm in (k, j, i)):
        raise UnknownChoice(f"a spacing is three numbers above 0, not {spacing!r}")
    return k, j, i
