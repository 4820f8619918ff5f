"""`browse`: the series there are, the picture of one, and its tags beside it."""

from __future__ import annotations

from collections import OrderedDict
from typing import TYPE_CHECKING, Any

import ipywidgets
import traitlets

from dicomview.catalog import Instance, by_keyword, instances_in, key_of, of_frame, row_table, rows_in, series_among
from dicomview.elements import COLUMNS, hides
from dicomview.errors import DicomviewError, UnknownChoice
from dicomview.objects import Document, documents_of
from dicomview.render import scene_of, veil
from dicomview.views.attribute_plot import plot_of
from dicomview.views.document_view import DocumentView
from dicomview.views.follower import Follower
from dicomview.views.lines import Line
from dicomview.views.series_list import SeriesList
from dicomview.views.slice_view import SliceView
from dicomview.views.tag_table import TagTable, shown_row

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    import pandas as pd

    from dicomview.catalog import Catalog
    from dicomview.elements import Identity, Row
    from dicomview.files import Source
    from dicomview.space import Series, Stack
    from dicomview.views.tag_table import Shown

__all__ = ["Browser", "browse"]

_KEPT_VIEWS = 4  # a view that one comes back to is as one left it
_KEPT_ROWS = 8
_PATH, _RAW = COLUMNS.index("path"), COLUMNS.index("raw")


