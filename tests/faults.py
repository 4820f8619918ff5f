"""Series that have exactly one fault each, and what the audit says of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import phantoms

import dicomview as dv

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd
    from pydicom.dataset import Dataset

SECRET = "Fictitious"
"""A word of the patient's name in every phantom: no finding may quote it."""


def found(source: Any) -> set[str]:
    """Return the ids of all checks that find something."""
    return set(table(source)["check"])


def table(source: Any, **options: Any) -> pd.DataFrame:
    findings = dv.audit(source, progress=False, **options)
    text = findings.drop(columns=["files", "check"]).to_csv().casefold()
    assert SECRET.casefold() not in text
    assert not findings.isna().any(axis=None)
    return findings


def changed(*places: int, **elements: Any) -> Callable[[], list[Dataset]]:
    """Return a maker of the regular series with `elements` set in the slices at `places`, in all when none is said.

    None takes an element away.
    """

    def make() -> list[Dataset]:
        pile = phantoms.regular()
        for k in places or range(len(pile)):
            for keyword, value in elements.items():
                if value is None:
                    del pile[k][keyword]
                else:
                    setattr(pile[k], keyword, value)
        return pile

    return make
