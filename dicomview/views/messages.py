"""What the browser is told of a scene and of a slice, in plain words and numbers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.pixels import VoiTable
from dicomview.render import GRAY, OFFERED, colours_of, state_message
from dicomview.views.shipment import Piece

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dicomview.objects import Stroke
    from dicomview.pixels import Voi
    from dicomview.render import Scene, Shot, View, ViewState

__all__ = ["colours_message", "piece_of", "previews_of", "scene_message"]

_PREVIEW_EDGE = 128  # samples along the longer edge of a preview, about
_COLOURS = {name: colours_of(name).tobytes() for name in OFFERED if name != GRAY}
_FAR = 1 << 23  # hundredths of a pixel; sums of larger ones are not exact in the float32 of a browser
_BLOCK_SAMPLES = 1 << 17  # of the previews that come in one message


def scene_message(scene: Scene, home: ViewState, *, controls: bool = True, revision: int = 0) -> dict[str, Any]:
    """Return what the browser must know of a scene; see the types in ``static/view.js``.

    Parameters
    ----------
    scene : Scene
    home : ViewState
        What a view begins with, and comes back to.
    controls : bool
        Whether there is a toolbar.
    revision : int
        How often layers were added or taken away.
    """
    return {
        "title": scene.title,
        "planes": {
            name: {
                "count": one.count,
                "rows": one.rows,
                "columns": one.columns,
                "aspect": one.aspect,
                "letters": None if one.letters is None else list(one.letters),
                "step": previews_of(one)[0],
                "block": previews_of(one)[1],
                "gaps": list(scene.gaps) if name == next(iter(scene.views)) else [],
            }
            for name, one in scene.views.items()
        },
        "index_name": scene.index_name,
        "refused": dict(scene.refused),
        "colour": scene.colour,
        "unit": scene.unit,
        "axes": [{"name": axis.name, "labels": list(axis.labels)} for axis in scene.axes],
        "layers": [layer.name for layer in scene.layers],
        "colourless": [layer.name for layer in scene.layers if not layer.coloured],
        "revision": revision,
        "cine": None if scene.cine is None else {"along": scene.cine.along, "rate": scene.cine.rate},
        "presets": [_preset_message(voi) for voi in ([] if scene.colour else _offered(scene, home))],
        "notes": list(scene.notes),
        "colormaps": list(OFFERED),
        "controls": controls,
        "home": state_message(home),
    }


def colours_message(*more: str) -> dict[str, bytes]:
    """Return RGB of the 256 grey levels for each colour map that is offered, and for some more."""
    return _COLOURS | {name: colours_of(name).tobytes() for name in more if name not in (GRAY, *_COLOURS)}


def _offered(scene: Scene, home: ViewState) -> list[Voi]:
    """Return what the menu of windows offers: the presets, and the automatic window where a view begins with it."""
    automatic = [home.window] if home.window.explanation == "automatic" else []
    return [*scene.presets(), *automatic]


def _preset_message(voi: Voi) -> dict[str, Any]:
    if isinstance(voi, VoiTable):
        return {"name": voi.explanation, "table": {"first": voi.first, "levels": voi.levels}}
    return {"name": voi.explanation, "center": voi.center, "width": voi.width, "function": voi.function}


def piece_of(shot: Shot) -> Piece:
    """Return a shot as it travels."""
    samples = shot.raster.samples
    head = {
        "rows": samples.shape[0],
        "columns": samples.shape[1],
        "sample": "rgb8" if shot.raster.colour else samples.dtype.name,
        "slope": shot.raster.slope,
        "intercept": shot.raster.intercept,
        "stored": shot.raster.stored,
        "blank": shot.raster.blank,
        "invert": shot.inverted,
        "origin": None if shot.origin is None else shot.origin.tolist(),
        "row_step": None if shot.row_step is None else shot.row_step.tolist(),
        "column_step": None if shot.column_step is None else shot.column_step.tolist(),
        "place": shot.place,
        "layers": [name for name, _ in shot.layers],
        "strokes": {name: drawn_message(strokes) for name, strokes in shot.strokes},
        "notes": list(shot.notes),
    }
    return Piece(head, samples, [np.packbits(mask, axis=1).tobytes() for _, mask in shot.layers])


def drawn_message(strokes: Sequence[Stroke]) -> dict[str, Any]:
    """Return lines as a path of SVG in hundredths of a pixel, single points as dots or with their words.

    Every slice has many of them, and whole numbers are written and read several times as fast as others; see
    ``static/drawing.js``.
    """
    lines: list[str] = []
    dots, written = [], []
    cells = np.rint(100 * np.concatenate([one.points for one in strokes]))
    near = np.abs(cells).max() < _FAR
    steps = (cells[1:] - cells[:-1]).astype(np.int64).ravel().tolist() if near else []
    first = 0
    for one in strokes:
        last = first + len(one.points) - 1
        column, row = cells[first].tolist()
        if one.words:
            written.append({"words": one.words, "at": [column / 100, row / 100]})
        elif last == first:
            dots.append([column / 100, row / 100])
        else:
            # Each from the one before (SVG 1.1, 8.3.4): of what lies far off a browser's sums would be rounded.
            rest = steps[2 * first : 2 * last] if near else cells[first + 1 : last + 1].ravel().tolist()
            way = str(rest)[1:-1].replace(" ", "")
            lines.append(f"M{column:.0f},{row:.0f}{'l' if near else 'L'}{way}" + "Z" * one.closed)
        first = last + 1
    return {"lines": "".join(lines), "dots": dots} | ({"written": written} if written else {})


def previews_of(view: View) -> tuple[int, int]:
    """Return how coarse the previews of a plane are, and how many come in one message.

    The step is 1 where slices are small enough to come whole at once.
    """
    step = max(1, round(max(view.rows, view.columns) / _PREVIEW_EDGE))
    return step, max(1, min(_BLOCK_SAMPLES * step**2 // max(1, view.rows * view.columns), view.count))
