"""A check: a small function, what it is called and what it is for."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

__all__ = ["CHECKS", "SEVERITIES", "UNDECIDED", "Check", "Finding", "check", "undecided"]

Scope = Literal["source", "series", "instance", "element", "plane"]
SEVERITIES = ("info", "warning", "error")
"""The least first."""
UNDECIDED = "not decided: "
"""How the message begins where a check cannot tell whether there is a fault."""

CHECKS: dict[str, Check] = {}
"""Every check by its id."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check has found in one place. None of its words may be of the patient.

    Parameters
    ----------
    message : str
        One sentence; the same for all places with the same fault, so that they become one row.
    path : str
        Keywords from the top of the data set to the element concerned.
    value, expected : str
        What is there and what should be.
    files : tuple of str
        Labels of the files concerned; the file looked at when empty.
    where : str
        UID of the thing concerned; the series looked at when empty.
    severity : str
        Where it differs from that of the check.
    """

    message: str
    path: str = ""
    value: str = ""
    expected: str = ""
    files: tuple[str, ...] = ()
    where: str = ""
    severity: str = ""


def undecided(reason: str, path: str = "", *, files: tuple[str, ...] = (), where: str = "") -> Finding:
    """Return what a check says that cannot tell whether there is a fault: information, with the reason."""
    return Finding(f"{UNDECIDED}{reason}", path, files=files, where=where, severity="info")


@dataclass(frozen=True, slots=True)
class Check:
    """A rule that data may break.

    Parameters
    ----------
    id : str
        A letter for the family and two digits: "P10".
    name : str
    severity : "error", "warning" or "info"
        Error: the data are unusable or unsafe. Warning: somebody has to decide.
    level : "file", "series", "study", "patient" or "dataset"
        Of what a finding speaks.
    rule, why, todo : str
        What is a finding; what goes wrong because of it; what to do.
    standard : str
        Section of DICOM; empty where it has none.
    columns : bool
        True when the columns of a catalogue are enough to tell of plain CT and MR series.
    """

    id: str
    name: str
    severity: str
    level: str
    rule: str
    why: str
    todo: str
    standard: str
    scope: Scope = field(repr=False)
    run: Callable[[Any], Iterator[Finding]] = field(repr=False)
    vrs: frozenset[str] = field(default=frozenset(), repr=False)
    columns: bool = False

    def __repr__(self) -> str:
        lines = [f"{self.id} {self.name} ({self.severity}, looks at each {self.level})", self.rule]
        lines += [f"Why: {self.why}", f"What to do: {self.todo}"]
        lines += [f"Standard: {self.standard}"] if self.standard else []
        return "\n".join(textwrap.fill(line, 100, subsequent_indent="  ") for line in lines)


def check(
    id: str,  # noqa: A002  the word of the table
    severity: str,
    level: str,
    scope: Scope,
    *,
    rule: str,
    why: str,
    todo: str,
    standard: str = "",
    vrs: Iterable[str] = (),
    columns: bool = False,
) -> Callable[[Callable[[Any], Iterator[Finding]]], Check]:
    """Register the function below as a check.

    Parameters
    ----------
    id, severity, level, rule, why, todo, standard : str
        See `Check`; its name is that of the function.
    scope : "source", "series", "instance", "element" or "plane"
        What the function is given, one at a time: a `Material`, `Series`, `Instance`, `Element` or `Plane`.
    vrs : iterable of str
        For "element": those it is given.
    columns : bool
        The function looks at nothing of a plain CT or MR image that a scan has no column for.
    """

    def register(run: Callable[[Any], Iterator[Finding]]) -> Check:
        name = run.__name__.strip("_")
        made = Check(id, name, severity, level, rule, why, todo, standard, scope, run, frozenset(vrs), columns)
        assert id not in CHECKS
        CHECKS[id] = made
        return made

    return register