class Browser(ipywidgets.HBox):  # type: ignore[misc]
    """Series to choose from, a picture, and a table of its tags; made by `browse`.

    Parameters
    ----------
    found : sequence of Series
        At least one.
    identity : "show" or "hide", optional
    embed : bool, optional

    Attributes
    ----------
    selected : str
        Path of the element that is chosen in the table and plotted over the slices, empty when none is. Settable,
        observable.
    chosen : int
        Zero-based line of the list. Settable, observable.
    """

    selected = traitlets.Unicode()
    chosen = traitlets.Int()

    def __init__(self, found: Sequence[Series], *, identity: Identity | None = None, embed: bool | None = None) -> None:
        self._hide, self._embed = hides(identity, found), embed
        self._lines = [Line(one, stack) for one in found for stack in one.stacks or (None,)]
        self._list = SeriesList(
            [line.entry(hide=self._hide) for line in self._lines],
            lambda number: self._lines[number].thumbnail(),
            beside="".join(f"beside them {count} {status}\n" for status, count in found[0].beside.items()),
            layout={"flex": "1 1 190px", "max_width": "260px"},
        )
        self._tags = TagTable(layout={"flex": "3 1 330px"})
        self._views: OrderedDict[int, SliceView | DocumentView] = OrderedDict()
        self._made: OrderedDict[tuple[int, int], tuple[list[Row], list[Shown]]] = OrderedDict()
        self._plotted: object = None
        self._whole: tuple[object, list[Row]] | None = None
        self._follower = Follower(self._follow, failed=self._failed)
        self._pane = ipywidgets.VBox(layout={"flex": "4 1 340px", "max_width": "540px"})
        flow = {"flex_flow": "row wrap", "align_items": "flex-start", "grid_gap": "8px"}
        super().__init__(children=[self._list, self._pane, self._tags], layout=flow)
        traitlets.link((self, "chosen"), (self._list, "chosen"))
        traitlets.link((self, "selected"), (self._tags, "selected"))
        self._show()

    def __repr__(self) -> str:
        return f"Browser({len(self._lines)} lines, {self.series!r})"

    @property
    def identity(self) -> Identity:
        """Whether what may tell who the patient is is shown."""
        return "hide" if self._hide else "show"

    @property
    def series(self) -> Series:
        """The series that is shown."""
        return self._lines[self.chosen].series

    @property
    def view(self) -> SliceView | DocumentView:
        """The picture or document that is shown; one that was left four choices ago is closed."""
        return self._shown[1]

    @property
    def table(self) -> pd.DataFrame:
        """The elements of the slice that is shown, as `dicomview.tags` lists them; of a frame, what holds for it."""
        instances, at, _ = self._here()
        return row_table(self._rows(instances[at])[0])

    @property
    def failure(self) -> BaseException | None:
        """The last thing that went wrong beside the picture, whose own is ``view.failure``."""
        return self._follower.failure

    def settled(self) -> Browser:
        """Wait until table and plot have followed, and return the browser."""
        self._follower.rest()
        return self

    def close(self) -> None:
        """Take the browser off every page and stop answering."""
        self._follower.close()
        for view in self._views.values():
            _close(view)
        self._list.close()
        self._tags.close()
        super().close()

    def _repr_mimebundle_(self, **_: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return the browser for a notebook, and the picture or document for one that is opened without a kernel."""
        bundle = super()._repr_mimebundle_()
        view = self.view
        shown = view._repr_mimebundle_()
        data = shown[0] if isinstance(shown, tuple) else shown
        saved = {kind: data[kind] for kind in ("text/html", "image/png") if kind in data}
        return {**bundle, **saved}, {}

    @traitlets.validate("chosen")
    def _known(self, proposal: Any) -> int:
        number: int = proposal.value
        if not 0 <= number < len(self._lines):
            raise UnknownChoice(f"there is no line {number} in the list; they run from 0 to {len(self._lines) - 1}")
        return number

    @traitlets.validate("selected")
    def _named(self, proposal: Any) -> str:
        if proposal.value:
            key_of(proposal.value)  # says what is wrong with it, at once
        return str(proposal.value)

    @traitlets.observe("chosen")
    def _choose(self, _: Any) -> None:
        self._show()

    @traitlets.observe("selected")
    def _select(self, _: Any) -> None:
        self._follower.wake()

    def _show(self) -> None:
        """Show what the chosen line stands for."""
        number = self.chosen
        if number not in self._views:
            self._views[number] = self._opened(self._lines[number])
        self._views.move_to_end(number)
        view = self._views[number]
        self._shown = self._lines[number], view  # at once, for the follower looks there
        self._pane.children = [view] if isinstance(view, SliceView) else self._document(view)
        while len(self._views) > _KEPT_VIEWS:
            _close(self._views.popitem(last=False)[1])
        self._follower.wake()

    def _opened(self, line: Line) -> SliceView | DocumentView:
        if not line.pictured:
            return DocumentView(documents_of(line.series, identity=self.identity))
        try:
            scene = scene_of(line.series if line.stack is None else line.stack)
        except DicomviewError as error:
            return DocumentView([Document("This series cannot be shown", "", (), (str(error),))])
        if self._hide:
            veil(scene)
        view = SliceView(scene, scene.begin(), embed=self._embed)
        view.observe(lambda _: self._follower.wake(), ["index", "plane", "axes"])
        return view

    def _document(self, view: DocumentView) -> list[ipywidgets.Widget]:
        """Return a document as widgets; of several, a slider chooses whose tags are in the table."""
        # A widget's lines are as high as its buttons, which is much for a text.
        text = f'<div style="line-height:1.4">{view._repr_html_()}</div>'
        words = ipywidgets.HTML(text, layout={"max_height": "560px", "overflow": "auto"})
        count = len(view.documents)
        if count == 1:
            return [words]
        self._slider = ipywidgets.IntSlider(0, 0, count - 1, description="tags of", continuous_update=True)
        self._slider.observe(lambda _: self._follower.wake(), "value")
        return [self._slider, words]

    def _here(self) -> tuple[list[Instance], int, str]:
        """Return the instances that a plot goes over, which of them is shown, and its name."""
        line, view = self._shown
        if line.stack is None or isinstance(view, DocumentView):
            instances = instances_in(line.series)
            at = self._slider.value if isinstance(view, DocumentView) and len(view.documents) > 1 else 0
            return instances, at, f"object {at + 1} of {len(instances)}"
        pile = line.stack.pile(**view.state.axes)
        # In another plane than the acquired one there is no such slice: the table stays at the last that was seen.
        at = dict(view.state.positions)[next(iter(view.scene.views))]
        return [Instance(one.tags, one.source) for one in pile], at, f"slice {at + 1} of {len(pile)}"

    def _rows(self, instance: Instance) -> tuple[list[Row], list[Shown]]:
        key = id(instance.dataset), instance.tags.frame
        found = self._made.pop(key, None)
        if found is None:
            whole = self._whole
            if whole is None or whole[0] is not instance.dataset:  # all frames of an object have one
                whole = self._whole = instance.dataset, rows_in(instance, self._hide)
            rows = of_frame(whole[1], instance)
            found = rows, [shown_row(row) for row in rows]
        self._made[key] = found
        while len(self._made) > _KEPT_ROWS:
            self._made.popitem(last=False)
        return found

    def _follow(self) -> None:
        """Show the tags of the slice that is shown, and plot the chosen element."""
        instances, at, place = self._here()
        rows, shown = self._rows(instances[at])
        marked: Iterable[int] = ()
        if at:
            before = dict(_said(*self._rows(instances[at - 1])))
            marked = [n for n, (path, said) in enumerate(_said(rows, shown)) if before.get(path) != said]
        self._tags.show(shown, marked, place=place, at=at)
        wish = id(instances[0].dataset), instances[0].tags.frame, self.selected
        if wish != self._plotted:
            self._plotted = wish
            self._plot(instances)

    def _failed(self, error: BaseException) -> None:
        """Say on the page that the table does not follow; a log would be looked at by nobody."""
        words = str(error) if isinstance(error, DicomviewError) else type(error).__name__
        self._tags.draw(f"The table cannot follow: {words}", {})

    def _plot(self, instances: list[Instance]) -> None:
        path = self.selected
        if not path:
            self._tags.draw("", {})
            return
        key = key_of(path)
        plot = plot_of(by_keyword(instances, [key], self._hide)[key.label], path)
        self._tags.draw(plot.words, {"left": plot.left, "right": plot.right, "count": len(instances)}, plot.png)


def browse(
    source: Source | Catalog | Series | Stack | Sequence[Any],
    *,
    identity: Identity | None = None,
    embed: bool | None = None,
) -> Browser:
    """Return the series of a source beside each other: a list of them, the picture of one, the table of its tags.

    The table follows the slice, and what differs from the slice before is marked. Its search box takes words of path,
    tag, name and value. A click on a row plots that element over the slices; its path can be copied.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, or list of them
        A catalogue that hides who the patient is stays so. What is no image (report, plan …) is shown as a tree.
    identity : "show" or "hide", optional
        "hide" puts "(hidden)" in place of what may tell who the patient is, as in `dicomview.tags`, before anything
        is sent to the page. What is burned into the pixels stays. When not given, the environment variable
        ``DICOMVIEW_IDENTITY`` says so.
    embed : bool, optional
        Whether a saved notebook keeps a reduced copy of the picture; see `dicomview.view`.

    Returns
    -------
    Browser
        ``.series``, ``.view`` and ``.table`` are what it shows, ``.selected`` is the path of the chosen element.

    Raises
    ------
    NothingFound
        The path does not exist or holds no DICOM.
    UnknownChoice
        `source` is nothing to browse, or `identity` another word.

    Examples
    --------
    >>> browser = browse("sample_data")  # doctest: +SKIP
    >>> browser.selected = "SliceLocation"  # doctest: +SKIP
    """
    hides(identity)  # before a folder is read
    found, hidden = series_among(source)
    return Browser(found, identity="hide" if hidden else identity, embed=embed)


def _said(rows: Sequence[Row], shown: Sequence[Shown]) -> Iterator[tuple[str, tuple[str | None, str]]]:
    """Yield path and value of each element: as it is stored, and as it is shown where that is not text."""
    return ((row[_PATH], (row[_RAW], words[4])) for row, words in zip(rows, shown, strict=True))


def _close(view: SliceView | DocumentView) -> None:
    if isinstance(view, SliceView):
        view.close()
