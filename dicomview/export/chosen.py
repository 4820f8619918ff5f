"""The tags that go out with the values: those that were named, and no other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from dicomview.catalog import Instance, by_keyword, key_of
from dicomview.elements import hides
from dicomview.errors import UnknownChoice

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from dicomview.space import Slice

__all__ = ["chosen_tags"]


def chosen_tags(slices: Sequence[Slice], keywords: Iterable[str], source: object) -> dict[str, list[Any]]:
    """Return elements of slices of a source by name, as `dicomview.tags` types them, None where one is missing.

    Names of persons come with a second and third column, family and given name. Where ``DICOMVIEW_IDENTITY`` is "hide",
    or the source comes from a catalogue that hides identifiers, they are hidden here as well.

    Raises
    ------
    UnknownChoice
        `keywords` is one string instead of a list, or holds a word that names no element.
    """
    if isinstance(keywords, str):
        raise UnknownChoice(f"tags is a list; write tags=[{keywords!r}]")
    keys = [key_of(word) for word in keywords]
    if not keys:
        return {}
    if not slices:
        raise UnknownChoice("a Volume has no tags; give the series that it was made of, or leave tags away")
    table = by_keyword([Instance(one.tags, one.source) for one in slices], keys, hides(None, source))
    return {name: [_plain(cell) for cell in table[name]] for name in table.columns}


def _plain(cell: Any) -> Any:
    if isinstance(cell, tuple):
        return cell
    if pd.isna(cell):
        return None
    return cell.item() if isinstance(cell, np.generic) else cell
