"""Medians, targets and the table."""

from __future__ import annotations

import importlib.metadata
import os
import platform
import statistics
from dataclasses import dataclass, field
from pathlib import Path

__all__ = ["COLUMNS", "Results", "machine", "markdown"]

COLUMNS = {
    "first": ("first picture ms", "{:.0f}"),
    "first_mb": ("MB before it", "{:.2f}"),
    "cold_rate": ("scroll cold /s", "{:.1f}"),
    "cold_p50": ("p50 ms", "{:.0f}"),
    "cold_p95": ("p95 ms", "{:.0f}"),
    "cold_sharp": ("sharp after ms", "{:.0f}"),
    "cold_mb": ("MB cold", "{:.1f}"),
    "warm_rate": ("scroll warm /s", "{:.1f}"),
    "warm_p50": ("p50 ms", "{:.0f}"),
    "warm_p95": ("p95 ms", "{:.0f}"),
    "drag_rate": ("window drag /s", "{:.1f}"),
    "drag_changed": ("frames changed", "{:.0f}"),
    "drag_p50": ("p50 ms", "{:.0f}"),
    "drag_messages": ("messages up", "{:.0f}"),
    "cold_right": ("pixels right %", "{:.0%}"),
    "busy_rate": ("scroll beside work /s", "{:.1f}"),
    "memory": ("browser MB", "{:.0f}"),
    "memory_again": ("after ten more", "{:.0f}"),
}
"""Figure: its heading and its format."""

_RATIOS = ("first", "cold_rate", "warm_rate", "drag_rate", "busy_rate")


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
        return f"{value:.3g}{unit}", "pass" if reached else "FAIL"

    def __str__(self) -> str:
        beside = f" × {self.beside}" if self.beside else ""
        return f"{_NAMES[self.figure]} {'≥' if self.sense == '>=' else '≤'} {self.bound:g}{beside}"


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
        Target("0 ms", "drag_rate", ">=", 12, "interact"),
        Target("150 ms", "drag_rate", ">=", 25, "interact"),
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


_NAMES = {
    "drag_rate": "window drag, frames/s",
    "drag_p50": "window drag, median latency ms",
    "drag_messages": "window drag, messages to the kernel",
    "cold_rate": "scroll with a cold cache, frames/s",
    "cold_sharp": "sharp after the wheel rests, ms",
    "first": "first picture, ms",
    "first_mb": "MB before the first picture",
    "busy_rate": "scroll while a cell computes, frames/s",
    "memory": "browser memory after one view, MB",
    "memory_again": "browser memory after ten more, MB",
}


def markdown(results: Results, scenes: dict[str, tuple[int, int, int]], about: dict[str, str]) -> str:
    """Return all of it as a page."""
    lines = ["# Display", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    for scene, shape in scenes.items():
        lines += [f"## {scene} ({' × '.join(map(str, shape))} int16)", ""]
        rows = results.values.get(scene, {})
        columns = [name for name in COLUMNS if any(name in figures for figures in rows.values())]
        lines += _row("", *(COLUMNS[name][0] for name in columns)), _row(*["---"] * (len(columns) + 1))
        for contender in rows:
            lines.append(_row(contender, *(_cell(results.median(scene, contender, name), name) for name in columns)))
        pairs = {
            name: (results.median(scene, "dicomview", name), results.median(scene, "interact", name))
            for name in columns
        }
        ratios = {name: ours / theirs for name, (ours, theirs) in pairs.items() if name in _RATIOS and ours and theirs}
        if ratios:
            cells = (f"{ratios[name]:.3g}" if name in ratios else "" for name in columns)
            lines.append(_row("**dicomview / interact**", *cells))
        lines += ["", *(f"{name}: not run: {why}" for name, why in results.not_run.get(scene, {}).items()), ""]
    judged = [(target, target.verdict(results)) for target in targets(scenes)]
    lines += ["## Targets", "", _row("scene", "target", "reached", ""), _row(*["---"] * 4)]
    lines += [_row(target.scene, str(target), *verdict) for target, verdict in judged if verdict]
    return "\n".join(lines) + "\n"


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"


def _cell(value: float | None, figure: str) -> str:
    return "–" if value is None else "never" if value == float("inf") else COLUMNS[figure][1].format(value)


def machine(browser: str) -> dict[str, str]:
    """Return on what it was measured: cores, processor, load, versions."""
    processor = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        models = [
            line.split(":")[1].strip() for line in cpuinfo.read_text().splitlines() if line.startswith("model name")
        ]
        processor = models[0] if models else processor
    packages = (
        *(
            "jupyterlab",
            "ipykernel",
            "ipywidgets",
            "anywidget",
            "ipympl",
            "matplotlib",
            "numpy",
            "pydicom",
            "playwright",
        ),
        *("stackview", "mpl-interactions"),
    )
    return {
        "machine": f"{os.cpu_count()} cores, {processor}, {platform.system()}",
        "load before": " ".join(f"{load:.1f}" for load in os.getloadavg()) if hasattr(os, "getloadavg") else "unknown",
        "versions": ", ".join([f"Python {platform.python_version()}", f"Chromium {browser}", *map(_version, packages)]),
    }


def _version(package: str) -> str:
    try:
        return f"{package} {importlib.metadata.version(package)}"
    except importlib.metadata.PackageNotFoundError:
        return f"no {package}"
