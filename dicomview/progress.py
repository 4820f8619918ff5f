"""One way to show how far something is: a bar that appears when it takes long and goes when it is done."""

from __future__ import annotations

from collections.abc import Sized
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["bar"]

T = TypeVar("T")
_PATIENCE = 1  # second without a bar; one in a notebook is made of eleven widgets, which a saved one keeps


class _Notebook(tqdm):  # type: ignore[misc]  # what this is, tqdm finds out on the spot
    """A notebook's bar that empties its output when it closes.

    tqdm's own closes the widget and leaves the output, of which a saved notebook says for ever that its model is gone;
    and after an error it stays, in red.
    """

    _shown: Any = None  # the handle of the output

    def __init__(self, *items: Any, **named: Any) -> None:
        super().__init__(*items, display=False, **named)
        from IPython.display import display  # in a terminal nobody needs it

        self._shown = display(self.container, display_id=True)  # type: ignore[no-untyped-call]
        self.displayed = True

    def close(self) -> None:
        super().close()
        shown, self._shown = self._shown, None
        if shown:
            for part in (*self.container.children, self.container):
                for widget in (part, part.layout, getattr(part, "style", None)):
                    if widget is not None:
                        widget.close()
            shown.update({"text/html": "", "text/plain": ""}, raw=True)


_Bar = _Notebook if any(kind.__module__ == "tqdm.notebook" for kind in tqdm.__mro__) else tqdm


def bar(
    items: Iterable[T],
    doing: str,
    unit: str,
    *,
    total: int | None = None,
    weigh: Callable[[T], int] | None = None,
    show: bool = True,
) -> Iterator[T]:
    """Yield `items` with a bar beside them once that takes longer than a second.

    An interrupt (the notebook's ■, Ctrl+C) ends the work and takes the bar away.

    Parameters
    ----------
    items : iterable
    doing, unit : str
        What stands beside the bar: "Reading headers", "file". Nothing of the patient.
    total : int, optional
        How many items there are, where they do not say so themselves.
    weigh : callable, optional
        For how many an item counts.
    show : bool
        False for no bar.
    """
    if not show:
        yield from items
        return
    total = len(items) if total is None and isinstance(items, Sized) else total
    begun, done, rest = monotonic(), 0, iter(items)
    for item in rest:
        done += 1 if weigh is None else weigh(item)
        yield item
        if monotonic() - begun >= _PATIENCE and done != total:
            break
    else:
        return
    with _Bar(rest if weigh is None else None, total=total, initial=done, desc=doing, unit=unit, leave=False) as shown:
        shown.start_t -= monotonic() - begun
        if weigh is None:
            yield from shown
            return
        for item in rest:
            shown.update(weigh(item))
            yield item
