"""How a layer is mixed into a picture is written twice, in Python and in JavaScript. Both give the same colours."""

from __future__ import annotations

import itertools
import json
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from oracles import tool

from dicomview.pixels import Window
from dicomview.render.raster import Raster, paint

if TYPE_CHECKING:
    from numpy.typing import NDArray

STATIC = Path(__file__).parent.parent / "dicomview" / "views" / "static"
COLOURS = ("#000000", "#ffffff", "#ffd54f", "#01807f", "#fe03c8")
OPACITIES = (0.0, 0.1, 0.25, 1 / 3, 0.4, 0.5, 0.55, 0.7, 0.999, 1.0)
LEVELS = np.arange(256, dtype=np.uint8)
SHAPE = (15, 18)  # columns that are no multiple of 8, and all levels

# The parts as canvas.py joins them: without their imports, in a data URL, which loads in every Node.
SCRIPT = """
import { readFileSync, writeSync } from "node:fs";
const { text, cases, grey, columns } = JSON.parse(readFileSync(0, "utf8"));
const { paintMask } = await import(`data:text/javascript;base64,${Buffer.from(text).toString("base64")}`);
for (const layers of cases) {
  const pixels = Uint32Array.from(grey, (level) => (0xff000000 | (level * 0x010101)) >>> 0);
  for (const { bits, ...look } of layers) paintMask(pixels, columns, new Uint8Array(bits), look);
  const bytes = new Uint8Array(pixels.buffer);
  for (let done = 0; done < bytes.length;) done += writeSync(1, bytes, done);
}
"""


def painted_by_node(cases: list[list[tuple[NDArray[np.bool_], str, float]]], grey: NDArray[np.uint8], folder: Path):
    text = "".join(
        line
        for part in ("window", "painter")
        for line in (STATIC / f"{part}.js").read_text(encoding="utf-8").splitlines(keepends=True)
        if not line.startswith("import ")
    )
    told = [
        [{"bits": np.packbits(m, axis=1).ravel().tolist(), "color": c, "opacity": o} for m, c, o in layers]
        for layers in cases
    ]
    asked = json.dumps({"text": text, "cases": told, "grey": grey.ravel().tolist(), "columns": grey.shape[1]}).encode()
    with (folder / "pixels").open("wb") as output:
        command = [tool("node"), "--input-type=module", "--eval", SCRIPT]
        done = subprocess.run(command, input=asked, stdout=output, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    rgba = np.fromfile(folder / "pixels", np.uint8).reshape(len(cases), *grey.shape, 4)
    assert (rgba[..., 3] == 255).all()
    return rgba[..., :3]


def test_both_mix_the_same_colours(tmp_path: Path) -> None:
    grey = np.resize(LEVELS, SHAPE)
    rng = np.random.default_rng(5)
    whole = np.ones(SHAPE, bool)
    some, others = rng.random((2, *SHAPE)) < 0.5
    cases = [[(whole, color, opacity)] for color, opacity in itertools.product(COLOURS, OPACITIES)]
    cases += [[(some, "#fe03c8", 0.4), (others, "#01807f", 1 / 3)], [(others, "#ffd54f", 1.0), (some, "#ffffff", 0.1)]]
    raster, window = Raster(grey.astype(np.uint16)), Window(127.5, 255, "LINEAR_EXACT")
    np.testing.assert_array_equal(paint(raster, window), grey)
    for layers, theirs in zip(cases, painted_by_node(cases, grey, tmp_path), strict=True):
        np.testing.assert_array_equal(paint(raster, window, layers=layers), theirs, err_msg=str(layers[0][1:]))


def test_an_opacity_of_one_covers_and_of_none_shows_nothing() -> None:
    raster, window = Raster(np.resize(LEVELS, SHAPE).astype(np.uint16)), Window(127.5, 255, "LINEAR_EXACT")
    whole = np.ones(SHAPE, bool)
    assert (paint(raster, window, layers=[(whole, "#fe03c8", 1.0)]) == [254, 3, 200]).all()
    bare = np.stack([paint(raster, window)] * 3, axis=-1)
    np.testing.assert_array_equal(paint(raster, window, layers=[(whole, "#fe03c8", 0.0)]), bare)
