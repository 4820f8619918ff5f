"""What stays of a view when the kernel has gone: a reduced copy in the notebook, a still, a page to be mailed."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Literal

from dicomview.errors import DicomviewError
from dicomview.render.small import png_of
from dicomview.views.copies import Copy, embeds, near_of, places_of, shown_of, snippet_of
from dicomview.views.later import in_a_cell, soon, when_quiet
from dicomview.views.measuring import Measuring
from dicomview.views.page import Leaf, save_page

if TYPE_CHECKING:
    import os
    from pathlib import Path

    from dicomview.render import Picture, ViewState
    from dicomview.views.shipment import Piece, Shipment

__all__ = ["Keeping"]

_STILL_EDGE = 256  # pixels of the PNG in a saved notebook
_PAGE_EDGE = 512  # and in a page


class Keeping(Measuring):
    """A view of which a saved notebook keeps a reduced copy, and of which pages are written."""

    _now: ViewState
    _copy: Copy | None
    _embed: bool
    _surrounding: bool

    def picture(self) -> Picture:
        """Return the picture shown now, as an array with its letters and window."""
        raise NotImplementedError

    def _piece(self, plane: str, at: tuple[int, ...], step: int) -> Piece:
        raise NotImplementedError

    def _keep(self, embed: bool | None) -> list[Shipment]:
        """Settle whether a copy is kept, and return what the widget comes with."""
        self._embed, self._surrounding = embeds(embed), False
        self._copy = Copy(self._piece, self.scene, self._now) if self._embed else None
        return self._copy.begun if self._copy else []

    def _keep_on(self) -> None:
        """Send the rest of the copy once nobody waits for anything."""
        if self._embed:
            soon(self._bring_near)
            when_quiet(self._surround)

    def _keep_up(self, state: ViewState) -> None:
        """Make the copy anew where it does not serve a state any more."""
        if self._copy and not self._surrounding and not self._copy.serves(state) and in_a_cell():
            self._surrounding = True
            when_quiet(self._surround)

    @property
    def embed(self) -> bool:
        """Whether a saved notebook keeps a reduced copy of the pictures."""
        return self._embed

    def to_html(
        self,
        path: str | os.PathLike[str],
        *,
        quality: Literal["reduced", "exact"] = "reduced",
        title: str | None = None,
        overwrite: bool = False,
    ) -> Path:
        """Write the stack as one page that needs neither kernel nor network, and return its path.

        The page scrolls, windows, zooms and tells values like the view, along the plane that is shown now. Of the
        file's text it has the modality, units, names of windows and layers, times along an axis, and what key objects
        and presentation states that were asked for say of it, but no name, number or description; burned-in text stays
        in its pixels.

        Parameters
        ----------
        path : path
            Of a file that is not there yet.
        quality : "reduced" or "exact"
            "reduced" leaves away as many bits, and then pixels, as make a page that can be mailed, of at most 8 MB
            unless it has more than ten thousand images; the page says which.
            "exact" keeps every sample.
        title : str, optional
            The heading. When not given it is the modality and the number of images; a series description may name
            somebody, so it is taken only when it is asked for: ``title=view.scene.title``.
        overwrite : bool
            True replaces a file that is there already.

        Raises
        ------
        AlreadyThere
            There is something at `path`; it is left as it is.
        NothingFound
            There is no such folder.
        UnknownChoice
            `quality` is none of the two.

        Examples
        --------
        >>> dv.view("sample_data/ct_chest", window="lung").to_html("chest.html")  # doctest: +SKIP
        PosixPath('chest.html')
        """
        return save_page(path, [self.leaf()], quality=quality, title=title, overwrite=overwrite)

    def leaf(self) -> Leaf:
        """Return what a page holds of the view."""
        return Leaf(self._piece, self.scene, self._now, self._still(_PAGE_EDGE), self._link, self.shown_measures)

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the view for a notebook, and what a notebook shows that is opened without a kernel."""
        bundle = super()._repr_mimebundle_()
        assert bundle is not None
        data, metadata = bundle
        png = self._still(_STILL_EDGE) if self.embed else b""
        if not png:  # the view says in its place what is wrong with the slice
            return data, metadata
        # The shown slice as few bytes as may be.
        slices = [shown_of(self._piece, self.scene, self._now, pack=True), *self._copied()[1:]]
        note = f"reduced copy: {len(slices)} of {len(list(places_of(self.scene, self._now.plane)))} images"
        note += ", with fewer pixels" if any(head["step"] > 1 for head, _ in slices) else ""
        held: dict[str, Any] = {"measures": self.shown_measures, "link": self._link}
        copy = snippet_of(self.scene, self._now, slices, png=png, title=self.scene.title, note=note, **held)
        return {**data, "text/html": "".join(copy), "image/png": base64.b64encode(png).decode("ascii")}, metadata

    def _bring_near(self) -> None:
        """Send the previews around the shown slice: a hand may be on its way."""
        if self.comm is not None:  # else it was closed meanwhile
            # A page of several views is slow to come, and a hand may be there before its first want is answered.
            blocks: Literal[1, 2] = 2 if self._link else 1
            self._near = self._sent(near_of(self._piece, self.scene, self._now, blocks=blocks))

    def _surround(self) -> None:
        """Send the rest of a reduced copy of what is shown now, to be saved with the widget."""
        self._surrounding = False
        if self.comm is not None:
            self.open_with(self._copied())

    def _copied(self) -> list[Shipment]:
        """Return the reduced copy of what is shown now."""
        if self._copy is None or not self._copy.shows(self._now):
            self._copy = Copy(self._piece, self.scene, self._now)
        return self._copy.whole()

    def _still(self, edge: int) -> bytes:
        """Return the picture shown now as PNG; nothing where it cannot be decoded."""
        try:
            return png_of(self.picture(), edge)
        except DicomviewError:
            return b""
