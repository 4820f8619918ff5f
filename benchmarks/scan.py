"""The scan benchmark: ``python -m benchmarks.scan``.

The same files, the same attributes, several ways to read them; see README.md beside this file.
"""

from __future__ import annotations

import argparse
import gc
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.piles import write_piles
from benchmarks.readers import ELEMENTS, READERS, ROWS, VOLUMES, frame_of, many_elements
from benchmarks.report import Results, Target, machine, table
from dicomview.catalog import scan
from dicomview.files import ATTRIBUTES, Glancer, Location
from dicomview.rules import audit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from dicomview.catalog import Catalog

RESULTS = Path(__file__).with_name("results")
_KEYWORDS = [attribute.keyword for attribute in ATTRIBUTES]
PACKAGES = ("pydicom", "python-gdcm", "dicomsdl", "SimpleITK", "highdicom", "numpy", "pandas", "pyarrow")
_RATE, _COST = "files a second", "µs a file"
_TURN = 0.5  # seconds that a contender's turn takes at least


# --- scenes -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Scene:
    """Files, and ways to read them.

    Parameters
    ----------
    name : str
    folder : Path
    files : int
    contenders : dict
        For each, what is done with the folder and its paths; the result is kept until the clock has stopped.
    wall : bool
        Wall clock instead of CPU time: where processes or the disk are waited for.
    before : callable, optional
        Done with the paths before each measurement.
    """

    name: str
    folder: Path
    files: int
    contenders: dict[str, Callable[[Path, Sequence[str]], Any]]
    wall: bool = False
    before: Callable[[Sequence[str]], None] | None = None


def _readers() -> dict[str, Callable[[Path, Sequence[str]], Any]]:
    return {name: _of_paths(read) for name, read in READERS.items()}


def _of_paths(read: Callable[[Sequence[str]], Any]) -> Callable[[Path, Sequence[str]], Any]:
    return lambda folder, paths: read(paths)


def _evicted(paths: Sequence[str]) -> None:
    """Have the system forget the content of files."""
    for path in paths:
        descriptor = os.open(path, os.O_RDONLY)
        os.fsync(descriptor)
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        os.close(descriptor)


