"""One page of HTML with a whole stack in it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from dicomview.errors import NotAnImage
from dicomview.views import SliceView, view
from dicomview.views.linked import LinkedViews

if TYPE_CHECKING:
    import os

__all__ = ["page"]


def page(
    source: Any,
    path: str | os.PathLike[str],
    *,
    quality: Literal["reduced", "exact"] = "reduced",
    title: str | None = None,
    overwrite: bool = False,
    **options: Any,
) -> Path:
    """Write the pictures of a source as one page that needs neither kernel nor network, and return its path.

    The same as ``dv.view(source, **options).to_html(path)``, which says what is in it.

    Parameters
    ----------
    source : whatever `dicomview.view` takes
    path : path
        Of a file that is not there yet.
    quality : "reduced" or "exact"
        "reduced" for a page that can be mailed.
    title : str, optional
        The heading; nothing of the patient when not given.
    overwrite : bool
        True replaces a file that is there already.
    **options
        As for `dicomview.view`: ``plane``, ``window`` …

    Returns
    -------
    Path

    Raises
    ------
    NotAnImage
        There is no picture in the source.
    AlreadyThere, NothingFound, SeveralSeries, UnknownSeries, UnknownChoice, NotSuv
        As `view` and `to_html`.
    """
    shown = view(source, embed=False, **options)
    if not isinstance(shown, SliceView | LinkedViews):
        raise NotAnImage("there is no picture in this source to make a page of; dv.view shows what is in it")
    return shown.to_html(Path(path), quality=quality, title=title, overwrite=overwrite)
