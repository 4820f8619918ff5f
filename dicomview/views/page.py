"""A page with a whole stack in it: one file for a folder or a mail, which needs neither kernel nor network."""

from __future__ import annotations

import copy
import html
import itertools
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dicomview.errors import DicomviewError, UnknownChoice, writing
from dicomview.files import new_file
from dicomview.pixels import Window
from dicomview.progress import bar
from dicomview.render import veil
from dicomview.render.scene import PLAIN
from dicomview.render.shot import thinned
from dicomview.views.copies import places_of, shipped, snippet_of
from dicomview.views.packing import packed
from dicomview.views.shipment import Piece, Wish

if TYPE_CHECKING:
    import os
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from dicomview.render import Scene, ViewState
    from dicomview.views.shipment import Source

__all__ = ["Leaf", "save_page", "write_page"]

_MAIL_BYTES = 7_400_000  # of the slices of a page that can be mailed, as base64
_LEVELS = 64  # that a copy keeps within its window, at least
_STEPS = (1, 2, 3, 4, 6, 8, 12, 16)
_SAMPLED = 6  # slices that are packed to see how large they get
_HEAD_BYTES = 600  # of what is said of a slice

# Even what a file might smuggle in loads nothing.
_HEAD = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy"
 content="default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<title>{title}</title>
<style>:root {{ color-scheme: light dark; }}
body {{ max-width: {width}px; margin: 16px auto; padding: 0 12px; font: 14px/1.5 system-ui, sans-serif; }}
body .dicomview-canvas {{ width: 100%; }}
.leaves {{ display: flex; flex-wrap: wrap; gap: 8px; }} .leaves > div {{ flex: 1 1 280px; min-width: 0; }}
</style></head><body><h1 style="font-size:18px">{title}</h1>
"""
_FOOT = """<p>{what}, {words}. The wheel, the arrow keys or a finger go through them, a drag sets the
window, <b>?</b> tells more. All of this page is in its one file; it loads nothing and sends nothing. No name, number or
description of the file is in it{but}, but the pictures are as they were made: what is written into their pixels can be
read here. Made by dicomview, for research and teaching; not for diagnosis.</p></body></html>
"""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One stack of a page.

    Parameters
    ----------
    source : Source
    scene : Scene
    state : ViewState
    png : bytes
        The picture that is seen where scripts are not run.
    link : mapping
        With which others of the page it moves; see ``static/links.js``.
    measures : sequence of mapping
        What was measured, as the browser is told of it.
    """

    source: Source
    scene: Scene
    state: ViewState
    png: bytes
    link: Mapping[str, Any]
    measures: Sequence[Mapping[str, Any]] = ()


def _page_of(leaves: Sequence[Leaf], *, exact: bool, title: str | None) -> Iterator[str]:
    """Yield a page, piece by piece, with all slices of the shown planes.

    Parameters
    ----------
    leaves : sequence of Leaf
    exact : bool
        Every sample with all of its bits; else as much of them as makes a page of at most 8 MB.
    title : str, optional
        The heading; when not given it says the kind of images and nothing else from the file.
    """
    coarse = [_Coarse() if exact else _fitting(one, 1 / len(leaves)) for one in leaves]
    places = [list(places_of(one.scene, one.state.plane)) for one in leaves]
    count = sum(map(len, places))
    number = f"{count} image{'s' * (count != 1)}"
    kinds = dict.fromkeys(one.scene.modality for one in leaves if one.scene.modality)
    heading = title if title is not None else " · ".join([*kinds, number])
    words = [one.words(leaf.scene.unit) for one, leaf in zip(coarse, leaves, strict=True)]
    yield _HEAD.format(title=html.escape(heading), width=720 if len(leaves) == 1 else 1600)
    yield '<div class="leaves">'
    for leaf, one, own, said in zip(leaves, coarse, places, words, strict=True):
        wishes = [Wish(leaf.state.plane, at, step=one.step) for at in own]
        slices = (shipped(one.of(leaf.source), wish) for wish in bar(wishes, "Writing the page", "image"))
        shown = copy.copy(leaf.scene)
        veil(shown)
        yield "<div>"
        note = f"copy: {said}"
        held: dict[str, Any] = {"measures": leaf.measures, "link": leaf.link}
        yield from snippet_of(shown, leaf.state, slices, png=leaf.png, title=heading, note=note, step=one.step, **held)
        yield "</div>"
    yield "</div>"
    planes = " and ".join(dict.fromkeys(leaf.state.plane for leaf in leaves if leaf.state.plane != PLAIN))
    what = number.replace(" ", f" {planes} ") if planes else number
    laid = any(leaf.scene.covers or leaf.scene.lines or leaf.scene.marks for leaf in leaves)
    but = " beyond what layers are called and annotations say" if laid else ""
    how = html.escape("; ".join(dict.fromkeys(words)))
    yield _FOOT.format(what=html.escape(what), words=how, but=but)


