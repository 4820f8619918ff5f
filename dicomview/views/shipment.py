"""What travels to the browser: slices, some or all of their samples, several in one message."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dicomview.errors import DicomviewError
from dicomview.views.packing import packed, plain

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Piece", "Shipment", "Source", "Wish", "shipment"]


@dataclass(frozen=True, slots=True)
class Wish:
    """What the browser asks for at once: neighbouring slices, all of their samples or some.

    Parameters
    ----------
    plane : str
    at : tuple of int
        The first one's index along the plane and place along each extra axis.
    along : int
        Which of these counts up from slice to slice.
    count : int
        How many slices.
    step : int
        1 for whole slices, n for every n-th sample of every n-th row.
    """

    plane: str
    at: tuple[int, ...]
    along: int = 0
    count: int = 1
    step: int = 1

    @property
    def places(self) -> list[tuple[int, ...]]:
        """Where each of the slices lies."""
        before, first, after = self.at[: self.along], self.at[self.along], self.at[self.along + 1 :]
        return [(*before, place, *after) for place in range(first, first + self.count)]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One slice on its way.

    Parameters
    ----------
    head : dict
        ``rows``, ``columns``, ``sample`` ("int16", "uint16" or "rgb8"), ``slope``, ``intercept``, ``stored``,
        ``blank``, ``invert``, ``origin``, ``row_step``, ``column_step`` (LPS, mm), ``place``, ``layers``: the names
        of the masks, and ``strokes``: what is drawn of other layers.
    samples : (rows, columns) int16 or uint16, or (rows, columns, 3) uint8 array
    masks : list of bytes
        One bit a pixel, rows on whole bytes.
    """

    head: dict[str, Any]
    samples: NDArray[Any]
    masks: list[bytes]


Source = Callable[[str, tuple[int, ...], int], Piece]
Shipment = tuple[dict[str, Any], list[bytes]]


def shipment(source: Source, wish: Wish, *, pack: bool, failed: Callable[[Exception], None]) -> Shipment:
    """Return the message that answers a wish, and its buffers.

    Parameters
    ----------
    source : callable
        Gives one slice; what it raises takes the place of the slice in the message.
    wish : Wish
    pack : bool
        Deflate the samples.
    failed : callable
        Told of what was raised.
    """
    heads, planes, masks = [], [], []
    for at in wish.places:
        try:
            piece = source(wish.plane, at, wish.step)
        except Exception as error:  # noqa: BLE001  whatever goes wrong belongs in the picture, not in a log
            failed(error)
            heads.append({"at": list(at), "text": _explained(error)})
        else:
            heads.append({**piece.head, "at": list(at)})
            planes.append(piece.samples)
            masks.extend(piece.masks)
    message = {"kind": "slices", "plane": wish.plane, "step": wish.step, "packed": pack, "slices": heads}
    return message, [(packed if pack else plain)(planes), *masks]


def _explained(error: Exception) -> str:
    """Return an error in words that may stand on a page."""
    if isinstance(error, DicomviewError):
        return str(error)
    # Other people's messages may hold paths and values of the file, and with them a patient's name.
    return f"This slice cannot be shown ({type(error).__name__}). The error itself is in the view's `failure`."
