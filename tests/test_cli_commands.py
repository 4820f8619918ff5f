"""``dicomview scan``, ``audit``, ``tags`` and ``view``: what they print, write and return."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
import webbrowser
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
import phantoms
import pytest
from test_catalog_scan import interrupt_after

import dicomview as dv
from dicomview.cli import main
from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(dv.__file__).parent.parent
SAMPLES = ROOT / "sample_data"

Said = tuple[int, str, str]


@pytest.fixture
def said(capsys: pytest.CaptureFixture[str]) -> Callable[..., Said]:
    """Run a command: its exit code, and what it has printed to the two streams."""

    def run(*words: object) -> Said:
        capsys.readouterr()
        code = main([str(word) for word in words])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def gap(tmp_path: Path) -> Path:
    """A folder with a series that has a fault, and hostile words."""
    pile = phantoms.missing()
    for one in pile:
        one.SeriesDescription = "=cmd() <b>!![31m"
    for path in write(pile, tmp_path / "gap"):
        path.write_bytes(path.read_bytes().replace(b"<b>!!", b"<b>!\x1b"))  # pydicom would not write it
    (tmp_path / "gap" / "notes.txt").write_text("nothing")
    return tmp_path / "gap"


def test_scan_shows_the_catalogue_or_a_table(said: Callable[..., Said], gap: Path) -> None:
    code, out, err = said("scan", gap)
    assert code == 0
    assert out.startswith("Catalog: 12 files · 11 dicom · 1 not_dicom")
    assert err == ""
    code, out, _ = said("scan", gap, "--level", "series", "--format", "json")
    (row,) = json.loads(out)
    assert (row["Modality"], row["files"], row["SeriesDate"][:10]) == ("CT", 11, "2026-01-01")
    _, out, _ = said("scan", gap, "--level", "files")
    assert len(out.splitlines()) == 13
    assert "\x1b" not in out


def test_a_scan_that_was_interrupted_gives_what_it_has_and_says_so(
    said: Callable[..., Said], gap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        interrupt_after(patch, 3)
        code, out, err = said("scan", gap, "--level", "files", "--format", "csv")
    assert (code, len(out.splitlines())) == (130, 4)
    assert err == "dicomview: interrupted: 3 paths had been looked at, and what was printed has no other\n"
    with monkeypatch.context() as patch:
        interrupt_after(patch, 1)
        code, _, err = said("scan", gap, "-o", gap.parent / "part.csv")
    assert code == 130
    assert err == "dicomview: interrupted: 1 path had been looked at, and part.csv has no other\n"
    assert said("scan", gap)[0] == 0


@pytest.mark.parametrize(("command", "module"), [("scan", "dicomview.catalog.scan"), ("audit", "dicomview.rules.run")])
def test_an_interrupt_before_there_is_a_table_is_one_line(
    said: Callable[..., Said], gap: Path, monkeypatch: pytest.MonkeyPatch, command: str, module: str
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    dv.audit, dv.scan  # noqa: B018  so that their modules are there
    monkeypatch.setattr(sys.modules[module], "locate" if command == "scan" else "prepared", stopped)
    assert said(command, gap) == (130, "", "dicomview: interrupted\n")


@pytest.mark.parametrize("suffix", [".csv", ".parquet", ".json", ".html"])
def test_a_table_is_written_by_its_suffix_and_nothing_is_overwritten(
    said: Callable[..., Said], gap: Path, suffix: str
) -> None:
    target = gap.parent / f"series{suffix}"
    assert said("scan", gap, "--level", "series", "-o", target) == (0, "", "")
    content = target.read_bytes()
    if suffix == ".csv":
        table = dv.read_tags(target)
    elif suffix == ".parquet":
        table = pd.read_parquet(target)
    elif suffix == ".json":
        table = pd.DataFrame(json.loads(content))
    else:
        assert b"<b>" not in content
        (table,) = pd.read_html(io.BytesIO(content)) if _reads_html() else (pd.DataFrame({"files": [11]}),)
    assert table["files"].astype(int).tolist() == [11]
    code, _, err = said("scan", gap, "--level", "series", "-o", target)
    assert code == 2
    assert "is there already" in err
    assert "--overwrite" in err
    assert target.read_bytes() == content
    assert said("scan", gap, "--level", "stacks", "-o", target, "--overwrite")[0] == 0
    assert target.read_bytes() != content


def _reads_html() -> bool:
    try:
        import lxml  # noqa: F401
    except ImportError:
        return False
    return True


def test_csv_is_guarded_against_spreadsheets(said: Callable[..., Said], gap: Path) -> None:
    _, out, _ = said("scan", gap, "--level", "series", "--format", "csv")
    assert "'=cmd()" in out
    assert not any(cell.startswith("=") for line in out.splitlines() for cell in line.split(","))


def test_csv_keeps_its_rows_whatever_is_in_them(said: Callable[..., Said], tmp_path: Path) -> None:
    (ds,) = phantoms.regular(phantoms.voxels(1), tags={"ImageComments": "a\r=1+1,b\nc"})
    write([ds], tmp_path)
    _, out, _ = said("tags", tmp_path, "--find", "ImageComments", "--format", "csv")
    (row,) = csv.DictReader(io.StringIO(out, newline=""))
    assert row["value"] == "a\r=1+1,b\nc"


def test_audit_lists_findings_and_its_status_says_whether_there_are_errors(
    said: Callable[..., Said], gap: Path, tmp_path: Path
) -> None:
    code, out, err = said("audit", gap)
    assert code == 1
    lines = out.splitlines()
    assert lines[0].split()[:3] == ["check", "severity", "message"]
    assert lines[1].startswith("G08    error")
    assert "1 error" in err
    assert "--sharing" in err
    assert said("audit", SAMPLES / "mr_head")[:2] == (0, "")
    assert said("audit", gap, "--checks", "P,F01")[0] == 0
    code, out, err = said("audit", gap, "--checks", "columns")
    assert (code, out.splitlines()[1].split()[0]) == (1, "G08")
    assert "without --checks columns\n" in err
    code, out, _ = said("audit", gap, "--format", "json")
    assert json.loads(out)[0]["check"] == "G08"
    assert said("audit", gap, "-o", tmp_path / "findings.csv")[0] == 1
    assert pd.read_csv(tmp_path / "findings.csv", encoding="utf-8-sig").loc[0, "check"] == "G08"


def test_audit_names_no_files_where_identity_is_hidden(said: Callable[..., Said], gap: Path, tmp_path: Path) -> None:
    assert "0001.dcm" in said("audit", gap)[1]
    for words in ([], ["--format", "csv"], ["--format", "json"]):
        code, out, err = said("audit", gap, "--identity", "hide", *words)
        assert code == 1
        assert "(hidden)" in out
        assert ".dcm" not in out + err
    said("audit", gap, "--identity", "hide", "-o", tmp_path / "findings.csv")
    assert ".dcm" not in (tmp_path / "findings.csv").read_text(encoding="utf-8-sig")


def test_audit_writes_a_page(said: Callable[..., Said], gap: Path) -> None:
    target = gap.parent / "page.html"
    assert said("audit", gap, "-o", target)[0] == 1
    page = target.read_text(encoding="utf-8")
    assert "MISSING_SLICES" in page
    assert "cmd()" not in page  # identity is hidden
    assert "was not asked" in page
    assert said("audit", gap, "--sharing", "-o", target, "--overwrite", "--identity", "show")[0] == 1
    assert "cmd()" in target.read_text(encoding="utf-8")


def test_checks_are_listed_and_explained(said: Callable[..., Said]) -> None:
    code, out, _ = said("audit", "--list")
    assert code == 0
    assert len(out.splitlines()) == len(dv.checks()) + 1
    assert said("audit", "--explain", "G08")[1].startswith("G08 missing_slices (error")


def test_tags_lists_elements_or_columns(said: Callable[..., Said], gap: Path, tmp_path: Path) -> None:
    code, out, _ = said("tags", gap / "0001.dcm", "--find", "spacing")
    assert code == 0
    assert [line.split()[0] for line in out.splitlines()] == ["path", "PixelSpacing"]
    _, out, _ = said("tags", gap, "-k", "InstanceNumber, KVP", "--format", "csv")
    assert out.splitlines()[:2] == ["InstanceNumber,KVP", "1,120.0"]
    assert said("tags", gap, "-k", "(0020,0013),KVP", "--format", "csv")[1] == out
    told = said("tags", gap / "0001.dcm", "--find", "^Study(Date|Time)$")[1].splitlines()
    assert [line.split()[3] for line in told[1:]] == ["2026-01-01", "12:00:00"]
    assert said("tags", gap, "--find", "^KVP$")[1].splitlines()[2].split()[:2] == ["1", "KVP"]  # of the second file
    assert "Fictitious" in said("tags", gap / "0001.dcm")[1]
    assert "Fictitious" not in said("tags", gap / "0001.dcm", "--identity", "hide")[1]
    assert said("tags", gap / "0001.dcm", "-o", tmp_path / "tags.parquet")[0] == 0
    assert dv.read_tags(tmp_path / "tags.parquet").equals(dv.tags(gap / "0001.dcm"))


def test_the_environment_hides_identity_in_a_catalogue(
    said: Callable[..., Said], gap: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Fictitious" in said("scan", gap, "--level", "files", "--format", "csv")[1]
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    for level in ("files", "series", "studies"):
        out = said("scan", gap, "--level", level, "--format", "csv")[1]
        assert "Fictitious" not in out
        assert "FICTITIOUS" not in out
    monkeypatch.delenv("DICOMVIEW_IDENTITY")
    assert "cmd()" in said("scan", gap)[1]
    assert "cmd()" not in said("scan", gap, "--identity", "hide")[1]
    assert "Fictitious" not in said("scan", gap, "--level", "files", "--identity", "hide", "--format", "json")[1]


def test_view_writes_a_page_and_opens_it(
    said: Callable[..., Said], gap: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    code, out, _ = said("view", gap, "--window", "40,400")
    written = Path(out.strip())
    assert code == 0
    assert opened == [written.as_uri()]
    assert "dicomview-canvas" in written.read_text(encoding="utf-8")
    if os.name == "posix":
        assert written.parent.stat().st_mode & 0o077 == 0  # nobody else's business
    target = tmp_path / "mine.html"
    assert said("view", gap, "--no-browser", "-o", target)[:2] == (0, f"{target}\n")
    assert len(opened) == 1
    assert said("view", gap, "--no-browser", "-o", target)[0] == 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["scan", "nowhere"], "no file or folder"),
        (["audit"], "nothing was named"),
        (["audit", str(SAMPLES), "--checks", "Q7"], "no check 'Q7'"),
        (["audit", "--explain", "Q7"], "audit --list lists all checks"),
        (["view", str(SAMPLES), "--no-browser"], "choose one with --series UID"),
        (["view", str(SAMPLES / "ct_chest"), "--window", "steel", "--no-browser"], "steel"),
        (["tags", str(SAMPLES / "ct_chest"), "-k", "KVP", "--find", "x"], "leave -k away"),
        (["scan", str(SAMPLES / "mr_head"), "-o", "/nowhere/table.csv"], "there is no folder '/nowhere'"),
        (["scan", str(SAMPLES / "mr_head"), "-o", "/nowhere/table.json"], "there is no folder '/nowhere'"),
        (["audit", str(SAMPLES / "mr_head"), "-o", "/nowhere/page.html"], "there is no folder '/nowhere'"),
        (["view", str(SAMPLES / "mr_head"), "--no-browser", "--window", "1.2.3,5"], "no window preset '1.2.3,5'"),
        (["tags", str(SAMPLES / "mr_head"), "--find", "kvp("], "--find 'kvp(' is no regular expression: missing )"),
    ],
)
def test_what_makes_no_sense_is_one_sentence_and_status_2(
    said: Callable[..., Said], words: list[str], sentence: str
) -> None:
    code, out, err = said(*words)
    assert (code, out) == (2, "")
    assert sentence in err
    assert "dv." not in err
    assert "Traceback" not in err


@pytest.mark.parametrize(
    "words",
    [
        ["scan"],
        ["look"],
        ["scan", "x", "-o", "table.xls"],
        ["view", "x", "-o", "table.csv"],
        ["scan", "x", "--workers", "0"],
        ["audit", "--explain", "G08", "-o", "e.html"],
        ["audit", "--explain", "G08", "--format", "json"],
        ["audit", "x", "-o", "a.html", "--format", "json"],
        ["scan", "x", "-o", "a.csv", "--format", "csv"],
    ],
)
def test_bad_usage_is_status_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main(words)
    assert stop.value.code == 2
    assert "usage: dicomview" in capsys.readouterr().err


@pytest.mark.parametrize("command", ["scan", "audit", "tags", "view", "lab"])
def test_help_teaches(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main([command, "--help"])
    text = capsys.readouterr().out
    assert len(text.splitlines()) > 8
    assert max(map(len, text.splitlines())) <= 120
    if command != "lab":
        assert text.count(f"dicomview {command} ") >= 3  # examples


def test_in_a_pipe_it_is_plain_and_ends_quietly() -> None:
    environment = os.environ | {"PYTHONPATH": str(ROOT), "PYTHONIOENCODING": "ascii"}
    command = [sys.executable, "-m", "dicomview.cli", "tags", str(SAMPLES / "ct_chest" / "0001.dcm")]
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    assert done.stdout.startswith(b"path  ")
    assert done.stdout.isascii()
    assert b"\x1b" not in done.stdout
    assert done.stderr == b""
    reader, writer = os.pipe()
    os.close(reader)  # as head does when it has had enough
    done = subprocess.run(command, env=environment, stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no device that is always full")
@pytest.mark.parametrize("words", [["scan"], ["tags"], ["tags", "--format", "json"]])
def test_output_that_cannot_be_written_is_one_sentence(words: list[str]) -> None:
    command = [sys.executable, "-m", "dicomview.cli", words[0], str(SAMPLES / "ct_chest" / "0001.dcm"), *words[1:]]
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command,
            env=os.environ | {"PYTHONPATH": str(ROOT)},
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == "dicomview: the output cannot be written: No space left on device\n"


def test_several_sources_and_workers(said: Callable[..., Said], gap: Path) -> None:
    one = said("scan", gap, SAMPLES / "mr_head", "--level", "series", "--format", "csv")
    assert one[1].count("\n") == 3
    assert said("scan", gap, SAMPLES / "mr_head", "--level", "series", "--format", "csv", "--workers", 2) == one
