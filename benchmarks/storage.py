"""The storage benchmark: ``python -m benchmarks.storage``.

A scan of files behind a URL where each request is answered after a while: requests and bytes a file, and seconds with
more and more of them under way at once. See README.md beside this file.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import fsspec
from fsspec.implementations.memory import MemoryFileSystem

from benchmarks.piles import write_piles
from benchmarks.report import machine, table
from dicomview.catalog import scan
from dicomview.space import read_series

if TYPE_CHECKING:
    from collections.abc import Sequence

RESULTS = Path(__file__).with_name("results")
_THREADS = (1, 8, 32, 128)
_LATENCIES = (0.0, 0.02, 0.08)
_LONGEST = 30  # seconds of waiting


class Distant(MemoryFileSystem):  # type: ignore[misc]
    """Files in memory, each request for which takes a while and is counted."""

    protocol = "distant"
    store: ClassVar[dict[str, Any]] = {}
    pseudo_dirs: ClassVar[list[str]] = [""]
    latency = 0.0  # seconds
    requests = fetched = 0
    _lock = threading.Lock()

    @classmethod
    def _strip_protocol(cls, path: str) -> str:
        return str(super()._strip_protocol(path.replace("distant://", "memory://", 1)))

    def cat_file(self, path: str, start: int | None = None, end: int | None = None, **options: Any) -> bytes:
        """Return some bytes of a file, late."""
        time.sleep(Distant.latency)
        content: bytes = super().cat_file(path, start=start, end=end, **options)
        with self._lock:
            Distant.requests += 1
            Distant.fetched += len(content)
        return content


def measure(files: int) -> list[list[str]]:
    """Return the rows of the table: for each latency and number of threads, what a scan takes."""
    rows = [["a request", "threads", "seconds", "files a second", "requests a file", "kB a file"]]
    for latency in _LATENCIES:
        Distant.latency = latency
        for threads in _THREADS:
            if latency * files / threads > _LONGEST:
                continue
            Distant.requests = Distant.fetched = 0
            start = time.perf_counter()
            with ThreadPoolExecutor(threads) as executor:
                found = len(scan("distant://bucket", executor=executor, progress=False).files)
            took = time.perf_counter() - start
            waits = f"{1000 * latency:.0f} ms", str(threads), f"{took:.2f}", f"{found / took:,.0f}"
            rows.append([*waits, f"{Distant.requests / found:.2f}", f"{Distant.fetched / found / 1000:.1f}"])
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.storage", description=__doc__.splitlines()[0])
    parser.add_argument("--files", type=int, default=1000)
    parser.add_argument("--series", type=int, default=250, help="files a series; default 250")
    parser.add_argument("--size", type=int, default=128, help="rows and columns; default 128")
    parser.add_argument("--save", action="store_true", help="also write results/storage.md")
    options = parser.parse_args(arguments)
    fsspec.register_implementation("distant", Distant, clobber=True)
    about = machine(("pydicom", "fsspec", "numpy", "pandas"))
    with tempfile.TemporaryDirectory(prefix="dicomview-storage-") as folder:
        paths = write_piles(Path(folder), "CT", options.files, options.series, size=options.size)
        store = fsspec.filesystem("distant")
        for path in paths:
            store.pipe(f"/bucket/{path.relative_to(folder)}", path.read_bytes())
        whole = sum(path.stat().st_size for path in paths) / len(paths)
    about["files"] = f"{options.files} CT of {whole / 1000:.1f} kB, {options.series} a series"
    rows = measure(options.files)
    Distant.latency, Distant.requests, Distant.fetched = 0.0, 0, 0
    one = read_series("distant://bucket/CT00000")
    asked = f"{Distant.requests / len(one):.2f} requests and {Distant.fetched / len(one) / 1000:.1f} kB"
    closing = f"The headers of one series, read by `read_series`: {asked} a file."
    page = (
        "\n".join(["# Storage", "", *(f"- {k}: {v}" for k, v in about.items()), "", *table(rows), "", closing]) + "\n"
    )
    print(page)
    if options.save:
        RESULTS.mkdir(exist_ok=True)
        (RESULTS / "storage.md").write_text(page, "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
