"""The window is written twice, in Python and in JavaScript. Both give the same grey for every stored value."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path

import numpy as np
from oracles import tool

from dicomview.pixels import Rescale, Window

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
for (const { first, slope, intercept, invert, ...window } of JSON.parse(readFileSync(0, "utf8"))) {
  const table = windowTable(first, 65536, slope, intercept, window, invert);
  for (let done = 0; done < table.length;) done += writeSync(1, table, done);
}
"""


def test_both_windows_give_the_same_grey_for_every_stored_value(tmp_path: Path) -> None:
    # Into a file: a pipe that is full would make Node's synchronous write fail.
    with (tmp_path / "tables").open("wb") as output:
        command = [tool("node"), "--input-type=module", "--eval", SCRIPT, WINDOW_JS.as_uri()]
        asked = json.dumps(CASES).encode()
        done = subprocess.run(command, input=asked, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    theirs = np.fromfile(tmp_path / "tables", np.uint8).reshape(len(CASES), 65536)
    for case, table in zip(CASES, theirs, strict=True):
        dtype = np.uint16 if case["first"] == 0 else np.int16
        stored = np.arange(case["first"], case["first"] + 65536).astype(dtype)
        values = Rescale(case["slope"], case["intercept"]).apply(stored)  # type: ignore[arg-type]
        window = Window(case["center"], case["width"], case["function"])  # type: ignore[arg-type]
        ours = window.apply(values, invert=bool(case["invert"]))
        different = np.flatnonzero(ours != table)
        assert not different.size, f"{case}: stored {stored[different[0]]} and {different.size - 1} more"


def test_the_cases_hold_dark_and_bright_and_everything_between() -> None:
    assert len(CASES) > 300
    values = np.arange(-32768, 32768, dtype=np.float64)
    assert len(np.unique(Window(0, 100000).apply(values))) > 150
    assert len(np.unique(Window(40, 400).apply(values))) == 256
