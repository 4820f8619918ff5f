"""The display benchmark: ``python -m benchmarks.display``.

A real JupyterLab, a real browser, a network in between, and several ways to look at one volume; see README.md beside
this file for what is measured and how.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import numpy as np
import pytest
from conftest import running_chromium, running_lab

from benchmarks.contenders import CONTENDERS
from benchmarks.phantom import WINDOW, noise_volume
from benchmarks.proxy import Network, Proxy
from benchmarks.report import DISPLAY, Results, machine, markdown
from benchmarks.session import Bench
from dicomview.demo import instances, write

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from conftest import Lab
    from playwright.sync_api import Browser

    from benchmarks.contenders import Contender

RESULTS = Path(__file__).with_name("results")
AGAIN = 10  # times a view is shown anew, for the memory


@dataclass(frozen=True)
class Scene:
    """A network and a volume.

    Parameters
    ----------
    name : str
    network : Network
    shape : 3 ints
    only : tuple of str
        The contenders measured in it; all when empty.
    local : bool
        Whether memory and scrolling beside a computing cell are measured, too.
    unlimited : bool
        Whether the browser paints as often as it can instead of 60 times a second, and only the drag is measured.
    """

    name: str
    network: Network
    shape: tuple[int, int, int] = (200, 512, 512)
    only: tuple[str, ...] = ()
    local: bool = False
    unlimited: bool = False


MAIN = ("dicomview", "interact")
SCENES = (
    Scene("0 ms", Network(), local=True),
    Scene("50 ms", Network(50), only=MAIN),
    Scene("150 ms", Network(150)),
    Scene("50 ms + 50 Mbit/s", Network(50, 50), only=MAIN),
    Scene("1024²", Network(), shape=(60, 1024, 1024), only=MAIN),
    Scene("0 ms unlimited screen", Network(), only=MAIN, unlimited=True),
    Scene("150 ms unlimited screen", Network(150), only=MAIN, unlimited=True),
)
_NO_LIMIT = ("frame-rate-limit", "gpu-vsync")
QUICK = ("0 ms", "50 ms + 50 Mbit/s")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the benchmark and print its table."""
    options = _options(arguments)
    contenders = [CONTENDERS[name] for name in options.only]
    scenes = [scene for scene in SCENES if scene.name in options.scenes]
    results = Results()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="dicomview-bench-")))
        # Not in the benchmark's own folder: `dicomview lab` copies the notebooks there.
        (home := folder / "home").mkdir()
        lab = stack.enter_context(running_lab(home, "--folder", "lab", private=folder / "jupyter"))
        address = urlsplit(lab.address)
        proxy = stack.enter_context(Proxy("127.0.0.1", address.port or 80))
        about: dict[str, str] = {}
        for unlimited in sorted({scene.unlimited for scene in scenes}):
            with running_chromium(*(_NO_LIMIT if unlimited else ())) as browser:
                about = about or machine(DISPLAY, f"Chromium {browser.version}")
                place = partial(_bench, lab, browser, proxy, folder=folder)
                some = [scene for scene in scenes if scene.unlimited is unlimited]
                _measure_all(some, contenders, place, options.repetitions, results)
    about["repetitions"] = str(options.repetitions)
    page = markdown(results, {scene.name: scene.shape for scene in scenes}, about)
    print(page)
    if options.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "display.md").write_text(page, encoding="utf-8")
        record = {"about": about, "values": results.values, "not_run": results.not_run}
        (RESULTS / "display.json").write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    return 0


def _measure_all(
    scenes: Sequence[Scene],
    contenders: Sequence[Contender],
    place: Callable[[tuple[int, int, int]], Bench],
    repetitions: int,
    results: Results,
) -> None:
    """Measure all contenders in the scenes of one browser."""
    bench: Bench | None = None
    for scene in scenes:
        if bench is None or bench.array.shape != scene.shape:
            bench = place(scene.shape)
        for contender in contenders:
            if scene.only and contender.name not in scene.only:
                continue
            _say(f"{scene.name}: {contender.name}")
            if contender.lacks:
                results.not_run.setdefault(scene.name, {})[contender.name] = contender.lacks
                continue
            try:
                _measure(bench, scene, contender, repetitions, results)
            except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001  one peer's fault ends no run
                results.not_run.setdefault(scene.name, {})[contender.name] = f"{type(error).__name__}: {error}"
                _say(f"  {type(error).__name__}: {error}")


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    names = [scene.name for scene in SCENES]
    parser = argparse.ArgumentParser(prog="python -m benchmarks.display", description=__doc__)
    parser.add_argument("--repetitions", type=int, default=5, metavar="N", help="medians of so many; 5 by default")
    parser.add_argument("--quick", action="store_true", help=f"one repetition, only the scenes {', '.join(QUICK)}")
    parser.add_argument("--only", metavar="A,B", help=f"contenders: {'; '.join(CONTENDERS)}")
    parser.add_argument("--scenes", metavar="A,B", help=f"scenes: {'; '.join(names)}")
    parser.add_argument("--save", action="store_true", help="also write benchmarks/results/display.md and .json")
    options = parser.parse_args(arguments)
    if options.quick:
        options.repetitions = 1
    options.only = _chosen(parser, options.only, list(CONTENDERS), list(CONTENDERS))
    options.scenes = _chosen(parser, options.scenes, names, list(QUICK) if options.quick else names)
    return options


def _chosen(parser: argparse.ArgumentParser, words: str | None, known: list[str], default: list[str]) -> list[str]:
    chosen = default if words is None else [word.strip() for word in words.split(",")]
    if unknown := [word for word in chosen if word not in known]:
        parser.error(f"there is no {', '.join(unknown)}; there are {', '.join(known)}")
    return chosen


def _bench(lab: Lab, browser: Browser, proxy: Proxy, shape: tuple[int, int, int], folder: Path) -> Bench:
    """Make the volume as array, as file and as DICOM series."""
    slices, size, _ = shape
    array = noise_volume(slices, size)
    place = folder / f"{slices}x{size}"
    if not place.exists():
        # Slices go down, as dicomview sorts axial ones, so that the barcodes count along the index.
        write(instances(array, seed="bench", step=(0, 0, -1), window=WINDOW), place / "series")
        np.save(place / "array.npy", array)
    return Bench(lab, browser, proxy, array, place / "array.npy", place / "series")


def _measure(bench: Bench, scene: Scene, contender: Contender, repetitions: int, results: Results) -> None:
    """Measure one contender in one scene."""

    def add(figures: dict[str, float], prefix: str = "") -> None:
        results.add(scene.name, contender.name, figures, prefix)

    slices = scene.shape[0]
    count, moves = min(100, slices - 1), 60
    bench.proxy.network = Network()
    with bench.session(contender) as session:
        session.first()  # the front end fetches a library's own files once
        bench.proxy.network = scene.network
        for _ in range(repetitions):
            shown = session.first()
            if not scene.unlimited:
                add(shown)
                add(session.scroll(count), "cold_")
                session.settle()
                add(session.scroll(count, start=count, direction=-1), "warm_")
            add(session.drag(moves), "drag_")
        if scene.local:
            for _ in range(repetitions):
                beside = session.scroll_beside_work(count)
                add(beside, "busy_")
                if not beside["rate"]:
                    break  # it waits for the cell's end, and would again
    if scene.local and contender.name in MAIN:
        with bench.session(contender) as session:
            add(session.memory(AGAIN))


def _say(text: str) -> None:
    print(time.strftime("%H:%M:%S"), text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
