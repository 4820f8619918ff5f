"""The front of the house: its names, its imports, its words, and what a newcomer gets wrong."""

from __future__ import annotations

import doctest
import importlib
import inspect
import json
import pkgutil
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path

import phantoms
import pytest
from pydicom import uid as uids
from pydicom.encaps import encapsulate
from wire import asked

import dicomview as dv
from dicomview import errors
from dicomview.demo.synthetic import write

ROOT = Path(dv.__file__).parent.parent
MODULES = sorted(module.name for module in pkgutil.walk_packages(dv.__path__, "dicomview."))


def fresh(code):
    """Run `code` in a Python of its own and return what it prints, read as JSON."""
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], capture_output=True, text=True, cwd=ROOT, check=True
    )
    return json.loads(run.stdout)


# Names


def test_every_public_name_resolves():
    assert dv.__all__ == sorted(dv.__all__)
    for name in dv.__all__:
        assert getattr(dv, name) is not None
        assert name in dir(dv)
    assert set(dv._ROOMS) == set(dv.__all__)


def test_names_are_the_objects_of_their_rooms():
    from dicomview.catalog import tags
    from dicomview.render import picture
    from dicomview.space import read_series
    from dicomview.views import figure, view

    assert (dv.tags, dv.picture, dv.read_series, dv.figure, dv.view) == (tags, picture, read_series, figure, view)


@pytest.mark.parametrize("name", ["veiw", "scan_", "__wrapped__", "_nothing"])
def test_other_names_are_attribute_errors(name):
    with pytest.raises(AttributeError, match=f"no attribute '{name}'"):
        getattr(dv, name)
    assert not hasattr(dv, name)


def test_version():
    assert re.match(r"\d+(\.\d+)*", dv.__version__)


def test_import_is_light_and_names_load_what_they_need():
    heavy = ["ipywidgets", "matplotlib", "pydicom", "pandas", "anywidget", "numpy"]
    code = f"""
import json, sys
import dicomview as dv
loaded = lambda: [name for name in {heavy} if name in sys.modules]
steps = [loaded()]
dv.read_series; steps.append(loaded())
dv.picture, dv.Window; steps.append(loaded())
dv.tags; steps.append(loaded())
print(json.dumps(steps))
"""
    alone, reading, picture, tags = fresh(code)
    assert alone == []
    assert not {"ipywidgets", "matplotlib", "pandas", "anywidget"} & set(reading + picture)
    assert not {"ipywidgets", "matplotlib", "anywidget"} & set(tags)


def test_star_import_and_figure_leave_pyplot_and_global_settings_alone():
    code = """
import json, sys, pydicom.config as config
before = {name: repr(value) for name, value in vars(config).items() if not name.startswith("_")}
from dicomview import *
import numpy
figure(numpy.zeros((4, 4)))
after = {name: repr(value) for name, value in vars(config).items() if not name.startswith("_")}
print(json.dumps(["matplotlib.pyplot" in sys.modules, before == after, "view" in globals()]))
"""
    assert fresh(code) == [False, True, True]


# Words


def public(module):
    """The module's own functions, classes and their methods that a user may call."""
    for name in getattr(module, "__all__", []):
        found = inspect.getattr_static(module, name, None)
        if not (inspect.isfunction(found) or inspect.isclass(found)) or found.__module__ != module.__name__:
            continue
        yield name, found
        if inspect.isclass(found):
            for inner, member in vars(found).items():
                member = getattr(member, "fget", None) or getattr(member, "func", None) or member
                member = getattr(member, "__func__", member)
                if not inner.startswith("_") and inspect.isfunction(member):
                    yield f"{name}.{inner}", member


@pytest.mark.parametrize("name", MODULES)
def test_everything_public_is_described(name):
    module = importlib.import_module(name)
    assert (module.__doc__ or "").strip()
    for path, found in public(module):
        text = found.__doc__ or ""
        assert text.strip(), f"{name}.{path} has no docstring"
        assert not text.startswith(f"{path}("), f"{name}.{path} has a generated docstring"


