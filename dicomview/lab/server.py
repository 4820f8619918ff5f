"""One JupyterLab as a child process: a free port, a private token, a clean end."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
import webbrowser
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from dicomview.errors import DicomviewError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = ["FIRST_PORT", "Server", "checked_port", "first_free_port", "interrupts"]

FIRST_PORT = 8888
START_LIMIT = 180.0  # seconds; a cold start from a network disk takes more than one minute
STOP_LIMIT = 10.0  # seconds; JupyterLab itself gives a busy kernel five
_SETTINGS = {
    # JupyterLab would greet a newcomer with a question about its news. (--LabApp.news_url=None does not prevent it.)
    "@jupyterlab/apputils-extension:notification": {"fetchNews": "false"},
    # Without its state a widget is not shown in a saved notebook that has no kernel, nor what lies beside it there.
    "@jupyter-widgets/jupyterlab-manager:plugin": {"saveState": True},
}


def first_free_port() -> int:
    """Return the first port from `FIRST_PORT` on that localhost has free."""
    for port in range(FIRST_PORT, FIRST_PORT + 200):
        with contextlib.suppress(OSError):
            _try_port(port)
            return port
    raise DicomviewError(f"no port from {FIRST_PORT} to {FIRST_PORT + 199} is free; give another one with --port.")


def checked_port(port: int) -> int:
    """Return `port` when it is free; `DicomviewError` when it is not."""
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


@contextlib.contextmanager
def interrupts() -> Iterator[list[int]]:
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
        # These change the defaults alone: whoever has chosen otherwise keeps the choice.
        defaults = self.private / "labconfig" / "default_setting_overrides.json"
        defaults.parent.mkdir()
        defaults.write_text(json.dumps(_SETTINGS))
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
