"""One way to show how far something is: a bar that appears when it takes long and goes when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["bar"]

T = TypeVar("T")


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
        with tqdm(items, total=total, **named) as shown:
            yield from shown
        return
    with tqdm(total=total, **named) as shown:
        for item in items:
            shown.update(weigh(item))
            yield item
