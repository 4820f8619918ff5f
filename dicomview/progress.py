"""One way to show how far something is: a bar that appears when it takes long and goes when it is done."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from tqdm.auto import tqdm

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["bar"]

T = TypeVar("T")


def bar(items: Iterable[T], doing: str, unit: str, *, total: int | None = None, show: bool = True) -> Iterator[T]:
    """Yield `items` with a bar beside them once that takes longer than a second.

    An interrupt (the notebook's ■, Ctrl+C) ends the work and takes the bar away.

    Parameters
    ----------
    items : iterable
    doing, unit : str
        What stands beside the bar: "Reading headers", "file". Nothing of the patient.
    total : int, optional
        How many items there are, where they do not say so themselves.
    show : bool
        False for no bar.
    """
    with tqdm(items, desc=doing, unit=unit, total=total, delay=1, disable=not show, leave=False) as shown:
        yield from shown
