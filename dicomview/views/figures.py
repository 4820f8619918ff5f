"""The picture on paper: a matplotlib figure with letters, a scale bar and a caption."""

from __future__ import annotations

import io
import textwrap
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from dicomview.render import Picture, picture, window_words

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.image import AxesImage
    from matplotlib.text import Text
    from numpy.typing import NDArray

    from dicomview.files import Source
    from dicomview.pixels import Voi
    from dicomview.space import Series, Slice, Stack, Volume

__all__ = ["Drawn", "caption_of", "draw", "figure", "paper_for"]

_HEIGHT_INCHES = 5.0
_CAPTION_POINTS = 9.0
_LETTER_POINTS = 0.6 * _CAPTION_POINTS  # width of a letter, on the large side
_BAR_MM = (1, 2, 5, 10, 20, 50, 100, 200)


class NotebookFigure(Figure):
    """A figure that a notebook shows by itself, whether or not pyplot was ever imported there."""

    def _repr_png_(self) -> bytes:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()


def figure(
    source: Source | Series | Stack | Slice | Volume | NDArray[Any],
    *,
    index: int | None = None,
    plane: str | None = None,
    window: Voi | str | tuple[float, float] | None = None,
    **options: Any,
) -> Figure:
    """Return a matplotlib figure of one picture, ready for ``savefig``.

    Parameters
    ----------
    source, index, plane, window, **options
        As for `dicomview.picture`, whose pixels it shows.

    Returns
    -------
    matplotlib.figure.Figure
        Not known to pyplot, so it needs no closing; a notebook shows it when it ends a cell.

    Raises
    ------
    NothingFound, SeveralSeries, UnknownSeries, NotAnImage, UnknownChoice, NotSuv, NoDecoder, DamagedPixels

    Examples
    --------
    >>> figure("sample_data/ct_chest", index=30, window="bone").savefig("bone.png")  # doctest: +SKIP
    """
    shown = picture(source, index=index, plane=plane, window=window, **options)
    fig = paper_for(shown)
    draw(fig.add_subplot(), shown)
    return fig


def paper_for(shown: Picture) -> Figure:
    """Return an empty figure that a picture fits into."""
    rows, columns = shown.pixels.shape[:2]
    width = _HEIGHT_INCHES * columns / (rows * shown.aspect)
    return NotebookFigure(figsize=(min(max(width, 3.5), 12), _HEIGHT_INCHES + 0.35), layout="constrained")


@dataclass(frozen=True, slots=True)
class Drawn:
    """What was drawn of a picture.

    Parameters
    ----------
    image : AxesImage
    caption : Text
    letters : int
        How many of them a line of the caption has room for.
    rest : tuple of Artist
        Letters, notes, scale bar, contours.
    """

    image: AxesImage
    caption: Text
    letters: int
    rest: tuple[Artist, ...]

    def say(self, shown: Picture) -> None:
        """Write what is shown over the picture."""
        self.caption.set_text(textwrap.fill(caption_of(shown), self.letters, break_on_hyphens=False))


def draw(ax: Axes, shown: Picture) -> Drawn:
    """Draw a picture into an `Axes`: pixels unchanged, true aspect, letters, scale bar, caption, contours.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    shown : Picture
    """
    image = ax.imshow(shown.pixels, cmap="gray", vmin=0, vmax=255, aspect=shown.aspect, interpolation="nearest")
    ax.set_axis_off()
    ax.set(autoscale_on=False, xlim=image.get_extent()[:2], ylim=image.get_extent()[2:])  # whatever lies on it
    # Not matplotlib's own wrap: it measures "$" as mathematics, whatever parse_math says.
    rows, columns = shown.pixels.shape[:2]
    paper = ax.figure.bbox
    taken = min(paper.width, paper.height * columns / (rows * shown.aspect))
    # The caption begins where the picture does, which stands in the middle, and may run to the edge.
    points = (paper.width + taken) / 2 / ax.figure.dpi * 72
    caption = ax.set_title("", fontsize=_CAPTION_POINTS, loc="left", parse_math=False)
    rest: list[Artist] = []
    style: dict[str, Any] = {"transform": ax.transAxes, "color": "white", "fontsize": 10, "parse_math": False}
    style["bbox"] = {"facecolor": "black", "alpha": 0.4, "edgecolor": "none", "pad": 1.5}
    if shown.letters is not None:
        left, right, top, bottom = shown.letters
        for x, y, text, across, down in (
            (0.01, 0.5, left, "left", "center"),
            (0.99, 0.5, right, "right", "center"),
            (0.5, 0.99, top, "center", "top"),
            (0.5, 0.01, bottom, "center", "bottom"),
        ):
            rest.append(ax.text(x, y, text, ha=across, va=down, **style))
    if shown.notes:
        rest.append(ax.text(0.99, 0.01, "\n".join(shown.notes), ha="right", va="bottom", **style | {"fontsize": 7}))
    for look, stroke in shown.strokes:
        x, y = stroke.points[[*range(len(stroke.points)), *[0] * stroke.closed]].T
        if stroke.words:
            said = ax.text(x[0], y[0], stroke.words, color=look.color, alpha=look.opacity, fontsize=8, clip_on=True)
            said.set_parse_math(False)
            rest.append(said)
        else:
            marker = "." if len(x) == 1 else ""
            rest += ax.plot(x, y, color=look.color, alpha=look.opacity, marker=marker)
    if shown.spacing is not None:
        rest += _scale_bar(ax, shown, style)
    drawn = Drawn(image, caption, max(20, int(points / _LETTER_POINTS)), tuple(rest))
    drawn.say(shown)
    return drawn


def caption_of(shown: Picture) -> str:
    """Return the picture in one line: title, plane and place, window. Never the patient."""
    where = f"{shown.plane} {shown.index + 1}/{shown.count}"
    parts = (shown.title, where, shown.place, window_words(shown))
    return " · ".join(part for part in parts if part)


def _scale_bar(ax: Axes, shown: Picture, style: dict[str, Any]) -> tuple[Artist, ...]:
    """Draw the longest round length that fits into a third of the width."""
    assert shown.spacing is not None
    rows, columns = shown.pixels.shape[:2]
    width_mm = columns * shown.spacing[1]
    length = max((mm for mm in _BAR_MM if mm <= width_mm / 3), default=None)
    if length is None:
        return ()
    x, y = 0.03 * columns - 0.5, 0.95 * rows - 0.5
    pixels = length / shown.spacing[1]
    thick = max(rows * 0.008, 0.5)
    bar = ax.add_patch(Rectangle((x, y), pixels, thick, facecolor="white", edgecolor="black", linewidth=0.5))
    words = ax.text(
        x + pixels / 2,
        y - thick,
        f"{length} mm",
        ha="center",
        va="bottom",
        **style | {"transform": ax.transData, "fontsize": 7},
    )
    return bar, words
