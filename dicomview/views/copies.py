"""Copies of a view that need no kernel, as they lie in a saved notebook.

A copy is the browser half itself with slices inside: it scrolls, windows, zooms and tells values, and nothing in it is
loaded from anywhere.
"""

from __future__ import annotations

import base64
import html
import itertools
import json
import os
import time
import uuid
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.render import state_message
from dicomview.views.canvas import module_text, style_text
from dicomview.views.messages import colours_message, previews_of, scene_message
from dicomview.views.shipment import Wish, shipment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicomview.render import Scene, ViewState
    from dicomview.views.shipment import Shipment, Source

__all__ = [
    "EMBED_VARIABLE", "Copy", "embeds", "near_of", "opening_of", "places_of",
    "shipped", "shown_of", "snippet_of",
]  # fmt: skip

EMBED_VARIABLE = "DICOMVIEW_EMBED"
_MODULE = module_text("copy")
_NO = ("0", "no", "off", "false")
_OPENING_PREVIEWS = 8  # at most, along the index, and again along what moves else
_OPENING_SECONDS = 0.25  # that they may take
_NEAR_SECONDS = 0.05  # that the previews around the shown slice may take
_OPENING_EDGE = 256  # samples along the longer edge of the slice that is shown first
_PREVIEW_EDGE = 96  # and of the others


def embeds(wish: bool | None) -> bool:
    """Return whether pixels may be saved with a notebook: as wished, else as the environment says, else yes.

    Raises
    ------
    UnknownChoice
        What is wished for, or said there, is neither yes nor no.
    """
    if wish is not None:
        if not isinstance(wish, bool | np.bool_):
            raise UnknownChoice(f"embed is True or False, not {wish!r}")
        return bool(wish)
    said = os.environ.get(EMBED_VARIABLE, "").strip().lower()
    if said not in (*_NO, "", "1", "yes", "on", "true"):
        raise UnknownChoice(f"the environment variable {EMBED_VARIABLE} is {said!r}; it is 0 or 1")
    return said not in _NO


