"""The page about a set of files: all is in it, nothing of the patient, and a browser shows it on any screen."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import phantoms
import pytest
from faults import change
from oracles import put_raw
from pydicom import uid
from test_html import Reader

import dicomview as dv
from dicomview.demo.synthetic import demo_uid, write
from dicomview.errors import AlreadyThere, NothingFound
from dicomview.summary.spread import of_numbers, of_words

if TYPE_CHECKING:
    from playwright.sync_api import Browser

SAMPLES = Path(__file__).parent.parent / "sample_data"
NASTY = "<img src=x onerror=alert(1)>"


def captures() -> list[Any]:
    pile = phantoms.regular(phantoms.voxels(4), seed="phantom/captures", tags={"SeriesNumber": "2"})
    return change(pile, SOPClassUID=uid.SecondaryCaptureImageStorage, Modality="OT")


def mixed() -> list[Any]:
    """Return a series with a gap, one of screens, and a report; their words are hostile."""
    pile = [*phantoms.missing(), *captures()]
    for one in pile:
        put_raw(one, 0x0008103E, "LO", NASTY.encode())
        put_raw(one, 0x00080070, "LO", NASTY.encode())
        put_raw(one, 0x00281050, "DS", b"<b>x")
    report = phantoms.report()
    report.SeriesInstanceUID = demo_uid("report")
    return [*pile, report]


def page_of(source: Any, folder: Path, **options: Any) -> str:
    return dv.report(source, folder / "page.html", progress=False, **options).read_text(encoding="utf-8")


def test_all_parts_are_there_and_nothing_is_loaded(tmp_path: Path) -> None:
    page = page_of([SAMPLES / name for name in ("ct_chest", "mr_head", "broken")], tmp_path)
    read = Reader(re.sub(r"<(meta|input)([^>]*)>", r"<\1\2></\1>", page.replace("<!doctype html>", "")))
    for words in ("152files", "5series", "MISSING_SLICES", "Tube voltage [kV]", "PatientID is there", "SHEAR"):
        assert words in read.said, words
    assert "default-src 'none'" in page
    sources = [attributes["src"] for tag, attributes in read.tags if tag == "img"]
    assert len(sources) == 6
    assert all(source.startswith("data:image/png;base64,") for source in sources)
    assert not re.search(r"(?:href|src)=\"(?!#|data:)|url\(|@import|https?://", page)
    assert len(page) < 200_000


def test_words_of_files_are_words(tmp_path: Path) -> None:
    page = page_of(mixed(), tmp_path, identity="show")
    assert NASTY not in page
    assert "&lt;img src=x onerror=alert(1)&gt;" in page
    assert "<b>x" not in page


def test_identity_is_hidden_unless_it_is_to_be_shown(tmp_path: Path) -> None:
    folder = tmp_path / "Fictitious_Phantom"
    write(phantoms.regular(tags={"SeriesDescription": "of somebody"}), folder)
    write(captures(), folder, name="{:04d}.capture")
    source = [folder]
    hidden = page_of(source, tmp_path)
    for word in ("Fictitious", "FICTITIOUS", "somebody", "0001.dcm", "19700101"):
        assert word not in hidden, word
    assert "text may be written into the pixels" in hidden
    assert hidden.count("data:image/png") == 1
    shown = page_of(source, tmp_path, identity="show", overwrite=True)
    assert "of somebody" in shown
    assert shown.count("data:image/png") == 2
    assert "not for sharing" in shown


def test_the_environment_cannot_be_undone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DICOMVIEW_IDENTITY", "hide")
    pile = phantoms.regular(tags={"SeriesDescription": "of somebody"})
    assert "somebody" not in page_of(pile, tmp_path, identity="show")
    monkeypatch.delenv("DICOMVIEW_IDENTITY")
    options: dict[str, Any] = {"identity": "show", "overwrite": True}
    assert "somebody" not in page_of(dv.scan(pile, identity="hide"), tmp_path, **options)
    assert "somebody" in page_of(dv.scan(pile), tmp_path, **options)


def test_it_is_never_written_over_another_file(tmp_path: Path) -> None:
    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(AlreadyThere, match="overwrite=True"):
        page_of(phantoms.regular(), tmp_path)
    assert (tmp_path / "page.html").read_text() == "mine"
    with pytest.raises(NothingFound):
        dv.report(tmp_path / "nowhere", tmp_path / "new.html")
    assert not (tmp_path / "new.html").exists()
    with pytest.raises(NothingFound, match="make it first"):
        dv.report(phantoms.regular(), tmp_path / "nowhere" / "new.html", progress=False)


def test_what_was_not_asked_is_said(tmp_path: Path) -> None:
    for options in ({"sharing": False}, {"sharing": False, "checks": "G"}):
        page = page_of(phantoms.regular(), tmp_path, overwrite=True, **options)
        assert "was not asked: sharing=True" in page
        assert "<b>not asked</b><span>of privacy" in page
        assert "A01" not in page


def test_studies_that_share_a_series_uid_share_its_findings(tmp_path: Path) -> None:
    one, other = phantoms.regular(), phantoms.regular()
    for place, ds in enumerate(other):
        ds.StudyInstanceUID, ds.SOPInstanceUID = "1.2.3", f"1.2.3.{place}"
    page = page_of([*one, *other], tmp_path)
    assert page.count("as in row 1") == 1


def test_counts_add_up(tmp_path: Path) -> None:
    page = page_of(SAMPLES, tmp_path)
    sections = dict(re.findall(r'<section id="(\w+)">(.*?)</section>', page, re.DOTALL))
    tiles = re.findall(r"<b>(\d+)</b><span>([\w ]+)", sections["totals"])
    of = {name.removesuffix("s"): int(count) for count, name in tiles}
    found = dv.audit(SAMPLES, sharing=True, progress=False)
    assert of["error"] + of["warning"] + of["note"] + of["of privacy"] == len(found)
    assert f"{len(found)} findings" in sections["totals"]
    cells = " ".join(re.findall(r'data-name="findings">([^<]+)', sections["series"]))
    counted = {noun: sum(map(int, re.findall(rf"(\d+) {noun}", cells))) for noun in ("error", "warning", "note")}
    assert counted == {"error": of["error"], "warning": of["warning"], "note": of["note"] - 1}
    assert "1 further finding, of studies" in sections["series"]  # files that are no DICOM
    files = sum(map(int, re.findall(r'data-name="files">(\d+)', sections["series"])))
    assert f"{files} files in these series" in sections["series"]
    assert files + of["not dicom"] == of["file"]
    listed = sum(map(int, re.findall(r" · (\d+)</summary>", sections["findings"])))
    assert listed == len(found) - of["of privacy"]
    assert sum(map(int, re.findall(r'data-name="findings">(\d+)', sections["privacy"]))) == of["of privacy"]


def test_one_is_singular(tmp_path: Path) -> None:
    page = page_of(phantoms.missing(), tmp_path)
    for tile in ("<b>1</b><span>patient</span>", "<b>1</b><span>study</span>", "<b>1</b><span>error</span>"):
        assert tile in page
    assert "<b>11</b><span>files</span>" in page
    assert "<b>0</b><span>warnings</span>" in page


def test_a_folder_of_nothing_has_a_page(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("nothing")
    assert "There is no series" in page_of(tmp_path, tmp_path)


def test_bars() -> None:
    few = of_numbers("Tube voltage", "kV", [120, 80.0, 120, None, float("nan")])
    assert (few.name, few.bars, few.missing) == ("Tube voltage [kV]", (("80", 1), ("120", 2)), 2)
    many = of_numbers("Echo time", "ms", range(100))
    assert len(many.bars) == 12
    assert sum(count for _, count in many.bars) == 100
    words = of_words("Model", [f"model {n % 20}" for n in range(40)] + [""])
    assert len(words.bars) == 12
    assert words.bars[-1] == ("9 others", 18)
    assert words.missing == 1


@pytest.mark.browser
def test_a_browser_filters_it_and_shows_it_on_a_phone_and_on_paper(tmp_path: Path, chromium: Browser) -> None:
    dv.report([*mixed(), SAMPLES / "broken"], tmp_path / "page.html", identity="show", progress=False)
    page = chromium.new_page(viewport={"width": 1200, "height": 800})
    said: list[str] = []
    asked: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("request", lambda request: asked.append(request.url))
    try:
        page.goto((tmp_path / "page.html").as_uri())
        every = page.locator("details.check").count()
        assert page.locator("details.check:visible").count() == every > 5
        page.fill("input[type=search]", "g08 missing")
        assert page.locator("details.check:visible summary").first.inner_text().startswith("error G08")
        assert page.locator("details.check:visible").count() == 1
        assert page.locator("details.check[open] tbody tr:visible").count() == 2  # of two series
        assert page.locator("output").inner_text().startswith("2 of ")
        page.fill("input[type=search]", "")
        page.uncheck("input[value=error]")
        page.uncheck("input[value=warning]")
        assert page.locator("details.check[data-severity=info]:visible").count() > 0
        assert page.locator("details.check[data-severity=error]:visible").count() == 0
        page.check("input[value=error]")
        page.click("text=Privacy >> nth=0")
        for width, height in ((1200, 800), (390, 844), (320, 568)):
            page.set_viewport_size({"width": width, "height": height})
            wide = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
            assert wide[0] <= wide[1], width
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        assert page.locator("details.check:not([open])").count() == 0
        assert not page.locator("#filter").is_visible()
        page.evaluate("dispatchEvent(new Event('afterprint'))")
        assert page.locator("details.check:not([open])").count() > 0
        assert said == []
        assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    finally:
        page.close()
