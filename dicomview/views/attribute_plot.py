"""One element over the slices: numbers as lines, words as steps."""

from __future__ import annotations

import io
from numbers import Real
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from dicomview.elements import HIDDEN
from dicomview.objects import value_words

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["Plot", "plot_of"]

_MOST_LINES = 9  # of an element with several values
_MOST_WORDS = 12  # different texts that have room beside the axis
_LONGEST = 28


class Plot(NamedTuple):
    """A plot as PNG, and what it shows.

    Parameters
    ----------
    words : str
    png : bytes
        Empty where there is nothing to draw.
    left, right : float
        Where in its width the first and the last slice are.
    """

    words: str
    png: bytes = b""
    left: float = 0.0
    right: float = 1.0


def plot_of(values: pd.Series[Any], title: str) -> Plot:
    """Return a plot of one element over the slices.

    Parameters
    ----------
    values : pandas.Series
        As a column of `dicomview.tags` with the dtype of its VR, in the order of the slices.
    title : str
    """
    cells = [None if cell is None or cell is pd.NA or cell is pd.NaT else cell for cell in values]
    there = [cell for cell in cells if cell is not None]
    if not there:
        return Plot(f"{title} has no value in any slice")
    if HIDDEN in there:
        return Plot(f"{title} is hidden")
    lines, words = _lines(cells), title
    fig = Figure(figsize=(5.4, 2.1))
    ax = fig.add_subplot()
    x = np.arange(len(cells))
    marker: dict[str, Any] = {"marker": "." if len(cells) <= 60 else "", "linewidth": 1.2}
    if lines is not None:
        for place, line in enumerate(lines):
            ax.plot(x, line, label=f"[{place}]", **marker)
        if len(lines) > 1:
            ax.legend(fontsize=6, ncols=3, frameon=False)
        ax.ticklabel_format(axis="y", useOffset=False)
        flat = all(len(set(line[np.isfinite(line)])) < 2 for line in lines)
    else:
        texts = [None if cell is None else _words(cell) for cell in cells]
        levels = list(dict.fromkeys(text for text in texts if text is not None))
        ax.step(x, [np.nan if text is None else levels.index(text) for text in texts], where="mid", **marker)
        few = len(levels) <= _MOST_WORDS
        if few:
            ax.set_yticks(range(len(levels)))
            ax.set_yticklabels([_short(text) for text in levels], parse_math=False)
            ax.set_ylim(-0.5, len(levels) - 0.5)
        flat = len(levels) == 1
        words = f"{title}: {len(levels):,} different values"
    if flat and len(there) == len(cells):
        words = f"{title}: the same in every slice"
    if len(there) < len(cells):
        words += f", {len(cells) - len(there):,} of {len(cells):,} slices without"
    ax.set_xlim(-0.5, max(len(cells) - 0.5, 0.5))
    ax.set_xlabel("slice, from 0", fontsize=7)
    ax.tick_params(labelsize=7)
    ax.spines[["top", "right"]].set_visible(False)
    fig.set_layout_engine("constrained")
    buffer = io.BytesIO()
    fig.savefig(buffer, format="png", dpi=100)
    # Read after it was drawn: only then is it known how much room the labels take.
    edges = [fig.transFigure.inverted().transform(ax.transData.transform((at, 0)))[0] for at in (0, len(cells) - 1)]
    return Plot(words, buffer.getvalue(), float(edges[0]), float(edges[1]))


def _lines(cells: Sequence[Any]) -> list[np.ndarray[Any, np.dtype[np.float64]]] | None:
    """Return a line for each of the values of the element, NaN where there is none; None when they are no numbers."""
    rows = [cell if isinstance(cell, tuple) else (cell,) for cell in cells]
    if any(part is not None and not isinstance(part, Real) for row in rows for part in row):
        return None
    count = min(max(map(len, rows)), _MOST_LINES)
    table = np.full((count, len(rows)), np.nan)
    for at, row in enumerate(rows):
        for place, part in enumerate(row[:count]):
            table[place, at] = np.nan if part is None else float(part)
    return list(table)


def _words(cell: Any) -> str:
    if isinstance(cell, pd.Timestamp):
        return str(cell).removesuffix(" 00:00:00")
    return str(cell).removeprefix("0 days ") if isinstance(cell, pd.Timedelta) else value_words(cell)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
