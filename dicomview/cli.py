"""The command ``dicomview``: ``dicomview lab`` opens JupyterLab on the first notebook.

Nothing of the viewer is imported here, so the command answers at once and also where a decoder or a widget is broken.
"""

from __future__ import annotations

import argparse
import contextlib
import errno
import http.client
import importlib.util
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import webbrowser
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from dicomview import __version__
from dicomview.errors import DicomviewError, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

__all__ = ["main"]

NEW_FOLDER = "dicomview-lab"
MARK = ".dicomview-lab"
SHARED = ("notebooks", "sample_data")
LEFT_OUT = {"__pycache__", ".ipynb_checkpoints"}
FIRST_PORT = 8888
START_LIMIT = 180.0  # seconds; a cold start from a network disk takes more than one minute
STOP_LIMIT = 10.0  # seconds; JupyterLab itself gives a busy kernel five


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line.

    Parameters
    ----------
    arguments : sequence of str, optional
        The words after ``dicomview``; those of the process when left out.

    Returns
    -------
    int
        The exit code: 0, or 1 after one sentence on the error stream.
    """
    parser = _parser()
    options = parser.parse_args(arguments)
    if options.command is None:
        parser.print_help()
        return 0
    try:
        return _lab(options.folder, options.port, browser=not options.no_browser)
    except DicomviewError as refusal:
        print(f"dicomview: {refusal}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="dicomview", description="The correct DICOM picture in a notebook.")
    parser.add_argument("--version", action="version", version=f"dicomview {__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command")
    lab = commands.add_parser(
        "lab",
        help="open JupyterLab on the first notebook",
        description="Open JupyterLab on the first notebook. Inside a clone the clone itself is opened; elsewhere the "
        f"notebooks and the sample data are first copied into a new folder, {NEW_FOLDER}.",
    )
    lab.add_argument("--no-browser", action="store_true", help="print the address and open no web browser")
    lab.add_argument("--port", type=_port_number, metavar="N", help=f"default: the first free one from {FIRST_PORT}")
    lab.add_argument("--folder", type=Path, metavar="DIR", help=f"the folder to make and open, default: {NEW_FOLDER}")
    return parser


def _port_number(text: str) -> int:
    if not (text.isascii() and text.isdecimal()) or not 1 <= int(text) <= 65535:
        raise argparse.ArgumentTypeError(f"a port is a number from 1 to 65535, not {text!r}")
    return int(text)


def _lab(wanted: Path | None, port: int | None, *, browser: bool) -> int:
    if importlib.util.find_spec("jupyterlab") is None:
        raise MissingExtra('JupyterLab is not installed; install it with: python -m pip install "dicomview[lab]"')
    port = _checked_port(port) if port else _first_free_port()
    try:
        folder = choose_folder(Path.cwd(), wanted, Path(__file__).parent)
    except OSError as error:
        raise DicomviewError(
            f"the notebooks could not be copied ({error.strerror}: {error.filename}); start dicomview lab in a folder "
            "you may write to, or name one with --folder."
        ) from error
    with (
        tempfile.TemporaryDirectory(prefix="dicomview-", ignore_cleanup_errors=True) as private,
        _interrupts() as asked,
    ):
        return Server(folder, port, Path(private)).run(asked, browser=browser)


# --- which folder ----------------------------------------------------------------------------------------------------


def choose_folder(start: Path, wanted: Path | None, package: Path) -> Path:
    """Find the folder to open, make it where needed, and say in one line which it is.

    Parameters
    ----------
    start : Path
        The current folder.
    wanted : Path or None
        What the user asked for with ``--folder``.
    package : Path
        The folder of the package ``dicomview``, which holds or stands beside the notebooks.

    Returns
    -------
    Path
        A clone, or a folder with copies of the notebooks and the sample data. No file that was there is changed.

    Raises
    ------
    DicomviewError
        When `wanted` holds something else, or when this installation has no notebooks.
    """
    if wanted is not None:
        folder = start / wanted.expanduser()
        if not (_is_clone(folder) or _is_ours(folder) or _is_free(folder)):
            raise DicomviewError(
                f"{folder} already holds other things, so nothing was copied into it; give a new folder with --folder."
            )
    else:
        here = (place for place in (start, *start.parents) if _is_clone(place) or _is_ours(place))
        numbered = (start / (NEW_FOLDER if n == 1 else f"{NEW_FOLDER}-{n}") for n in range(1, 10_000))
        folder = next(here, None) or next(place for place in numbered if _is_ours(place) or _is_free(place))
    folder = folder.resolve()
    if _is_clone(folder):
        print(f"Opening the clone {folder}")
        return folder
    new = not _is_ours(folder)
    shipped = _shipped(package)
    folder.mkdir(parents=True, exist_ok=True)
    # The mark comes first: a copy that was cut short is then completed by the next start.
    (folder / MARK).touch()
    for name in SHARED:
        _copy_missing(shipped / name, folder / name)
    print(f"Copied the notebooks and sample data into {folder}" if new else f"Opening {folder} as you left it")
    return folder


def _is_clone(folder: Path) -> bool:
    return (folder / "dicomview" / "__init__.py").is_file() and all((folder / name).is_dir() for name in SHARED)


def _is_ours(folder: Path) -> bool:
    return (folder / MARK).is_file()


def _is_free(folder: Path) -> bool:
    return not os.path.lexists(folder) or (folder.is_dir() and not any(folder.iterdir()))


def _shipped(package: Path) -> Path:
    """Find the folder with the notebooks and sample data: in the wheel, or the clone of an editable install."""
    for place in (package / "share", package.parent):
        if all((place / name).is_dir() for name in SHARED):
            return place
    raise DicomviewError(
        f"this installation ({package}) holds no notebooks; install dicomview again: "
        'python -m pip install --force-reinstall "dicomview[lab]"'
    )


def _copy_missing(source: Path, target: Path) -> None:
    target.mkdir(exist_ok=True)
    for original in sorted(source.rglob("*")):
        place = original.relative_to(source)
        copy = target / place
        if LEFT_OUT.intersection(place.parts) or original.is_dir() or os.path.lexists(copy):
            continue
        copy.parent.mkdir(parents=True, exist_ok=True)
        partial = copy.with_name(f"{copy.name}.partial")
        shutil.copyfile(original, partial)
        partial.rename(copy)


# --- which port ------------------------------------------------------------------------------------------------------


def _first_free_port() -> int:
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with contextlib.suppress(OSError):
            _try_port(port)
            return port
    raise DicomviewError(f"no port from {FIRST_PORT} to {FIRST_PORT + 199} is free; give another one with --port.")


def _checked_port(port: int) -> int:
    try:
        _try_port(port)
    except OSError as error:
        raise DicomviewError(
            f"port {port} cannot be used, most likely another program has it ({error.strerror}); "
            "leave --port out to take the first free one, or give another number."
        ) from error
    return port


def _try_port(port: int) -> None:
    """Take and release the port on every address of localhost, as JupyterLab will; OSError when that fails."""
    for family, kind, protocol, _, address in socket.getaddrinfo("localhost", port, type=socket.SOCK_STREAM):
        try:
            probe = socket.socket(family, kind, protocol)
        except OSError:
            continue  # an address family that this system names and does not have
        with probe:
            if os.name == "posix":
                # Without it a port left a minute ago counts as taken; on Windows it would allow a second owner.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind(address)
            except OSError as error:
                if error.errno != errno.EADDRNOTAVAIL:  # IPv6 switched off: JupyterLab does without it as well
                    raise


# --- the server ------------------------------------------------------------------------------------------------------


@contextlib.contextmanager
def _interrupts() -> Iterator[list[int]]:
    """Collect the wishes to stop: Ctrl-C, a polite kill, a closed terminal.

    A handler that raised could do so between the start of JupyterLab and the line that guards it.
    """
    asked: list[int] = []
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda number, _: asked.append(number)) for name in names}
    try:
        yield asked
    finally:
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler or signal.SIG_DFL)


@dataclass
class Server:
    """One JupyterLab, run by the Python that runs this command and reachable from this machine only.

    Parameters
    ----------
    folder : Path
        What JupyterLab shows; its first notebook is opened.
    port : int
        A free port.
    private : Path
        A folder for the log that no other user can read.
    """

    folder: Path
    port: int
    private: Path
    token: str = field(default_factory=lambda: secrets.token_hex(24), repr=False)

    def run(self, asked: list[int], *, browser: bool) -> int:
        """Start, announce the address, and wait until JupyterLab ends or a wish to stop stands in `asked`."""
        print("Starting JupyterLab ...", flush=True)
        child = self._start()
        try:
            deadline = time.monotonic() + START_LIMIT
            while (answer := self._ask("GET", "/api/status")) == 0:
                if asked:
                    return 0
                if child.poll() is not None:
                    raise DicomviewError(f"JupyterLab ended with code {child.returncode} at its start:\n{self._tail()}")
                if time.monotonic() > deadline:
                    raise DicomviewError(f"JupyterLab did not answer in {START_LIMIT:.0f} s:\n{self._tail()}")
                time.sleep(0.1)
            self._announce(locked=answer in (401, 403), browser=browser)
            while not asked and child.poll() is None:
                time.sleep(0.1)
            if not asked and child.returncode:
                raise DicomviewError(f"JupyterLab ended with code {child.returncode}:\n{self._tail()}")
            return 0
        finally:
            self._stop(child, asked)

    def _start(self) -> subprocess.Popen[bytes]:
        command = [
            *(sys.executable, "-m", "jupyterlab", "--log-level=WARN"),
            *("--ServerApp.ip=localhost", f"--ServerApp.port={self.port}", "--ServerApp.port_retries=0"),
            *("--ServerApp.base_url=/", "--ServerApp.open_browser=False", f"--ServerApp.root_dir={self.folder}"),
        ]
        # JupyterLab would greet a newcomer with a question about its news. Whoever once answered it keeps the answer:
        # this changes the default alone, which --LabApp.news_url=None does not (the question comes all the same).
        defaults = self.private / "labconfig" / "default_setting_overrides.json"
        defaults.parent.mkdir()
        defaults.write_text(json.dumps({"@jupyterlab/apputils-extension:notification": {"fetchNews": "false"}}))
        more = [str(self.private), *filter(None, [os.environ.get("JUPYTER_CONFIG_PATH")])]
        # A kernel that the user once registered must not stand in for the environment that has dicomview.
        environment = os.environ | {
            "JUPYTER_TOKEN": self.token,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(more),
            "JUPYTER_PREFER_ENV_PATH": "1",
        }
        # In a process group of its own JupyterLab does not see our Ctrl-C and asks nothing.
        flags = 0
        if sys.platform == "win32":
            flags = subprocess.CREATE_NEW_PROCESS_GROUP
        elif os.geteuid() == 0:
            command.append("--allow-root")
        with self._log.open("wb") as log:
            # The current folder is the private one, so that no random.py of the user's is taken for Python's.
            return subprocess.Popen(
                command,
                cwd=self.private,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                creationflags=flags,
                start_new_session=os.name == "posix",
            )

    def _announce(self, *, locked: bool, browser: bool) -> None:
        notebook = next(iter(sorted((self.folder / "notebooks").glob("*.ipynb"))), None)
        address = f"http://localhost:{self.port}/lab"
        if notebook is not None:
            address += f"/tree/notebooks/{urllib.parse.quote(notebook.name)}"
        if locked:
            print("Your own Jupyter configuration sets a password or token; JupyterLab will ask for it.")
        else:
            address += f"?token={self.token}"
        print(f"JupyterLab is ready: {address}\nPress Ctrl-C to stop.", flush=True)
        # Where there is no screen Python would start a text browser inside this terminal.
        screen = sys.platform != "linux" or any(os.environ.get(n) for n in ("DISPLAY", "WAYLAND_DISPLAY", "BROWSER"))
        if browser and screen:
            with contextlib.suppress(webbrowser.Error, OSError):
                webbrowser.open(address)

    def _stop(self, child: subprocess.Popen[bytes], asked: list[int]) -> None:
        if child.poll() is None:
            # Over HTTP because Windows has no polite signal; JupyterLab ends its kernels first.
            if self._ask("GET", "/api/status") == 200:
                self._ask("POST", "/api/shutdown")
            else:
                child.terminate()
            for harder in (child.terminate, child.kill):
                deadline = time.monotonic() + STOP_LIMIT
                while child.poll() is None and time.monotonic() < deadline and len(asked) < 2:
                    time.sleep(0.05)
                if child.poll() is None:
                    harder()
        child.wait()
        with contextlib.suppress(OSError):  # the terminal may be gone
            print("JupyterLab is stopped.", flush=True)

    def _ask(self, method: str, path: str) -> int:
        """Send one request and return the HTTP status, 0 when nobody answers."""
        # localhost is never behind a proxy, whatever the environment says.
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        headers = {"Authorization": f"token {self.token}"}
        request = urllib.request.Request(f"http://localhost:{self.port}{path}", headers=headers, method=method)
        try:
            with opener.open(request, timeout=STOP_LIMIT) as response:
                return int(response.status)
        except urllib.error.HTTPError as error:
            with error:
                return error.code
        except (OSError, http.client.HTTPException):
            return 0

    @property
    def _log(self) -> Path:
        return self.private / "jupyterlab.log"

    def _tail(self) -> str:
        return "\n".join(self._log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:])


if __name__ == "__main__":
    sys.exit(main())
