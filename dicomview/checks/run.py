"""Run the checks over a source and put what they find into one table."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, overload

import pandas as pd

from dicomview.checks import attributes, completeness, files, geometry, identifiers, objects, pixels
from dicomview.checks.check import CHECKS, SEVERITIES, Check, Finding
from dicomview.checks.material import elements_of, prepared
from dicomview.errors import UnknownChoice
from dicomview.progress import bar
from dicomview.quiet import quiet

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dicomview.checks.material import Auditable, Instance, Material

__all__ = ["audit", "explain"]

_ROOMS = (attributes, completeness, files, geometry, identifiers, objects, pixels)  # each puts its checks into CHECKS
_FAMILIES = "FUVGPN"
_COLUMNS = (
    "check", "name", "severity", "level", "where", "path", "value", "expected", "message", "n_affected", "files",
)  # fmt: skip
_HELP = ("name", "severity", "level", "rule", "why", "todo", "standard")
_MOST_VALUES = 3  # quoted of one row


@dataclass(slots=True)
class _Row:
    """Findings that are the same but for the file."""

    quoted: dict[str, None] = field(default_factory=dict)
    expected: str = ""
    files: dict[str, None] = field(default_factory=dict)


_Rows = defaultdict[tuple[str, str, str, str, str], _Row]


def audit(source: Auditable, *, checks: str | Iterable[str] | None = None, progress: bool = True) -> pd.DataFrame:
    """Return what is wrong with a set of files, as a table.

    Parameters
    ----------
    source : path, pydicom.Dataset, Catalog, Series, Stack, Slice, or a list of these
        A folder (searched through), a file, a zip or a DICOMDIR; any number of series. Nothing is written or repaired,
        and pixels are not decoded.
    checks : str or list of str, optional
        Ids ("P10") and families ("P"); all when not given.
    progress : bool
        Show a bar when it takes more than a second.

    Returns
    -------
    pandas.DataFrame
        One row for each fault of a series (or study, patient, file), the worst first: check, name, severity ("E"
        error, "W" warning, "I" information; ordered, so that ``severity >= "W"`` works), level, where (a UID), path
        (keywords of the element), value, expected, message, n_affected and files (their labels). Nothing in it
        quotes a name, an identifier or a text that somebody wrote.

    Raises
    ------
    NothingFound, UnsafeArchive, NotASource
        As `dicomview.read_series`; never for what is in a file.
    UnknownChoice
        `checks` names one that does not exist.

    Examples
    --------
    >>> findings = audit("sample_data/broken/missing_slice")  # doctest: +SKIP
    >>> findings.loc[0, ["check", "message"]].tolist()  # doctest: +SKIP
    ['G08', '2 slices are missing: ...']
    """
    chosen = _chosen(checks)
    material = prepared(source, progress=progress)
    rows: _Rows = defaultdict(_Row)
    with quiet():
        for one in (check for check in chosen if check.scope == "source"):
            for finding in one.run(material):
                _keep(rows, one, finding, "", "")
        for one in (check for check in chosen if check.scope == "series"):
            for series in material.series:
                for finding in one.run(series):
                    _keep(rows, one, finding, series.uid, "")
        _look_into_files(rows, chosen, material, progress=progress)
    return _table(rows)


@overload
def explain(check: str) -> Check: ...
@overload
def explain(check: None = None) -> pd.DataFrame: ...
def explain(check: str | None = None) -> Check | pd.DataFrame:
    """Return what a check of `audit` looks for, why that matters and what to do about it.

    Parameters
    ----------
    check : str, optional
        The id of one; without it, a table of all.

    Raises
    ------
    UnknownChoice
        There is no such check.

    Examples
    --------
    >>> explain("P10").name
    'window_invalid'
    """
    if check is not None:
        return _chosen([check], families=False)[0]
    rows = {one.id: [getattr(one, name) for name in _HELP] for one in _chosen(None)}
    return pd.DataFrame.from_dict(rows, orient="index", columns=list(_HELP)).rename_axis("check")


def _chosen(wish: str | Iterable[str] | None, *, families: bool = True) -> list[Check]:
    if wish is None:
        return [CHECKS[known] for known in sorted(CHECKS)]
    found: set[str] = set()
    for word in [wish] if isinstance(wish, str) else wish:
        of_it = {known for known in CHECKS if known == word or (families and known[0] == word)}
        if not of_it:
            raise UnknownChoice(
                f"there is no check {word!r}; families are {', '.join(_FAMILIES)}, and dv.explain() lists all checks"
            )
        found |= of_it
    return [CHECKS[known] for known in sorted(found)]


def _look_into_files(rows: _Rows, chosen: list[Check], material: Material, *, progress: bool) -> None:
    """Run the checks of instances and of elements; a file is walked once for all of them."""
    whole = [check for check in chosen if check.scope == "instance"]
    by_vr: dict[str, list[Check]] = defaultdict(list)
    for check in chosen:
        for vr in check.vrs:
            by_vr[vr].append(check)
    if not whole and not by_vr:
        return
    total = sum(len(series.headers) for series in material.series)
    instance: Instance
    for instance in bar(material.instances, "Auditing files", "file", total=total, show=progress):
        series = instance.tags.text("SeriesInstanceUID")
        for check in whole:
            for finding in check.run(instance):
                _keep(rows, check, finding, series, instance.label)
        for element in elements_of(instance.dataset, by_vr):
            for check in by_vr[element.vr]:
                for finding in check.run(element):
                    _keep(rows, check, finding, series, instance.label)


def _keep(rows: _Rows, check: Check, finding: Finding, where: str, label: str) -> None:
    severity = finding.severity or check.severity
    row = rows[severity, check.id, finding.where or where, finding.path, finding.message]
    row.expected = finding.expected
    if finding.value:
        row.quoted.setdefault(finding.value)
    row.files.update(dict.fromkeys(finding.files or ([label] if label else [])))


def _table(rows: _Rows) -> pd.DataFrame:
    rank = list(SEVERITIES)
    cells = []
    for key in sorted(rows, key=lambda key: (-rank.index(key[0]), *key[1:])):
        severity, number, where, path, message = key
        row, check = rows[key], CHECKS[number]
        values = list(row.quoted)
        more = len(values) - _MOST_VALUES
        value = ", ".join(values[:_MOST_VALUES]) + (f" and {more} more" if more > 0 else "")
        files = tuple(row.files)
        cells.append(
            (number, check.name, severity, check.level, where, path, value, row.expected, message, len(files), files)
        )
    table = pd.DataFrame(cells, columns=list(_COLUMNS))
    table["severity"] = pd.Categorical(table["severity"], categories=rank, ordered=True)
    return table
