"""Series that have exactly one fault each, and what the audit says of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import phantoms
from pydicom.dataset import Dataset

import dicomview as dv
from dicomview.rules.check import CHECKS, UNDECIDED

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

SECRET = "Fictitious"
"""A word of the patient's name in every phantom: no finding may quote it."""
NEEDED = {"V01", "V02"}
"""What an object of its class must have: of phantoms that are no CT only the elements that matter are there."""


def found(source: Any, **options: Any) -> set[str]:
    """Return the ids of all checks that find something; not of those that cannot tell."""
    return found_in_full(source, **options) - NEEDED


def found_in_full(source: Any, **options: Any) -> set[str]:
    """Return the same, with what an object of its class must have."""
    findings = table(source, **options)
    return set(findings["check"][~findings["message"].str.startswith(UNDECIDED)])


def table(source: Any, **options: Any) -> pd.DataFrame:
    findings = dv.audit(source, progress=False, **options)
    text = findings.drop(columns=["files", "check"]).to_csv().casefold()
    assert SECRET.casefold() not in text
    assert "stopped the check" not in text
    assert not findings.isna().any(axis=None)
    if not options and (isinstance(source, Path) or (isinstance(source, list) and isinstance(source[0], Dataset))):
        from_columns(source, findings)
    return findings


def from_columns(source: Any, findings: pd.DataFrame) -> None:
    """Assert that a catalogue gives the same findings, of all checks to which its columns are enough."""
    enough = {number for number, check in CHECKS.items() if check.columns}
    told = dv.audit(dv.scan(source, progress=False), checks="columns", progress=False)
    assert told.to_numpy().tolist() == findings[findings["check"].isin(enough)].to_numpy().tolist(), told


def undecided(source: Any, **options: Any) -> set[str]:
    """Return the ids of the checks that cannot tell."""
    findings = table(source, **options)
    return set(findings["check"][findings["message"].str.startswith(UNDECIDED)])


def changed(*places: int, **elements: Any) -> Callable[[], list[Dataset]]:
    """Return a maker of the regular series with `elements` set in the slices at `places`, in all when none is said.

    None takes an element away.
    """
    return lambda: change(phantoms.regular(), *places, **elements)


def change(pile: list[Dataset], *places: int, **elements: Any) -> list[Dataset]:
    """Set `elements` in the data sets at `places`, in all when none is said; None takes one away."""
    for k in places or range(len(pile)):
        for keyword, value in elements.items():
            if value is None:
                del pile[k][keyword]
            else:
                setattr(pile[k], keyword, value)
    return pile