def shown_of(source: Source, scene: Scene, state: ViewState, *, pack: bool) -> Shipment:
    """Return the shown slice in some detail."""
    step = max(1, _longest(scene, state) // _OPENING_EDGE)
    wish = Wish(state.plane, (state.index, *state.axes.values()), step=step)
    return shipped(source, wish, pack=pack)


def opening_of(source: Source, scene: Scene, state: ViewState) -> Iterator[Shipment]:
    """Yield a reduced copy: the shown slice in some detail, then previews spread over the stack.

    It comes with the widget, so that something is seen before the browser has asked for anything. The shown slice is
    not packed: a browser unpacks in its own time, and this one is waited for.
    """
    begun = time.perf_counter()
    shown = shown_of(source, scene, state, pack=False)
    took = time.perf_counter() - begun
    yield shown
    most = round(min(_OPENING_PREVIEWS, _OPENING_SECONDS / took))  # what takes long to decode is left to the asking
    here = (state.index, *state.axes.values())
    few = {at for line in _lines(scene, state.plane, here) for at in _some(line, most)}
    step = max(shown[0]["step"], round(_longest(scene, state) / _PREVIEW_EDGE))
    for at in sorted(few - {here}):
        yield shipped(source, Wish(state.plane, at, step=step))


class Copy:
    """A reduced copy of a view, made as far as it is wanted.

    Parameters
    ----------
    source, scene, state
        Of the view, as `opening_of` takes them.

    Attributes
    ----------
    begun : list of Shipment
        What was made of it so far: the shown slice at least.
    """

    def __init__(self, source: Source, scene: Scene, state: ViewState) -> None:
        self._state, self._rest = state, opening_of(source, scene, state)
        self.begun = [*itertools.islice(self._rest, 1)]

    def whole(self) -> list[Shipment]:
        """Return all of it."""
        self.begun += self._rest
        return self.begun

    def serves(self, state: ViewState) -> bool:
        """Whether it has something of the plane and the time of a state."""
        return (state.plane, state.places) == (self._state.plane, self._state.places)

    def shows(self, state: ViewState) -> bool:
        """Whether it begins with the slice of a state."""
        return self.serves(state) and state.positions == self._state.positions


def _lines(scene: Scene, plane: str, here: tuple[int, ...]) -> Iterator[list[tuple[int, ...]]]:
    """Yield the places along the index, and those along what plays or else the first extra axis."""
    yield [(index, *here[1:]) for index in range(scene.counts[plane])]
    names = list(scene.lengths)
    if names:
        along = names.index(scene.cine.along) if scene.cine and scene.cine.along in names else 0
        yield [(*here[: along + 1], place, *here[along + 2 :]) for place in range(scene.lengths[names[along]])]


def _some(line: list[tuple[int, ...]], most: int) -> Iterator[tuple[int, ...]]:
    return (line[round(x)] for x in np.linspace(0, len(line) - 1, min(len(line), most)))


def near_of(source: Source, scene: Scene, state: ViewState, *, blocks: Literal[1, 2] = 1) -> list[Shipment]:
    """Return the previews around the shown slice, as the browser would first ask for them: so many blocks of them.

    They come with the widget, and not with a copy, so that over a slow line there is something to scroll through before
    the first answer comes. Nothing where they take long to decode, or an opening has all slices anyway.
    """
    step, block = previews_of(scene.views[state.plane])
    count, first = scene.counts[state.plane], state.index - state.index % block
    if count <= _OPENING_PREVIEWS:
        return []
    begun = time.perf_counter()
    neighbour = first if first != state.index else min(first + 1, count - 1)
    shipped(source, Wish(state.plane, (neighbour, *state.axes.values()), step=step))
    if block * (time.perf_counter() - begun) > _NEAR_SECONDS:
        return []
    other = first + block if state.index - first >= block / 2 else first - block
    starts = [start for start in (first, other)[:blocks] if 0 <= start < count]
    places = state.axes.values()
    wishes = (Wish(state.plane, (i, *places), count=min(block, count - i), step=step) for i in starts)
    return [shipped(source, wish) for wish in wishes]


def _longest(scene: Scene, state: ViewState) -> int:
    view = scene.views[state.plane]
    return max(view.rows, view.columns, 1)


def snippet_of(
    scene: Scene,
    state: ViewState,
    slices: Iterable[Shipment],
    *,
    png: bytes,
    title: str,
    note: str,
    step: int | None = None,
    measures: Sequence[Mapping[str, Any]] = (),
    link: Mapping[str, Any] | None = None,
) -> Iterator[str]:
    """Yield a copy as a piece of HTML, bit by bit: the picture, and the script that puts the view in its place.

    Where scripts are not run, as in a notebook from elsewhere, the picture stays.

    Parameters
    ----------
    scene, state
        What is seen; of its planes the copy has the shown one.
    slices : iterable of Shipment
    png : bytes
        The picture; none where it cannot be decoded.
    title : str
        What stands in the corner; text of the file or of the user.
    note : str
        What stands in another corner: that this is a copy, and of how much.
    step : int, optional
        That of the slices, when they are the whole stack; not given, they are a part of it.
    measures : sequence of mapping
        What was measured, as the browser is told of it; a copy shows it and measures no more.
    link : mapping, optional
        What ``static/links.js`` is told of a linked view; copies move together as well, and apart from the views.
    """
    whole = scene_message(scene, state)
    refused = {plane: "not in this copy" for plane in whole["planes"] if plane != state.plane} | whole["refused"]
    plane = whole["planes"][state.plane] | ({} if step is None else {"step": step, "block": 1})
    told = {
        "_scene": whole | {"title": title, "planes": {state.plane: plane}, "refused": refused},
        "_state": state_message(state),
        "_colours": colours_message(state.colormap),
        "_note": note,
        "_measures": {"all": [dict(one) for one in measures if one["plane"] == state.plane]},
        "_link": {},
    }
    if link:
        planes = {name: places for name, places in link["planes"].items() if name == state.plane}
        told["_link"] = {**link, "planes": planes, "group": f"copies of {link['group']}"}
    name, alt = f"dicomview-{uuid.uuid4().hex}", html.escape(title or "picture", quote=True)
    still = base64.b64encode(png).decode("ascii")
    picture = f'<img alt="{alt}" style="max-width:100%" src="data:image/png;base64,{still}">' if png else alt
    yield f'<div id="{name}">{picture}</div>'
    yield f'<style>{style_text()}</style><script type="module">{_MODULE}openCopy("{name}", '
    yield f"{_written(told)}, ["
    for number, (message, buffers) in enumerate(slices):
        yield ", " * bool(number) + _written({"message": message, "buffers": buffers})
    yield f"], {_written(step is not None)});</script>"


def shipped(source: Source, wish: Wish, *, pack: bool = True) -> Shipment:
    """Return one slice as a copy holds it; what cannot be decoded says so in its place."""
    return shipment(source, wish, pack=pack, failed=lambda _: None)


def places_of(scene: Scene, plane: str) -> Iterator[tuple[int, ...]]:
    """Yield every place of a plane, the index running fastest."""
    for others in itertools.product(*map(range, scene.lengths.values())):
        yield from ((index, *others) for index in range(scene.counts[plane]))


def _written(value: Any) -> str:
    """Return a value as JavaScript, its bytes as base64; nothing in it can end the script it stands in."""
    text = json.dumps(
        value, default=lambda octets: {"base64": base64.b64encode(octets).decode("ascii")}, allow_nan=False
    )
    return text.replace("<", "\\u003c")
