"""The window: from modality values to grey levels (PS3.3 C.11.2).

The formula is written here and once more in ``views/static/window.js``; a test holds the two equal for every stored
value, function and polarity.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast, get_args

import numpy as np

from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from dicomview.pixels.frames import FrameTags

__all__ = ["Window", "WindowFunction", "as_window", "automatic", "file_windows", "presets"]

WindowFunction = Literal["LINEAR", "LINEAR_EXACT", "SIGMOID"]

# Not NaN, not infinite, and the distance of any two is finite; what is beyond stands for "no value".
_LARGEST = 1e300


@dataclass(frozen=True, slots=True)
class Window:
    """A VOI window: which modality values are spread over black to white.

    Parameters
    ----------
    center, width : float
        In modality units, for CT in HU. The width is greater than zero.
    function : "LINEAR", "LINEAR_EXACT" or "SIGMOID"
        VOILUTFunction.
    explanation : str
        What the window is for, as the file or the preset names it; not part of the comparison of two windows.

    Raises
    ------
    UnknownChoice
        The width is not above zero, a number is not finite, or the function is none of the three.

    Examples
    --------
    >>> Window.preset("lung")
    Window(center=-600.0, width=1500.0, function='LINEAR')
    """

    center: float
    width: float
    function: WindowFunction = "LINEAR"
    explanation: str = ""

    def __post_init__(self) -> None:
        try:
            object.__setattr__(self, "center", float(self.center))
            object.__setattr__(self, "width", float(self.width))
        except (TypeError, ValueError, OverflowError):
            raise UnknownChoice(
                f"a window is made of two numbers, not of {self.center!r} and {self.width!r}; write Window(40, 400)"
            ) from None
        if not (math.isfinite(self.center) and math.isfinite(self.width) and self.width > 0):
            raise UnknownChoice(
                f"a window needs a finite center and a width above 0, got center {self.center} and width {self.width}"
            )
        if self.function not in get_args(WindowFunction):
            raise UnknownChoice(
                f"there is no window function {self.function!r}; choose one of {', '.join(get_args(WindowFunction))}"
            )

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Window):
            return NotImplemented
        return (self.center, self.width, self.function) == (other.center, other.width, other.function)

    def __hash__(self) -> int:
        return hash((self.center, self.width, self.function))

    def __repr__(self) -> str:
        return f"Window(center={self.center}, width={self.width}, function={self.function!r})"

    @staticmethod
    def preset(name: str) -> Window:
        """Return the usual window of that name.

        Parameters
        ----------
        name : str
            One of `presets`, for example ``"bone"``.

        Raises
        ------
        UnknownChoice
            There is no preset of that name; the message lists those there are.
        """
        try:
            return presets()[name.lower()]
        except KeyError:
            raise UnknownChoice(
                f"there is no window preset {name!r}; choose one of {', '.join(presets())}, or give (center, width)"
            ) from None

    @staticmethod
    def between(low: float, high: float, *, like: object = None) -> Window:
        """Return the window of which `low` is the last black and `high` the first white value; see `ends`.

        `like` is a window whose function the new one takes over, as far as it is one; else it is LINEAR_EXACT.
        """
        function = like.function if isinstance(like, Window) else "LINEAR_EXACT"
        if function == "LINEAR":
            return Window((low + high + 1) / 2, high - low + 1, function)
        return Window((low + high) / 2, high - low, function)

    @property
    def ends(self) -> tuple[float, float]:
        """The last value that is black and the first that is white; of SIGMOID, where its steepest line has them.

        PS3.3 C.11.2.1.2.1: a LINEAR window of width w spans w - 1.
        """
        if self.function == "LINEAR":
            half = max(self.width - 1, 0.0) / 2
            return self.center - 0.5 - half, self.center - 0.5 + half
        return self.center - self.width / 2, self.center + self.width / 2

    def apply(self, values: NDArray[np.float64], *, invert: bool = False) -> NDArray[np.uint8]:
        """Return the grey levels of modality values.

        Parameters
        ----------
        values : float array of any shape
            Modality values, for CT in HU. NaN, which is no value, becomes black in either polarity.
        invert : bool
            True for MONOCHROME1 and PresentationLUTShape INVERSE: small values are white.

        Returns
        -------
        uint8 array of the same shape
            0 is black, 255 white.

        Notes
        -----
        PS3.3 C.11.2.1.2.1 (LINEAR), C.11.2.1.3.1 (SIGMOID), C.11.2.1.3.2 (LINEAR_EXACT), output range 0 to 255,
        rounded half up. A LINEAR width of 1 or less is a threshold at the center. Values are clipped before the cast:
        a cast first would let bright voxels wrap to dark ones.
        """
        x = np.asarray(values, np.float64)
        levels = np.floor(self._spread(x) + 0.5).astype(np.uint8)
        if invert:
            levels = np.subtract(np.uint8(255), levels)
        return np.where(np.isnan(x), np.uint8(0), levels)

    def fraction(self, values: NDArray[np.floating]) -> NDArray[np.float32]:
        """Return modality values spread over 0 (black) to 1 (white) without steps, float32; NaN becomes 0.

        The formulas are those of `apply`, whose grey levels are these times 255, rounded half up.
        """
        return np.asarray(self._spread(np.asarray(values, np.float64)) / 255, np.float32)

    def _spread(self, x: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return values spread over 0 to 255 and clipped, float64; NaN becomes 0."""
        c, w = self.center, self.width
        with np.errstate(over="ignore"):  # infinity is clipped like every other value outside
            if self.function == "LINEAR_EXACT":
                y = ((x - c) / w + 0.5) * 255
            elif self.function == "SIGMOID":
                y = 255 / (1 + np.exp(-4 * (x - c) / w))
            elif w > 1:
                y = ((x - (c - 0.5)) / (w - 1) + 0.5) * 255
            else:
                y = np.where(x <= c - 0.5, 0.0, 255.0)
        return np.clip(np.where(np.isnan(x), 0.0, y), 0, 255)


