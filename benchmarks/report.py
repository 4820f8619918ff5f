"""Medians, targets and the table."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["DISPLAY", "FIGURES", "Results", "Target", "machine", "markdown", "table", "targets"]

FIGURES = {
    "first": ("first picture, ms", "{:.0f}"),
    "first_mb": ("MB before it", "{:.2f}"),
    "cold_rate": ("scroll, cold cache, frames/s", "{:.1f}"),
    "cold_p50": ("… latency p50, ms", "{:.0f}"),
    "cold_p95": ("… latency p95, ms", "{:.0f}"),
    "cold_sharp": ("… sharp after the wheel rests, ms", "{:.0f}"),
    "cold_right": ("… pixels right at rest", "{:.0%}"),
    "cold_mb": ("… MB", "{:.1f}"),
    "cold_asked": ("… messages to the kernel", "{:.0f}"),
    "warm_rate": ("scroll back, warm, frames/s", "{:.1f}"),
    "warm_p50": ("… latency p50, ms", "{:.0f}"),
    "warm_p95": ("… latency p95, ms", "{:.0f}"),
    "warm_asked": ("… messages to the kernel", "{:.0f}"),
    "drag_rate": ("window drag, frames/s", "{:.1f}"),
    "drag_changed": ("… frames changed by 60 moves", "{:.0f}"),
    "drag_p50": ("… latency p50, ms", "{:.0f}"),
    "drag_p95": ("… latency p95, ms", "{:.0f}"),
    "drag_messages": ("… messages to the kernel", "{:.0f}"),
    "busy_rate": ("scroll while a cell computes, frames/s", "{:.1f}"),
    "memory": ("browser memory after one view, MB", "{:.0f}"),
    "memory_again": ("… after ten more, MB", "{:.0f}"),
}
"""What is measured: name in the table, and format."""

DISPLAY = (
    *("jupyterlab", "ipykernel", "ipywidgets", "anywidget", "ipympl", "matplotlib", "numpy", "pydicom", "playwright"),
    *("stackview", "mpl-interactions"),
)
"""The packages that take part in the display."""

_RATIOS = ("first", "cold_rate", "cold_p50", "warm_rate", "drag_rate", "drag_p50", "busy_rate")


@dataclass
class Results:
    """All measured values: scene, contender, figure, one value a repetition."""

    values: dict[str, dict[str, dict[str, list[float]]]] = field(default_factory=dict)
    not_run: dict[str, dict[str, str]] = field(default_factory=dict)
    """Scene, contender, reason."""

    def add(self, scene: str, contender: str, figures: dict[str, float], prefix: str = "") -> None:
        """Take the figures of one repetition."""
        row = self.values.setdefault(scene, {}).setdefault(contender, {})
        for name, value in figures.items():
            row.setdefault(prefix + name, []).append(value)

    def median(self, scene: str, contender: str, figure: str) -> float | None:
        """Return the median, or None where nothing was measured."""
        values = self.values.get(scene, {}).get(contender, {}).get(figure)
        return statistics.median(values) if values else None


@dataclass(frozen=True)
class Target:
    """What dicomview must reach in a scene: a bound of a figure, or of its ratio to another contender's."""

    scene: str
    figure: str
    sense: str
    """">=" or "<="."""
    bound: float
    beside: str = ""

    def verdict(self, results: Results) -> tuple[str, str] | None:
        """Return what was reached, and "pass" or "fail"; None where it was not measured."""
        value = results.median(self.scene, "dicomview", self.figure)
        if value is None:
            return None
        unit = ""
        if self.beside:
            other = results.median(self.scene, self.beside, self.figure)
            if not other:
                return None
            value, unit = value / other, f" × {self.beside}"
        reached = value >= self.bound if self.sense == ">=" else value <= self.bound
        number = f"{value:.0f}" if value >= 100 else f"{value:.3g}"
        return number + unit, "pass" if reached else "FAIL"

    def __str__(self) -> str:
        beside = f" × {self.beside}" if self.beside else ""
        return f"{_title(self.figure)} {'≥' if self.sense == '>=' else '≤'} {round(self.bound, 1):g}{beside}"