@pytest.mark.parametrize(
    "name", ["view", "picture", "figure", "plot", "histogram", "read_series", "tags", "samples", "edited"]
)
def test_the_doors_describe_every_parameter(name):
    door = getattr(dv, name)
    text = inspect.getdoc(door)
    assert "Parameters\n" in text
    assert "Raises\n" in text
    assert "Examples\n" in text
    for parameter in inspect.signature(door).parameters:
        if parameter != "axes":
            assert re.search(rf"\b{parameter}\b", text), parameter
    # Every error promised is one of dicomview's own.
    for promised in re.findall(r"^(?:[A-Z]\w+)(?:, [A-Z]\w+)*$", text.split("Raises\n")[1], re.M):
        for word in promised.split(", "):
            if word not in ("Examples", "Notes", "Returns"):
                assert hasattr(errors, word), word


def test_what_goes_out_is_described_and_loads_no_widget():
    for name in dv.export.__all__:
        text = inspect.getdoc(getattr(dv.export, name))
        assert "Parameters\n" in text
        assert "Raises\n" in text
        for parameter in inspect.signature(getattr(dv.export, name)).parameters:
            assert re.search(rf"\b{parameter}\b", text), (name, parameter)
    code = """
import json, sys
import dicomview as dv
dv.export.nifti, dv.export.png, dv.export.movie, dv.export.dicom, dv.samples, dv.save
print(json.dumps([name for name in ("ipywidgets", "anywidget", "nibabel", "imageio", "torch") if name in sys.modules]))
"""
    assert fresh(code) == []


@pytest.mark.parametrize("name", ["dicomview", *MODULES])
def test_examples_are_true(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    found = doctest.testmod(importlib.import_module(name), optionflags=doctest.NORMALIZE_WHITESPACE)
    assert found.failed == 0


# What a newcomer gets wrong


def png(path):
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    path.write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")
    )


def refused(call, kind):
    """Return what the newcomer reads: one of dicomview's own errors, in words, without the patient."""
    with pytest.raises(kind) as caught:
        call()
    assert isinstance(caught.value, dv.DicomviewError)
    text = str(caught.value)
    assert len(text) > 30
    assert "Traceback" not in text
    assert "object at 0x" not in text
    for secret in ("Phantom", "Fictitious", "FICTITIOUS"):
        assert secret not in text
    return text


def one_sentence(text):
    """No full stop in the middle: what, where and what next are parts of one sentence."""
    return "\n" not in text and not re.search(r"\.\s+[A-Z]", text)


DOORS = [dv.view, dv.picture, dv.figure, dv.read_series]
everywhere = pytest.mark.parametrize("door", [*DOORS, dv.tags], ids=lambda door: door.__name__)
pictures = pytest.mark.parametrize("door", [dv.view, dv.picture, dv.figure], ids=lambda door: door.__name__)


@everywhere
def test_wrong_path(door, tmp_path):
    text = refused(lambda: door(tmp_path / "chst"), errors.NothingFound)
    assert one_sentence(text)
    assert "chst" in text


@everywhere
def test_empty_folder(door, tmp_path):
    text = refused(lambda: door(tmp_path), errors.NothingFound)
    assert one_sentence(text)
    assert tmp_path.name in text
    assert "give the folder" in text


@everywhere
def test_folder_of_pngs(door, tmp_path):
    for k in range(3):
        png(tmp_path / f"{k}.png")
    text = refused(lambda: door(tmp_path), errors.NothingFound)
    assert one_sentence(text)
    assert "3 files" in text
    assert "3 .png" in text
    assert "give the folder" in text


def test_unknown_series():
    pile = phantoms.regular()
    text = refused(lambda: dv.read_series(pile, "1.2.3"), errors.UnknownSeries)
    assert "'1.2.3'" in text
    assert pile[0].SeriesInstanceUID in text


