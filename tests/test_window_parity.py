"""The window is written twice, in Python and in JavaScript. Both give the same grey for every stored value."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
from oracles import tool

from dicomview.pixels import Rescale, Voi, VoiTable, Window

WINDOW_JS = Path(__file__).parent.parent / "dicomview" / "views" / "static" / "window.js"
WINDOWS = [
    (40, 400),
    (40, 1),
    (40.5, 1),
    (0, 2),
    (-3, 0.5),
    (10, 3),
    (300.5, 4095.5),
    (0, 100000),
    (-600, 1500),
    (0.1, 0.3),
    (127.5, 255),
    (32768, 65536),
    (1e6, 7),
]
FUNCTIONS = ("LINEAR", "LINEAR_EXACT", "SIGMOID")
LINES = [(1, 0), (1, -1024), (0.1, -204.7), (2.0000123, 1 / 3), (-1, 100), (1e-7, 0), (1e6, -1e9)]
CASES = [
    {"first": first, "slope": slope, "intercept": intercept, "center": c, "width": w, "function": f, "invert": invert}
    for (first, invert), (slope, intercept), (c, w), f in itertools.product(
        ((-32768, False), (0, False), (0, True), (-32768, True)), LINES, WINDOWS, FUNCTIONS
    )
    if not invert or slope == 1
]

# A data URL loads in every Node, where a .js file outside a package would be taken for CommonJS.
SCRIPT = """
import { readFileSync, writeSync } from "node:fs";
const source = readFileSync(new URL(process.argv[1])).toString("base64");
const { windowTable } = await import(`data:text/javascript;base64,${source}`);
for (const { from, slope, intercept, invert, ...window } of JSON.parse(readFileSync(0, "utf8"))) {
  const table = windowTable(from ?? window.first, 65536, slope, intercept, window, invert);
  for (let done = 0; done < table.length;) done += writeSync(1, table, done);
}
"""


def tables_of_node(cases: list[dict[str, Any]], folder: Path) -> np.ndarray:
    """Return what `windowTable` gives for each case, (cases, 65536) uint8."""
    # Into a file: a pipe that is full would make Node's synchronous write fail.
    with (folder / "tables").open("wb") as output:
        command = [tool("node"), "--input-type=module", "--eval", SCRIPT, WINDOW_JS.as_uri()]
        asked = json.dumps(cases).encode()
        done = subprocess.run(command, input=asked, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return np.fromfile(folder / "tables", np.uint8).reshape(len(cases), 65536)


def assert_same(case: dict[str, Any], voi: Voi, table: np.ndarray) -> None:
    stored = np.arange(case["first"], case["first"] + 65536)
    values = Rescale(case["slope"], case["intercept"]).apply(stored)
    ours = voi.apply(values, invert=bool(case["invert"]))
    different = np.flatnonzero(ours != table)
    assert not different.size, f"{voi}: stored {stored[different[0]]} and {different.size - 1} more"


def test_both_windows_give_the_same_grey_for_every_stored_value(tmp_path: Path) -> None:
    for case, table in zip(CASES, tables_of_node(CASES, tmp_path), strict=True):
        assert_same(case, Window(case["center"], case["width"], case["function"]), table)  # type: ignore[arg-type]


def test_both_voi_tables_give_the_same_grey_for_every_stored_value(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    tables = [
        VoiTable(first, rng.integers(0, 256, count, np.uint8).tobytes(), "table")
        for first, count in ((-100, 300), (0, 65536), (-32768, 65536), (40000, 5), (0, 1))
    ]
    cases = [
        {"name": "table", "slope": slope, "intercept": intercept, "invert": invert, "stored": stored, "voi": voi}
        for voi, stored in itertools.product(tables, (-32768, 0))
        for (slope, intercept), invert in (((1, 0), False), ((0.5, -1024.25), False), ((1, -1024), True))
    ]
    asked = [
        {k: v for k, v in case.items() if k not in ("voi", "stored")}
        | {"from": case["stored"], "first": case["voi"].first, "levels": list(case["voi"].levels)}
        for case in cases
    ]
    for case, table in zip(cases, tables_of_node(asked, tmp_path), strict=True):
        assert_same(case | {"first": case["stored"]}, case["voi"], table)


def test_the_cases_hold_dark_and_bright_and_everything_between() -> None:
    assert len(CASES) > 300
    values = np.arange(-32768, 32768, dtype=np.float64)
    assert len(np.unique(Window(0, 100000).apply(values))) > 150
    assert len(np.unique(Window(40, 400).apply(values))) == 256
