"""One way to show how far something is: a bar that appears when it takes long and goes when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["bar"]

T = TypeVar("T")


class _Notebook(tqdm):  # type: ignore[misc]  # what this is, tqdm finds out on the spot
    """A notebook's bar that empties its output when it closes.

    tqdm's own closes the widget and leaves the output, of which a saved notebook says for ever that its model is gone;
    and after an error it stays, in red.
    """

    displayed = False
    _shown: Any = None  # the handle of the output

    def display(self, *words: Any, check_delay: bool = True, **signals: Any) -> None:
        super().display(*words, check_delay=False, **signals)  # so that it does not put itself on the page
        if check_delay and not (signals or self.displayed or self.disable):  # a signal may come before its time
            from IPython.display import display  # in a terminal nobody needs it

            self.displayed = True
            self._shown = display(self.container, display_id=True)  # type: ignore[no-untyped-call]

    def close(self) -> None:
        super().close()
        shown, self._shown = self._shown, None
        if shown:
            self.container.close()
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
    named: dict[str, Any] = {"desc": doing, "unit": unit, "delay": 1, "disable": not show, "leave": False}
    if weigh is None:
        with _Bar(items, total=total, **named) as shown:
            yield from shown
        return
    with _Bar(total=total, **named) as shown:
        for item in items:
            shown.update(weigh(item))
            yield item