def scenes(root: Path, files: int, a_series: int, size: int, slices: int) -> Iterator[Scene]:
    """Yield the scenes, after their files have been written."""
    for modality in ("CT", "MR"):
        write_piles(root / "series" / modality, modality, files, a_series, size=size)
        yield Scene(f"{modality} series", root / "series" / modality, files, _readers())
    single = max(files // 2, 1)
    write_piles(root / "single", "CT", single, 1, size=16)
    yield Scene("single-image series", root / "single", single, _readers())
    yield Scene("one row per slice", root / "series" / "CT", files, ROWS)
    many = root / "many.dcm"
    yield Scene("table of 3,000 elements", many, many_elements(many), ELEMENTS)
    if slices:
        write_piles(root / "volume", "CT", slices, slices, size=512, noise=True)
        yield Scene("volume of 512²", root / "volume", slices, VOLUMES, wall=True)
    both = root / "series"
    yield Scene(
        "folder to DataFrame",
        both,
        2 * files,
        {
            "dicomview": lambda folder, paths: scan(folder, progress=False).files,
            "pydicom": frame_of("pydicom"),
            "gdcm": frame_of("gdcm"),
        },
    )
    cache, other = root / "index.parquet", root / "first.parquet"

    def first(folder: Path, paths: Sequence[str]) -> Catalog:
        other.unlink(missing_ok=True)
        return scan(folder, cache=other, progress=False)

    scan(both, cache=cache, progress=False)
    yield Scene(
        "unchanged files again",
        both,
        2 * files,
        {
            "dicomview": lambda folder, paths: scan(folder, cache=cache, progress=False),
            "first scan": first,
            "without a cache": lambda folder, paths: scan(folder, progress=False),
        },
    )
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        scan(both, executor=pool, progress=False)
        yield Scene(
            "two processes",
            both,
            2 * files,
            {
                "dicomview": lambda folder, paths: scan(folder, executor=pool, progress=False),
                "one process": lambda folder, paths: scan(folder, progress=False),
            },
            wall=True,
        )
    yield Scene(
        "audit of a series",
        root / "series" / "CT" / "CT00000",
        min(a_series, files),
        {
            "dicomview": lambda folder, paths: audit(folder, checks="columns", progress=False),
            "all checks": lambda folder, paths: audit(folder, progress=False),
            "pydicom": _of_paths(READERS["pydicom"]),
        },
    )
    if hasattr(os, "posix_fadvise"):
        cold = {name: way for name, way in _readers().items() if name in ("dicomview", "pydicom", "floor")}
        yield Scene("cold files", root / "series" / "CT", files, cold, wall=True, before=_evicted)


TARGETS = (
    *(
        Target(scene, _RATE, ">=", bound, beside)
        for scene in ("CT series", "MR series")
        for beside, bound in (("pydicom", 60), ("gdcm", 25), ("dicomsdl", 2.5), ("floor", 0.4))
    ),
    Target("single-image series", _RATE, ">=", 6, "gdcm"),
    Target("one row per slice", _RATE, ">=", 10, "pydicom"),
    Target("table of 3,000 elements", _COST, "<=", 3, "pydicom"),
    Target("volume of 512²", _RATE, ">=", 5, "pydicom"),
    Target("volume of 512²", _RATE, ">=", 8, "simpleitk"),
    Target("volume of 512²", _RATE, ">=", 12, "highdicom"),
    Target("folder to DataFrame", _RATE, ">=", 35, "pydicom"),
    Target("folder to DataFrame", _RATE, ">=", 15, "gdcm"),
    Target("unchanged files again", _RATE, ">=", 4, "first scan"),
    Target("two processes", _RATE, ">=", 1.6, "one process"),
    Target("cold files", _RATE, ">=", 20, "pydicom"),
    Target("a million rows", "bytes a row beside its text", "<=", 300),
    Target("a million rows", "MB in all", "<=", 1000),
    Target("a million rows", "seconds from glances to tables", "<=", 60),
)


# --- measuring --------------------------------------------------------------------------------------------------------


def measure(scene: Scene, results: Results, repetitions: int) -> None:
    """Let the contenders take turns; what is quick is done several times in a turn, for anything disturbs it."""
    paths = [str(path) for path in sorted(scene.folder.rglob("*.dcm"))]
    clock = time.perf_counter if scene.wall else time.process_time
    if hasattr(os, "sync"):
        os.sync()  # files just written are else on their way to the disk meanwhile
    for _ in range(repetitions):
        for name, way in scene.contenders.items():
            turn = 0.0
            while turn < _TURN and name not in results.not_run.get(scene.name, {}):
                if scene.before is not None:
                    scene.before(paths)
                gc.collect()
                start = clock()
                try:
                    kept = way(scene.folder, paths)
                except ImportError as error:
                    results.not_run.setdefault(scene.name, {})[name] = str(error)
                    continue
                took = clock() - start
                turn += took
                del kept
                results.add(scene.name, name, {_COST: took / scene.files * 1e6, _RATE: scene.files / took})


def million(results: Results, root: Path, rows: int) -> None:
    """Note what a catalogue of very many rows takes: the files of a folder over and over, with UIDs of their own."""
    from dicomview.catalog.catalog import Catalog
    from dicomview.catalog.packed import joined, pack
    from dicomview.files import locate

    places, glancer = list(locate(root / "series")), Glancer()
    glances = [glancer(one) for one in places]
    uid, position = _KEYWORDS.index("SOPInstanceUID"), _KEYWORDS.index("ImagePositionPatient")

    def other(number: int, glance: Any) -> Any:
        facts, values = glance.facts, list(glance.values)
        if uid in facts.varying and position in facts.varying:
            values[facts.varying.index(uid)] = f"1.2.826.0.1.3680043.8.498.{number}.{id(glance)}"
            values[facts.varying.index(position)] = (0.5 * number, 1.25, float(id(glance) % 1000))
        return glance._replace(values=tuple(values))

    start, parts, many = time.process_time(), [], []
    for number in range(-(-rows // len(places))):
        parts.append(pack([other(number, glance) for glance in glances]))
        many += [Location(f"{number}/{one.label}", f"/{number}{one.file}") for one in places]
    catalog = Catalog(many, joined(parts))
    files = catalog.files
    took = time.process_time() - start
    deep = files.memory_usage(deep=True, index=False)
    text = deep["path"] + deep["SOPInstanceUID"]  # no two alike
    figures = {
        "bytes a row beside its text": (deep.sum() - text) / len(files),
        "MB in all": deep.sum() / 1e6,
        "seconds from glances to tables": took,
    }
    start = time.process_time()
    figures["series"], figures["studies"] = len(catalog.series), len(catalog.studies)
    figures["seconds for these tables"] = time.process_time() - start
    results.add("a million rows", "dicomview", figures)


def markdown(results: Results, about: dict[str, str]) -> str:
    """Return all of it as a page."""
    lines = ["# Scan", "", *(f"- {name}: {value}" for name, value in about.items()), ""]
    for scene, measured in results.values.items():
        lines += [f"## {scene}", ""]
        if scene == "a million rows":
            lines += table([["", ""], *([name, f"{value[0]:,.1f}"] for name, value in measured["dicomview"].items())])
        else:
            rows = [["", _COST, "× dicomview"]]
            ours = results.median(scene, "dicomview", _COST)
            for name in measured:
                cost = results.median(scene, name, _COST)
                rows.append([name, f"{cost:.1f}", f"{cost / ours:.2f}" if cost and ours else "–"])
            lines += table(rows)
        lines += ["", *(f"{name}: not run: {why}\n" for name, why in results.not_run.get(scene, {}).items())]
    judged = [(target, target.verdict(results)) for target in TARGETS]
    rows = [[target.scene, str(target), *verdict] for target, verdict in judged if verdict]
    return "\n".join([*lines, "## Targets", "", *table([["scene", "target", "reached", ""], *rows])]) + "\n"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the exit code is 1 where a target is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scan", description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=2000, help="of each modality; default 2000")
    parser.add_argument("--series", type=int, default=250, help="files a series; default 250")
    parser.add_argument("--size", type=int, default=64, help="rows and columns; default 64")
    parser.add_argument("--slices", type=int, default=200, help="of the volume; default 200, 0 for none")
    parser.add_argument("--repetitions", type=int, default=5)
    parser.add_argument("--million", type=int, default=1_000_000, metavar="ROWS", help="0 for none")
    parser.add_argument("--save", action="store_true", help="also write results/scan.md")
    options = parser.parse_args(arguments)
    results = Results()
    about = machine(PACKAGES)
    about["files"] = f"{options.files} CT and MR each, {options.series} a series, warm unless said otherwise"
    about["figures"] = f"medians of {options.repetitions} interleaved runs; CPU time, wall clock for processes and disk"
    about["attributes"] = str(len(ATTRIBUTES))
    with tempfile.TemporaryDirectory(prefix="dicomview-scan-") as folder:
        for scene in scenes(Path(folder), options.files, options.series, options.size, options.slices):
            print(f"{scene.name} …", file=sys.stderr, flush=True)
            measure(scene, results, options.repetitions)
        if options.million:
            million(results, Path(folder), options.million)
    page = markdown(results, about)
    print(page)
    if options.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "scan.md").write_text(page, "utf-8")
    return int(any(verdict[1] == "FAIL" for target in TARGETS if (verdict := target.verdict(results))))


if __name__ == "__main__":
    sys.exit(main())