def targets(scenes: dict[str, tuple[int, int, int]]) -> list[Target]:
    """Return the targets of the scenes that are there.

    Parameters
    ----------
    scenes : dict
        Name of each scene, and the shape of its volume.
    """
    every = [
        target
        for scene in scenes
        for target in (
            Target(scene, "drag_rate", ">=", 58),
            Target(scene, "drag_p50", "<=", 10),
            Target(scene, "drag_messages", "<=", 0),
        )
    ]
    slices, rows, columns = scenes.get("0 ms", (0, 0, 0))
    room = slices * rows * columns * 2 / 1e6 + 60
    one_by_one = [
        # A screen of 60 pictures a second would be the limit of the ratio, not the viewer.
        Target("0 ms unlimited screen", "drag_rate", ">=", 12, "interact"),
        Target("150 ms unlimited screen", "drag_rate", ">=", 25, "interact"),
        Target("0 ms", "cold_rate", ">=", 55),
        Target("150 ms", "cold_rate", ">=", 55),
        Target("50 ms + 50 Mbit/s", "cold_rate", ">=", 55),
        Target("1024²", "cold_rate", ">=", 48),
        Target("0 ms", "cold_rate", ">=", 10, "interact"),
        Target("150 ms", "cold_rate", ">=", 20, "interact"),
        Target("0 ms", "cold_sharp", "<=", 300),
        Target("0 ms", "first", "<=", 0.5, "interact"),
        Target("0 ms", "first_mb", "<=", 1.2),
        Target("0 ms", "busy_rate", ">=", 55),
        Target("0 ms", "memory", "<=", room),
        Target("0 ms", "memory_again", "<=", room),
    ]
    return every + one_by_one


def markdown(results: Results, scenes: dict[str, tuple[int, int, int]], about: dict[str, str]) -> str:
    """Return all of it as a page."""
    lines = ["# Display", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    for scene, shape in scenes.items():
        measured = results.values.get(scene, {})
        rows = [["", *measured, "dicomview / interact"]]
        for figure, (title, form) in FIGURES.items():
            medians = {name: results.median(scene, name, figure) for name in measured}
            ours, theirs = medians.get("dicomview"), medians.get("interact")
            ratio = f"{ours / theirs:.3g} ×" if figure in _RATIOS and ours and theirs else ""
            if any(median is not None for median in medians.values()):
                rows.append([title, *(_cell(median, form) for median in medians.values()), ratio])
        lines += [f"## {scene} ({' × '.join(map(str, shape))} int16)", "", *table(rows), ""]
        lines += [f"{name}: not run: {why}\n" for name, why in results.not_run.get(scene, {}).items()]
    judged = [(target, target.verdict(results)) for target in targets(scenes)]
    rows = [[target.scene, str(target), *verdict] for target, verdict in judged if verdict]
    return "\n".join([*lines, "## Targets", "", *table([["scene", "target", "reached", ""], *rows])]) + "\n"


def _title(figure: str) -> str:
    """Return the name of a figure with that of its group, where it only says …"""
    if figure not in FIGURES:
        return figure
    titles = [title for title, _ in list(FIGURES.values())[: list(FIGURES).index(figure) + 1]]
    group = next(title for title in reversed(titles) if not title.startswith("…"))
    return titles[-1].replace("…", group.removesuffix(", frames/s").removesuffix(" after one view, MB") + ":")


def table(rows: list[list[str]]) -> list[str]:
    """Return the lines of a table whose columns stand straight also in a terminal."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    ruled = [rows[0], ["-" * width for width in widths], *rows[1:]]
    return [f"| {' | '.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True))} |" for row in ruled]


def _cell(value: float | None, form: str) -> str:
    return "–" if value is None else "never" if value == float("inf") else form.format(value)


def machine(packages: Sequence[str], *more: str) -> dict[str, str]:
    """Return on what it was measured: cores, processor, load, versions.

    Parameters
    ----------
    packages : sequence of str
        Whose versions are told.
    *more : str
        What else has a version: "Chromium 140".
    """
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor = models[0] if models else processor
    return {
        "machine": f"{os.cpu_count()} cores, {processor}, {platform.system()}",
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown",
        "versions": ", ".join([f"Python {platform.python_version()}", *more, *map(_version, packages)]),
    }


def _version(package: str) -> str:
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {package}"
