"""Series beside each other, or two of them in one picture."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dicomview.errors import UnknownChoice
from dicomview.pixels import Window
from dicomview.render import blend_of, counted, places_in, resolve, scenes_of
from dicomview.render.camera import as_point
from dicomview.render.state import voi_of
from dicomview.views.linked import LinkedViews
from dicomview.views.slice_view import SliceView

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dicomview.pixels import Voi
    from dicomview.render import Places

__all__ = ["Comparison", "compare"]

Offset = int | tuple[float, float, float]
_LAYOUTS = ("side", "blend", "checkerboard")
_WAYS = "offset=(x, y, z) says how many mm further the same place lies in the second"
_ONE = "one frame of reference"
_UNKNOWN = "the frame of reference is not known"
_TRUSTED = f"as asked, though {_UNKNOWN}"
_PLACED = "linked by place: "


class Comparison(LinkedViews):
    """Series beside each other whose slices move together; made by `compare`.

    Parameters
    ----------
    views : sequence of SliceView
    link : "position", "index" or "none", optional
    offsets : sequence of int or (x, y, z)
        One for each view but the first.
    link_window : bool

    Attributes
    ----------
    views : dict of str to SliceView
        By "a", "b" … in the order given; ``comparison["b"]`` is one of them.
    reason : str
        Why the views are linked as they are, in words.
    """

    def __init__(
        self, views: Sequence[SliceView], *, link: str | None, offsets: Sequence[Offset], link_window: bool
    ) -> None:
        super().__init__({chr(ord("a") + number): view for number, view in enumerate(views)}, basis=340)
        self._frames = [view.scene.frame_of_reference for view in views]
        self._window, self._offsets = link_window, list(offsets)
        self._link_as(link)

    @property
    def link(self) -> str:
        """How the views are linked: "position" (patient, mm), "index" or "none". Settable."""
        return self._how

    @link.setter
    def link(self, wish: str) -> None:
        self._link_as(wish)

    @property
    def offset(self) -> Offset | list[Offset]:
        """What lies between the first view and each other: (x, y, z) mm, or slices. Settable; it chooses the link."""
        return self._offsets[0] if len(self._offsets) == 1 else list(self._offsets)

    @offset.setter
    def offset(self, wish: Any) -> None:
        before, self._offsets = self._offsets, offsets_of(wish, len(self.views) - 1)
        try:
            self._link_as(None)
        except UnknownChoice:
            self._offsets = before
            raise

    @property
    def link_window(self) -> bool:
        """Whether the views have one window. Settable."""
        return self._window

    @link_window.setter
    def link_window(self, wish: bool) -> None:
        self._window = bool(wish)
        self._link_as(self._how)

    def _tie(self, places: Any, point: Any, **told: Any) -> None:
        super()._tie(places, point, **told)
        if self._window:
            self._share("window")

    def _link_as(self, wish: str | None) -> None:
        """Link the views as wished, or as well as can be, and say why."""
        if wish not in (None, "position", "index", "none"):
            raise UnknownChoice(f'views are linked by "position", by "index" or by "none", not {wish!r}')
        if wish == "none":
            self._how, self.reason = "none", "linked by nothing, as asked"
            self._untie()
            return
        in_slices = any(isinstance(offset, int) and offset for offset in self._offsets)
        in_mm = any(isinstance(offset, tuple) for offset in self._offsets)
        if in_slices and (in_mm or wish == "position"):
            raise UnknownChoice('an offset in slices goes with link="index"; give (x, y, z) mm to link by position')
        # Whose place is said by hand need not have the frame of reference of the first.
        frames = [f for f, by in zip(self._frames, (0, *self._offsets), strict=True) if not isinstance(by, tuple)]
        places = {name: _all_places(view) for name, view in self.views.items()}
        why = why_apart(frames, trusting=wish == "position") if len(frames) > 1 else ""
        if lacking := [name for name, found in places.items() if not found]:
            why = f"nothing says where the slices of {', '.join(lacking)} lie in the patient"
        if in_slices:
            why = "the offset is one of slices"
        if why and (wish == "position" or in_mm):
            raise UnknownChoice(
                f'{why}, so their places in mm cannot be compared; link="index" goes by the number of the slice, '
                f"{_WAYS}"
            )
        shared = ("window",) if self._window else ()
        zero: Offset = 0
        offsets = [zero, *self._offsets]
        if wish == "index" or why:
            self._how, self.reason = "index", why or "as asked"
            shift = [offset if isinstance(offset, int) else 0 for offset in offsets]
            numbers = {
                name: {
                    plane: counted(count).moved(np.array([0.0, 0.0, by])) for plane, count in view.scene.counts.items()
                }
                for (name, view), by in zip(self.views.items(), shift, strict=True)
            }
            note = f"linked by index: {self.reason}"
            self._tie(numbers, np.array([0.0, 0.0, self._first.index]), shared=shared, placed=False, note=note)
            return
        self._how = "position"
        self.reason = "placed by hand, by the offset given" if in_mm else _ONE
        if not in_mm and "" in frames:
            self.reason = _TRUSTED
        spaces = {
            name: {
                plane: one.moved(np.zeros(3) if isinstance(by, int) else np.array(by)) for plane, one in found.items()
            }
            for (name, found), by in zip(places.items(), offsets, strict=True)
        }
        first = self._first
        sheet = first.scene.views[first.plane]
        point = spaces["a"][first.plane].middle(first.index, sheet.rows, sheet.columns)
        note = "" if self.reason == _ONE else _PLACED + self.reason
        self._tie(spaces, point, shared=shared, placed=True, note=note)


def compare(
    *sources: Any,
    link: Literal["position", "index", "none"] | None = None,
    offset: Offset | list[Offset] | None = None,
    link_window: bool | None = None,
    layout: Literal["side", "blend", "checkerboard"] = "side",
    index: int | None = None,
    plane: str | None = None,
    window: Voi | str | tuple[float, float] | None = None,
    controls: bool = True,
    embed: bool | None = None,
) -> Comparison | SliceView:
    """Return series beside each other, whose slices move together, or two of them in one picture.

    Parameters
    ----------
    *sources : path, pydicom.Dataset, list of either, Series, Stack, Slice, Volume, or (k, j, i) array
        Two or more.
    link : "position", "index" or "none", optional
        "position": each shows its slice that is nearest to the same place in the patient, in mm, whatever its spacing
        and orientation. That is chosen where all have one FrameOfReferenceUID, else "index" is; ``.reason`` tells why.
        Asked for, it takes series that say no frame of reference for ones of the same.
    offset : int, (x, y, z) mm, or list of them, optional
        What to add to the first's index, or to a point of its space, for that of the second; a list for several more.
        In mm it stands for a common frame of reference.
    link_window : bool, optional
        Whether all have one window; when not given they have where their units are the same.
    layout : "side", "blend" or "checkerboard"
        "blend" mixes two volumes, by a slider; "checkerboard" shows them by turns, cell by cell. The second is
        resampled, linearly, onto the grid of the first, and where the units differ its values are stretched so that
        one window suits both.
    index : int, optional
        Of the first, to begin at.
    plane, window, controls, embed
        As in `dicomview.view`, for all.

    Returns
    -------
    Comparison
        ``.views`` by "a", "b" …; ``.position``, ``.window``, ``.link``, ``.offset`` can be set.
    SliceView
        Of a blend or a checkerboard; ``.axes = {"blend": 5}`` sets the share of the second, in tenths.

    Raises
    ------
    UnknownChoice
        The series have no common frame of reference and are to be linked by position or laid over each other; an
        option that does not exist.
    NotAVolume
        A blend of slices that are no regular grid in mm.
    NothingFound, SeveralSeries, NotAnImage, NotSuv
        As `dicomview.view`.

    Examples
    --------
    >>> compare("before", "after", window="lung")  # doctest: +SKIP
    >>> compare(ct, pet, layout="blend")  # doctest: +SKIP
    """
    if len(sources) < 2:
        raise UnknownChoice(f"give two or more series to compare, not {len(sources)}; dv.view shows one")
    if layout not in _LAYOUTS:
        raise UnknownChoice(f"layout is one of {', '.join(_LAYOUTS)}, not {layout!r}")
    scenes = scenes_of(sources)
    offsets = offsets_of(offset, len(scenes) - 1)
    states = [
        resolve(one, one.begin(None if window is None or one.colour else voi_of(one, window)), plane=plane)
        for one in scenes
    ]
    states[0] = resolve(scenes[0], states[0], index=index)
    if layout == "side":
        views = [SliceView(*one, controls=controls, embed=embed) for one in zip(scenes, states, strict=True)]
        alike = len({(one.unit, one.colour) for one in scenes}) == 1 and bool(scenes[0].unit)
        return Comparison(
            views, link=link, offsets=offsets, link_window=alike if link_window is None else bool(link_window)
        )
    if len(scenes) > 2 or link in ("index", "none") or not all(isinstance(by, tuple) or by == 0 for by in offsets):
        raise UnknownChoice(
            f"a {layout} has two volumes, laid over each other by their places in mm; nothing else fits"
        )
    moved = isinstance(offsets[0], tuple)
    frames = [] if moved else [one.frame_of_reference for one in scenes]
    why = why_apart(frames, trusting=link == "position")
    if why:
        raise UnknownChoice(f"{why}, so one cannot be laid over the other; {_WAYS}")
    first, second = (
        one.window if isinstance(one.window, Window) else scene.automatic_window()
        for scene, one in zip(scenes, states, strict=True)
    )
    shift = np.array(offsets[0] if moved else (0.0, 0.0, 0.0))
    doubt = _PLACED + _TRUSTED if "" in frames else ""
    blend = blend_of(
        scenes[0], scenes[1], (first, second), checkered=layout == "checkerboard", offset=shift, doubt=doubt
    )
    state = resolve(
        blend,
        blend.begin(states[0].window),
        plane=states[0].plane,
        index=states[0].index,
        axes={"blend": 5} if layout == "blend" else None,
    )
    return SliceView(blend, state, controls=controls, embed=embed)


def why_apart(frames: Sequence[str], *, trusting: bool = False) -> str:
    """Return why places of several series cannot be compared, or nothing; `trusting` takes unknown frames for equal."""
    known = {frame for frame in frames if frame}
    if len(known) > 1:
        return "the series have no common frame of reference (FrameOfReferenceUID)"
    return f"{_UNKNOWN} for all of them" if "" in frames and not trusting else ""


def offsets_of(wish: Any, count: int) -> list[Offset]:
    """Return one offset for each further view."""
    many = wish if count > 1 and isinstance(wish, list) else [wish] * count if wish is None else [wish]
    if len(many) != count:
        raise UnknownChoice(f"give {count} offsets in a list, one for each series after the first")
    return [_offset(one) for one in many]


def _offset(wish: Any) -> Offset:
    if wish is None:
        return 0
    if isinstance(wish, int | np.integer) and not isinstance(wish, bool):
        return int(wish)
    try:
        point = as_point(wish)
    except UnknownChoice:
        point = None
    if point is None:
        raise UnknownChoice(f"an offset is a whole number of slices or (x, y, z) mm, not {wish!r}")
    return point


def _all_places(view: SliceView) -> Mapping[str, Places]:
    """Return where the slices of each plane lie, of those that say so; nothing when the shown one does not."""
    found = {plane: places_in(view.scene, plane, view.axes) for plane in view.scene.counts}
    if found[view.plane] is None:
        return {}
    return {plane: places for plane, places in found.items() if places is not None}