def presets() -> dict[str, Window]:
    """Return the usual CT windows by name, in HU; a new dict at each call."""
    return {
        name: Window(center, width, explanation=name)
        for name, center, width in (
            ("lung", -600, 1500),
            ("mediastinum", 50, 350),
            ("abdomen", 40, 400),
            ("liver", 70, 150),
            ("angio", 300, 600),
            ("bone", 400, 1800),
            ("brain", 40, 80),
            ("stroke", 40, 40),
        )
    }


def as_window(wish: object) -> Window:
    """Return `wish` as a `Window`: one already, the name of a preset, or (center, width[, function]).

    Raises
    ------
    UnknownChoice
        `wish` is none of these.
    """
    if isinstance(wish, Window):
        return wish
    if isinstance(wish, str):
        return Window.preset(wish)
    if isinstance(wish, tuple | list) and len(wish) in (2, 3):
        return Window(*wish)
    raise UnknownChoice(f"a window is a dv.Window, the name of a preset or (center, width), not {type(wish).__name__}")


def automatic(values: Iterable[NDArray[np.floating]], *, padding: tuple[float, float] | None = None) -> Window:
    """Return a window over the bulk of the values: from the 1st to the 99th percentile.

    Parameters
    ----------
    values : iterable of float arrays
        Modality values; all of them make one window, so that a tissue keeps its grey from slice to slice.
    padding : (low, high), optional
        Modality values of PixelPaddingValue and PixelPaddingRangeLimit (PS3.3 C.7.5.1.1.2), left out, unless there
        is nothing else.

    Returns
    -------
    Window
        LINEAR_EXACT, so that its two ends are exactly the percentiles.
    """
    image, empty = [], []
    for plane in values:
        flat = np.asarray(plane).ravel()
        flat = flat[np.abs(flat.astype(np.float64)) <= _LARGEST]
        if padding is not None:
            # In the precision of the values, where a float32 value equals the padding it was computed from.
            low, high = np.asarray(padding).astype(np.result_type(flat.dtype, np.float32))
            outside = (flat >= low) & (flat <= high)
            empty.append(flat[outside].astype(np.float64))
            flat = flat[~outside]
        image.append(flat.astype(np.float64))
    pool = np.concatenate(image) if image else np.empty(0)
    if not pool.size and empty:
        pool = np.concatenate(empty)
    if not pool.size:
        return Window(0.5, 1, "LINEAR_EXACT", "automatic")
    low, high = np.percentile(pool, (1, 99))
    if high <= low:
        # Nearly everything has one value: show all there is, were it one bright dot.
        low, high = pool.min(), pool.max()
    width = float(high - low)
    return Window(float(low + high) / 2, width if width > 0 else 1.0, "LINEAR_EXACT", "automatic")


def file_windows(tags: FrameTags) -> tuple[Window, ...]:
    """Return the windows a frame carries, in the order of the file; malformed ones are passed over.

    Parameters
    ----------
    tags : FrameTags
        WindowCenter, WindowWidth, WindowCenterWidthExplanation and VOILUTFunction are read.
    """
    centers, widths = tags.readings("WindowCenter"), tags.readings("WindowWidth")
    names = tags.texts("WindowCenterWidthExplanation")
    function = tags.text("VOILUTFunction", "LINEAR").upper()
    if function not in get_args(WindowFunction):
        function = "LINEAR"
    found = []
    for place, (center, width) in enumerate(zip(centers, widths, strict=False)):
        if center is not None and width is not None and math.isfinite(center) and math.isfinite(width) and width > 0:
            name = names[place] if place < len(names) else ""
            found.append(Window(center, width, cast("WindowFunction", function), name))
    return tuple(found)
