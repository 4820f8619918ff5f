"""The command ``dicomview lab``: which folder it opens, what it refuses, and a real start and stop."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import dicomview
from dicomview import cli
from dicomview.errors import DicomviewError
from dicomview.lab import server
from dicomview.lab.folder import choose_folder

if TYPE_CHECKING:
    from conftest import Lab, StartLab


def fill(folder: Path) -> None:
    """Write what a wheel ships, and what Python and Jupyter leave beside it."""
    for name in ("CONFORMANCE.md", "notebooks/01_first_look.ipynb", "sample_data/ct/0001", "sample_data/ct/0002"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(f"shipped {name}")
    for name in ("sample_data/__pycache__/generate.pyc", "notebooks/.ipynb_checkpoints/01_first_look.ipynb"):
        (folder / name).parent.mkdir(parents=True)
        (folder / name).write_text("left behind")


def files(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def package(tmp_path: Path) -> Path:
    """The package of a wheel install, the notebooks inside it."""
    package = tmp_path / "site-packages" / "dicomview"
    fill(package / "share")
    return package


@pytest.fixture
def start(tmp_path: Path) -> Path:
    start = tmp_path / "home"
    start.mkdir()
    return start


COPIES = [
    ".dicomview-lab",
    "CONFORMANCE.md",
    "notebooks/01_first_look.ipynb",
    "sample_data/ct/0001",
    "sample_data/ct/0002",
]


# --- which folder ----------------------------------------------------------------------------------------------------


def test_the_wheel_s_notebooks_and_data_are_copied(
    package: Path, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = choose_folder(start, None, package)
    assert folder == start / "dicomview-lab"
    assert files(folder) == COPIES
    assert capsys.readouterr().out == f"Copied the notebooks and sample data into {folder}\n"


def test_an_editable_install_copies_from_its_clone(tmp_path: Path, start: Path) -> None:
    fill(tmp_path / "clone")
    assert files(choose_folder(start, None, tmp_path / "clone" / "dicomview")) == COPIES


def test_the_folder_is_reused_and_nothing_is_overwritten(
    package: Path, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = choose_folder(start, None, package)
    (folder / "notebooks" / "01_first_look.ipynb").write_text("my work")
    (folder / "mine.ipynb").write_text("mine")
    (package / "share" / "notebooks" / "02_new.ipynb").write_text("of a later version")
    capsys.readouterr()
    assert choose_folder(start, None, package) == folder
    assert (folder / "notebooks" / "01_first_look.ipynb").read_text() == "my work"
    assert files(folder) == sorted([*COPIES, "mine.ipynb", "notebooks/02_new.ipynb"])
    assert capsys.readouterr().out == f"Opening {folder} as you left it\n"


def test_started_inside_the_folder_no_second_one_is_made(package: Path, start: Path) -> None:
    folder = choose_folder(start, None, package)
    assert choose_folder(folder / "notebooks", None, package) == folder


def test_a_foreign_folder_of_that_name_is_left_alone(package: Path, start: Path) -> None:
    for name in ("dicomview-lab", "dicomview-lab-2"):
        (start / name).mkdir()
        (start / name / "thesis.txt").write_text("mine")
    assert choose_folder(start, None, package) == start / "dicomview-lab-3"
    assert files(start / "dicomview-lab") == ["thesis.txt"]
    assert choose_folder(start, None, package) == start / "dicomview-lab-3"


def test_an_empty_folder_of_that_name_is_taken(package: Path, start: Path) -> None:
    (start / "dicomview-lab").mkdir()
    assert choose_folder(start, None, package) == start / "dicomview-lab"


@pytest.mark.parametrize("inside", [".", "notebooks"])
def test_in_a_clone_the_clone_is_opened(
    inside: str, package: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    clone = tmp_path / "clone"
    fill(clone)
    (clone / "dicomview").mkdir()
    (clone / "dicomview" / "__init__.py").touch()
    before = files(clone)
    assert choose_folder(clone / inside, None, package) == clone
    assert files(clone) == before
    assert capsys.readouterr().out == f"Opening the clone {clone}\n"


def test_the_folder_asked_for_is_made(package: Path, start: Path, tmp_path: Path) -> None:
    assert choose_folder(start, Path("deep/new"), package) == start / "deep" / "new"
    assert files(start / "deep" / "new") == COPIES
    assert choose_folder(start, tmp_path / "absolute", package) == tmp_path / "absolute"
    assert choose_folder(start, tmp_path / "absolute", package) == tmp_path / "absolute"


def test_a_folder_with_other_things_is_refused(package: Path, start: Path) -> None:
    (start / "scan.dcm").write_text("mine")
    with pytest.raises(DicomviewError, match="already holds other things"):
        choose_folder(start, Path(), package)
    with pytest.raises(DicomviewError, match="already holds other things"):
        choose_folder(start, Path("scan.dcm"), package)
    assert files(start) == ["scan.dcm"]


def test_an_installation_without_notebooks_says_so_and_leaves_no_folder(tmp_path: Path, start: Path) -> None:
    with pytest.raises(DicomviewError, match="holds no notebooks"):
        choose_folder(start, None, tmp_path / "dicomview")
    assert list(start.iterdir()) == []


# --- what is refused, in one sentence --------------------------------------------------------------------------------


def test_without_jupyterlab_the_pip_line_is_named(
    monkeypatch: pytest.MonkeyPatch, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    monkeypatch.chdir(start)
    assert cli.main(["lab"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert 'python -m pip install "dicomview[lab]"' in said
    assert list(start.iterdir()) == []


def test_a_port_in_use_is_refused(
    monkeypatch: pytest.MonkeyPatch, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(start)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        assert cli.main(["lab", "--port", str(port)]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert f"port {port} cannot be used" in said
    assert list(start.iterdir()) == []


def test_the_first_free_port_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        monkeypatch.setattr(server, "FIRST_PORT", port)
        assert port < server.first_free_port() < port + 200


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "٣"])
def test_a_port_that_is_none(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["lab", "--port", text])
    assert stop.value.code == 2
    assert "port" in capsys.readouterr().err


def test_a_place_where_no_folder_can_be_made(
    monkeypatch: pytest.MonkeyPatch, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (start / "scan.dcm").touch()
    monkeypatch.chdir(start)
    assert cli.main(["lab", "--folder", "scan.dcm/new"]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1
    assert "the notebooks could not be copied" in said


def test_jupyterlab_that_cannot_start_shows_its_last_lines(
    monkeypatch: pytest.MonkeyPatch, start: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (start / "jupyterlab.py").write_text("raise SystemExit('the moon is full')")
    monkeypatch.setenv("PYTHONPATH", str(start))
    monkeypatch.chdir(start)
    assert cli.main(["lab", "--no-browser", "--folder", "new"]) == 1
    said = capsys.readouterr().err
    assert "JupyterLab ended with code 1" in said
    assert "the moon is full" in said


# --- the rest of the command line ------------------------------------------------------------------------------------


def test_version(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        cli.main(["--version"])
    assert not stop.value.code
    assert capsys.readouterr().out == f"dicomview {dicomview.__version__}\n"


def test_alone_it_shows_what_it_can_do(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main([]) == 0
    assert "open JupyterLab on the first notebook" in capsys.readouterr().out


def test_the_command_waits_neither_for_pydicom_nor_for_widgets() -> None:
    heavy = "{'pydicom', 'numpy', 'pandas', 'matplotlib', 'ipywidgets', 'anywidget'}"
    code = f"import sys, dicomview.cli; print(sorted({heavy} & set(sys.modules)))"
    environment = os.environ | {"PYTHONPATH": str(Path(dicomview.__file__).parent.parent)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


# --- a real start ----------------------------------------------------------------------------------------------------


def fetch(url: str, token: str = "", *, put: bytes | None = None) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    headers = {"Authorization": f"token {token}"} if token else {}
    method = "GET" if put is None else "PUT"
    request = urllib.request.Request(url, data=put, headers=headers, method=method)
    with opener.open(request, timeout=60) as answer:
        return str(answer.read().decode())


def test_a_real_start_answers_and_ctrl_c_ends_it_well(start_lab: StartLab, start: Path) -> None:
    with start_lab(start) as lab:
        assert lab.folder == start / "dicomview-lab"
        assert "started" in json.loads(fetch(f"{lab.address}/api/status", lab.token))
        with pytest.raises(urllib.error.HTTPError) as refused:
            fetch(f"{lab.address}/api/status")
        refused.value.close()
        assert refused.value.code == 403
        # It shows the new folder, opens a notebook that is there, and does not ask about news.
        names = {entry["name"] for entry in json.loads(fetch(f"{lab.address}/api/contents", lab.token))["content"]}
        assert {"notebooks", "sample_data"} <= names
        if notebook := re.search(r"/lab/tree/(.+)\?", lab.url):
            assert fetch(f"{lab.address}/api/contents/{notebook[1]}?content=0", lab.token)
        assert setting(lab, "@jupyterlab/apputils-extension:notification")["fetchNews"] == "false"
        if sys.platform == "linux":
            shown = Path("/proc").glob("[0-9]*/cmdline")
            assert not any(lab.token in path.read_text(errors="replace") for path in shown if path.exists())
        assert lab.interrupt() == 0
        said = lab.console.read_text(encoding="utf-8").splitlines()
        with pytest.raises(urllib.error.URLError):
            fetch(f"{lab.address}/api/status", lab.token)
    assert said[1:] == ["Starting JupyterLab ...", f"JupyterLab is ready: {lab.url}", *said[-2:]]
    assert said[-2:] == ["Press Ctrl-C to stop.", "JupyterLab is stopped."]


def setting(lab: Lab, plugin: str) -> dict[str, Any]:
    """What holds for a plugin: the defaults, and over them what the user has chosen."""
    answer = json.loads(fetch(f"{lab.address}/lab/api/settings/{plugin}", lab.token))
    defaults = {name: one["default"] for name, one in answer["schema"]["properties"].items() if "default" in one}
    return defaults | answer["settings"]


def test_widgets_are_saved_with_a_notebook_unless_the_user_has_chosen_otherwise(
    start_lab: StartLab, start: Path
) -> None:
    plugin = "@jupyter-widgets/jupyterlab-manager:plugin"
    with start_lab(start) as lab:
        assert setting(lab, plugin)["saveState"] is True
        choice = json.dumps({"raw": json.dumps({"saveState": False})}).encode()
        fetch(f"{lab.address}/lab/api/settings/{plugin}", lab.token, put=choice)
        assert setting(lab, plugin)["saveState"] is False


@pytest.mark.skipif(os.name != "posix", reason="Windows ends a process without asking it")
def test_a_polite_kill_ends_it_well(start_lab: StartLab, start: Path) -> None:
    with start_lab(start, "--folder", "new") as lab:
        assert lab.folder == start / "new"
        lab.process.terminate()
        assert lab.process.wait(60) == 0
        with pytest.raises(urllib.error.URLError):
            fetch(f"{lab.address}/api/status", lab.token)