def save_page(
    path: str | os.PathLike[str], leaves: Sequence[Leaf], *, quality: str, title: str | None, overwrite: bool
) -> Path:
    """Write a page to a file that is not there yet, or over one that may be overwritten; return its path.

    Raises
    ------
    AlreadyThere, NothingFound, UnknownChoice
        As `SliceView.to_html`.
    """
    if quality not in ("reduced", "exact"):
        raise UnknownChoice(f'quality is "reduced" or "exact", not {quality!r}')
    return write_page(Path(path), _page_of(leaves, exact=quality == "exact", title=title), overwrite=overwrite)


def write_page(target: Path, page: Iterable[str], *, overwrite: bool) -> Path:
    """Write a page to a file that is not there yet, or over one that may be overwritten; return its path."""
    with (
        writing(target.name),
        new_file(target, overwrite=overwrite) as beside,
        beside.open("x", encoding="utf-8") as file,
    ):
        file.writelines(page)
    return target


@dataclass(frozen=True, slots=True)
class _Coarse:
    """How coarse the slices of a copy are.

    Parameters
    ----------
    step : int
        Every so many pixels of every so many rows.
    quantum : float
        Modality values closer than this are one; 0 for all bits of them.
    """

    step: int = 1
    quantum: float = 0.0

    def of(self, source: Source) -> Source:
        return lambda plane, at, step: self.rounded(source(plane, at, step))

    def rounded(self, piece: Piece) -> Piece:
        """Return a piece with fewer levels, each in the middle of those that it stands for; slopes differ in PET."""
        head, samples = dict(piece.head), piece.samples
        many = int(self.quantum / abs(head["slope"])) if head["slope"] and head["sample"] != "rgb8" else 0
        if many < 2:
            return piece
        levels = samples // samples.dtype.type(many)
        if head["blank"] is not None:  # what is no value stays apart from all values
            blank = int(np.iinfo(samples.dtype).max)
            levels[samples == head["blank"]] = head["blank"] = blank
        middle = head["intercept"] + head["slope"] * (many - 1) / 2
        head.update(slope=head["slope"] * many, intercept=middle, stored=False)
        return replace(piece, head=head, samples=levels)

    def words(self, unit: str) -> str:
        parts = [] if self.step == 1 else [f"every {_ordinal(self.step)} pixel"]
        if self.quantum:
            parts.append(f"values to within {self.quantum / 2:.3g} {unit}".rstrip())
        return ", ".join(parts) or "every pixel and value"


def _ordinal(number: int) -> str:
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') }"


def _fitting(leaf: Leaf, part: float) -> _Coarse:
    """Return the finest copy that can be mailed; its grey levels within the window stay fine enough for the eye."""
    scene, state = leaf.scene, leaf.state
    places = list(places_of(scene, state.plane))
    pieces = []
    for at in {places[round(x)] for x in np.linspace(0, len(places) - 1, min(len(places), _SAMPLED))}:
        try:
            pieces.append(leaf.source(state.plane, at, 1))
        except DicomviewError:
            continue  # it will say so in its place
    if not pieces:
        return _Coarse()
    allowed = (part * _MAIL_BYTES - _HEAD_BYTES * len(places)) * 3 / 4 / len(places)
    coarse = _Coarse()
    for coarse in itertools.starmap(_Coarse, itertools.product(_STEPS, _quanta(scene, state, pieces))):
        thin = [replace(piece, samples=thinned(piece.samples, coarse.step)) for piece in pieces]
        masks = sum(len(bits) for piece in pieces for bits in piece.masks) / coarse.step**2
        packed_bytes = len(packed([coarse.rounded(piece).samples for piece in thin]))
        if (packed_bytes + masks) / len(pieces) <= allowed:
            break
    return coarse


def _quanta(scene: Scene, state: ViewState, pieces: list[Piece]) -> list[float]:
    """Return how coarse values may be, finest first: not at all, then powers of two of the finest stored step."""
    slopes = [abs(float(piece.head["slope"])) for piece in pieces if piece.head["slope"]]
    if scene.colour or not slopes or not isinstance(state.window, Window):
        return [0.0]
    return [0.0, *(q for k in range(1, 12) if (q := min(slopes) * 2**k) <= state.window.width / _LEVELS)]
