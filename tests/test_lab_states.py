"""The states of widgets in a notebook that is saved before a run."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from jupyter_server.services.contents.largefilemanager import AsyncLargeFileManager
from tornado.web import HTTPError

from dicomview.lab.states import keep

if TYPE_CHECKING:
    from pathlib import Path

VIEW, STATE = "application/vnd.jupyter.widget-view+json", "application/vnd.jupyter.widget-state+json"


def notebook_of(shown: list[str], states: dict[str, Any] | None) -> dict[str, Any]:
    outputs = [
        {"output_type": "display_data", "metadata": {}, "data": {VIEW: {"model_id": name}, "text/plain": "view"}}
        for name in shown
    ]
    outputs.append({"output_type": "stream", "name": "stdout", "text": "words"})
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "source": "", "execution_count": None, "outputs": outputs}
    text = {"cell_type": "markdown", "id": "b", "metadata": {}, "source": "text"}
    held = {} if states is None else {"widgets": {STATE: {"version_major": 2, "version_minor": 0, "state": states}}}
    return {"nbformat": 4, "nbformat_minor": 5, "metadata": held, "cells": [cell, text]}


def state(**traits: Any) -> dict[str, Any]:
    return {"model_name": "AnyModel", "model_module": "anywidget", "model_module_version": "*", "state": traits}


@pytest.fixture
def save(tmp_path: Path) -> Any:
    """``save(notebook)``: the states that a real server then has in the file; ``save(…, before=notebook)`` over one."""

    def saved(notebook: dict[str, Any], before: dict[str, Any] | None = None, name: str = "deep/one.ipynb") -> Any:
        manager: Any = AsyncLargeFileManager(root_dir=str(tmp_path))
        manager.register_pre_save_hook(keep)
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        if before is not None:
            file.write_text(json.dumps(before), "utf-8")
        with ThreadPoolExecutor(1) as aside:  # the browser of other tests has a loop in this thread
            model = {"type": "notebook", "format": "json", "content": notebook}
            aside.submit(lambda: asyncio.run(manager.save(model, name))).result()
        return json.loads(file.read_text("utf-8"))["metadata"].get("widgets", {}).get(STATE, {}).get("state")

    return saved


def test_states_that_are_still_shown_stay_with_what_they_are_made_of(save: Any) -> None:
    states = {
        "box": state(_esm='say("it\'s")', children=["IPY_MODEL_view"], layout="IPY_MODEL_layout"),
        "view": state(window=[40, 400]) | {"buffers": [{"path": ["x"], "encoding": "base64", "data": "AAAA"}]},
        "layout": state(),
        "output": state(outputs=[{"output_type": "display_data", "data": {VIEW: {"model_id": "inside"}}}]),
        "inside": state(),
        "other": state(),
    }
    kept = {name: one for name, one in states.items() if name != "other"}
    assert save(notebook_of(["box", "output"], {}), before=notebook_of(["box", "output", "other"], states)) == kept


def test_living_states_replace_those_of_the_file(save: Any) -> None:
    old = {"a": state(index=1), "b": state(index=1, child="IPY_MODEL_a"), "c": state()}
    new = {"a": state(index=7)}
    kept = {"a": new["a"], "b": old["b"]}
    assert save(notebook_of(["a", "b"], new), before=notebook_of(["a", "b", "c"], old)) == kept


@pytest.mark.parametrize("before", [None, notebook_of(["gone"], None), notebook_of([], {"else": state()})])
def test_what_no_file_knows_is_left_alone(before: dict[str, Any] | None, save: Any) -> None:
    assert save(notebook_of(["gone"], {}), before=before) == {}


def test_states_are_let_go_with_the_outputs_or_with_all_states(save: Any) -> None:
    """The second is what somebody saves who has JupyterLab save none, or takes them out."""
    before = notebook_of(["a"], {"a": state()})
    assert save(notebook_of([], {}), before=before) == {}
    assert save(notebook_of(["a"], None), before=before) is None


def test_an_entry_without_states_is_one_of_no_states(save: Any) -> None:
    notebook = notebook_of(["a"], {})
    del notebook["metadata"]["widgets"][STATE]["state"]
    assert save(notebook, before=notebook_of(["a"], {"a": state()})) == {"a": state()}


def test_a_damaged_file_does_not_keep_a_notebook_from_being_saved(save: Any, tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_text("{")
    assert save(notebook_of(["a"], {"b": state()}), name="one.ipynb") == {"b": state()}


def test_nothing_is_read_outside_of_the_folder(tmp_path: Path) -> None:
    (tmp_path / "one.ipynb").write_text(json.dumps(notebook_of(["a"], {"a": state()})), "utf-8")
    (tmp_path / "inside").mkdir()
    notebook = notebook_of(["a"], {})
    with pytest.raises(HTTPError, match="outside root"):
        keep(
            {"type": "notebook", "content": notebook},
            "../one.ipynb",
            AsyncLargeFileManager(root_dir=str(tmp_path / "inside")),
        )
    assert notebook == notebook_of(["a"], {})


def test_what_is_no_notebook_is_left_alone(tmp_path: Path) -> None:
    model = {"type": "file", "content": "text", "format": "text"}
    keep(model, "a.txt", AsyncLargeFileManager(root_dir=str(tmp_path)))
    assert model == {"type": "file", "content": "text", "format": "text"}


def test_servers_of_the_environment_find_the_extension(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "jupyter_server.extension.serverextension", "list"]
    environment = os.environ | {"JUPYTER_CONFIG_DIR": str(tmp_path)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    assert re.search(r"dicomview\.lab\.states.*enabled", done.stdout + done.stderr)