@pytest.mark.parametrize("door", DOORS, ids=lambda door: door.__name__)
def test_several_series(door):
    piles = [phantoms.regular(seed=seed) for seed in ("one/a", "one/b")]
    text = refused(lambda: door([*piles[0], *piles[1]]), errors.SeveralSeries)
    for pile in piles:
        assert pile[0].SeriesInstanceUID in text
    assert "uid=" in text
    assert "SeriesDescription" in text


@pytest.mark.parametrize("door", [dv.picture, dv.figure], ids=lambda door: door.__name__)
def test_a_structured_report(door):
    text = refused(lambda: door(phantoms.report()), errors.NotAnImage)
    assert one_sentence(text)
    assert "Basic Text SR" in text
    assert "dv.tags" in text
    assert "dv.view" in text


@pytest.mark.parametrize("door", [dv.picture, dv.figure], ids=lambda door: door.__name__)
def test_a_missing_decoder(door):
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.PixelData = encapsulate([b"\0\0\1\xb3" + bytes(20)])
    ds["PixelData"].is_undefined_length = True
    ds.file_meta.TransferSyntaxUID = uids.MPEG2MPML
    text = refused(lambda: door(ds), errors.NoDecoder)
    assert one_sentence(text)
    assert "MPEG2" in text
    assert "InstanceNumber 1" in text


def test_a_missing_decoder_in_a_view_is_told_in_the_picture():
    (ds,) = phantoms.regular(phantoms.voxels(1))
    ds.file_meta.TransferSyntaxUID = uids.MPEG2MPML
    (sent,) = asked(dv.view(ds), [[0]])
    assert "MPEG2" in sent.text


@pictures
def test_index_out_of_range(door):
    text = refused(lambda: door(phantoms.regular(), index=12), errors.UnknownChoice)
    assert one_sentence(text)
    assert "12" in text
    assert "from 0 to 11" in text


@pictures
def test_misspelt_preset(door):
    text = refused(lambda: door(phantoms.regular(), window="bonee"), errors.UnknownChoice)
    assert one_sentence(text)
    assert "'bonee'" in text
    assert "bone, brain" in text


@pictures
def test_misspelt_plane(door):
    text = refused(lambda: door(phantoms.regular(), plane="coronar"), errors.UnknownChoice)
    assert "axial, coronal, sagittal" in text


@pictures
@pytest.mark.parametrize("source", ["series", "volume", "array", "slice"])
def test_misspelt_keyword_argument(door, source):
    series = dv.read_series(phantoms.regular())
    sources = {"series": series, "volume": series.volume(), "array": phantoms.voxels(), "slice": series[0]}
    text = refused(lambda: door(sources[source], windw="lung"), errors.UnknownChoice)
    assert "'windw'" in text


def test_misspelt_keyword_arguments_of_the_others():
    with pytest.raises(TypeError, match="idx"):
        dv.read_series(phantoms.regular(), idx=1)
    with pytest.raises(TypeError, match="keyword"):
        dv.tags(phantoms.regular(), keyword=["KVP"])


def test_a_volume_of_what_is_none():
    text = refused(lambda: dv.read_series(phantoms.missing()).volume(), errors.NotAVolume)
    assert "on_missing" in text


@pictures
def test_a_damaged_slice(door, tmp_path):
    paths = write(phantoms.regular(), tmp_path)
    paths[6].write_bytes(paths[6].read_bytes()[:-40])
    if door is dv.view:
        assert door(tmp_path).index == 6
        return
    assert "InstanceNumber 7" in refused(lambda: door(tmp_path), errors.DamagedPixels)


def test_errors_can_be_caught_by_the_names_python_has_for_them():
    for name in errors.__all__:
        assert issubclass(getattr(errors, name), dv.DicomviewError)
        assert (getattr(errors, name).__doc__ or "").strip()
    assert issubclass(errors.NothingFound, FileNotFoundError)
    assert issubclass(errors.UnknownChoice, ValueError)
