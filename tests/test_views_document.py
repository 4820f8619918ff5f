"""`dv.view` of what has no picture: a page of words that a saved notebook shows too."""

from __future__ import annotations

import base64
import re
from dataclasses import replace

import numpy as np
import phantoms
import pytest
from oracles import PYDICOM_FILES
from phantoms import item
from pydicom import uid as uids
from test_html import Reader

import dicomview as dv
from dicomview.demo.synthetic import write
from dicomview.errors import AlreadyThere, UnknownChoice
from dicomview.objects import Document, Node, Table
from dicomview.views import DocumentView, SliceView
from dicomview.views.curves import curves_png
from dicomview.views.document_view import _LINKED_BYTES


def page(view):
    return Reader(view._repr_mimebundle_()["text/html"])


def report(text="A mass.", word="report"):
    ds = phantoms.named(phantoms.report(), word)
    ds.ConceptNameCodeSequence = [item(CodeValue="1", CodingSchemeDesignator="99T", CodeMeaning="Findings")]
    ds.ContentSequence = [item(ValueType="TEXT", RelationshipType="CONTAINS", TextValue=text)]
    return ds


def letter(content=b"%PDF-1.4 letter", word="letter"):
    ds = phantoms.named(phantoms.report(), word)
    ds.SOPClassUID = ds.file_meta.MediaStorageSOPClassUID = uids.EncapsulatedPDFStorage
    ds.MIMETypeOfEncapsulatedDocument, ds.DocumentTitle = "application/pdf", "Letter"
    ds.EncapsulatedDocument, ds.EncapsulatedDocumentLength = content + b"\0" * (len(content) % 2), len(content)
    return ds


def test_a_script_in_a_report_is_text():
    view = dv.view(report("<script>alert(1)</script><img src=x onerror=alert(1)>"))
    read = page(view)
    assert "<script>alert(1)</script><img src=x onerror=alert(1)>" in read.said
    assert not {"script", "img"} & {tag for tag, _ in read.tags}
    assert "<script>alert(1)</script>" in view._repr_mimebundle_()["text/plain"]


def test_a_document_is_not_headed_by_the_patient():
    view = dv.view(report())
    assert repr(view) == "DocumentView(Basic Text SR · Findings)"
    name = str(report().PatientName)
    assert len(name) > 3
    for text in (*view._repr_mimebundle_().values(), repr(view)):
        assert name not in text


@pytest.mark.parametrize("road", [lambda ds, folder: ds, lambda ds, folder: folder, lambda ds, folder: [ds]])
def test_every_road_leads_to_the_document(road, tmp_path):
    write([report()], tmp_path)
    source = road(report(), tmp_path)
    assert "A mass." in page(dv.view(source)).said
    assert "A mass." in page(dv.view(dv.read_series(source))).said


def test_images_are_shown_before_documents(tmp_path):
    pile = phantoms.regular(phantoms.voxels(3))
    other = letter()
    other.SeriesInstanceUID = "1.2.3.4"
    write([*pile, report(), other], tmp_path)
    view = dv.view(tmp_path)
    assert isinstance(view, SliceView)
    view.close()
    assert dv.view(tmp_path, uid="1.2.3.4").document.kind == "Encapsulated PDF"


@pytest.mark.parametrize(
    "option", [{"index": 1}, {"plane": "axial"}, {"window": "lung"}, {"units": "stored"}, {"echo": 1}]
)
def test_options_of_pictures_are_refused(option):
    with pytest.raises(UnknownChoice, match=f"'{next(iter(option))}' is no option for a document"):
        dv.view(report(), **option)


def test_an_embedded_file_is_saved_by_link_and_by_name(tmp_path):
    view = dv.view(letter())
    ((_, link),) = [one for one in page(view).tags if one[0] == "a"]
    assert link["download"] == "document.pdf"
    assert base64.b64decode(link["href"].split(",")[1]) == b"%PDF-1.4 letter"
    target = view.save(tmp_path / "letter.pdf")
    assert target.read_bytes() == b"%PDF-1.4 letter"
    with pytest.raises(AlreadyThere):
        view.save(target)


def test_a_large_file_has_words_instead_of_a_link(tmp_path):
    content = b"%PDF" + bytes(_LINKED_BYTES)
    view = dv.view(letter(content))
    read = page(view)
    assert not any(tag == "a" for tag, _ in read.tags)
    (call,) = re.findall(r'view\.save\("document\.pdf"\)', read.said)
    assert call
    assert view.save(tmp_path / "x").stat().st_size == len(content)


def test_of_several_embedded_files_one_is_chosen(tmp_path):
    view = dv.view([letter(b"one", "1"), report(), letter(b"two", "2")])
    assert [document.kind for document in view.documents] == ["Encapsulated PDF", "Basic Text SR", "Encapsulated PDF"]
    assert repr(view).endswith(", 2 more)")
    with pytest.raises(UnknownChoice, match="documents 0, 2"):
        view.save(tmp_path / "x")
    with pytest.raises(UnknownChoice):
        view.save(tmp_path / "x", document=1)
    assert view.save(tmp_path / "x", document=2).read_bytes() == b"two"
    assert "document=2)" in page(view).said


def test_nothing_embedded_is_said(tmp_path):
    with pytest.raises(UnknownChoice, match="none of what this view shows"):
        dv.view(report()).save(tmp_path / "x")
    assert list(tmp_path.iterdir()) == []


def folded(view):
    return [attributes for tag, attributes in page(view).tags if tag == "details"]


def test_small_documents_are_open_and_wide_ones_fold():
    few, many = (
        DocumentView([Document("K", "t", (Node("a", "", tuple(Node("b", "", (Node("c"),)) for _ in range(count))),))])
        for count in (5, 500)
    )
    assert all("open" in one for one in folded(few))
    assert [("open" in one) for one in folded(many)] == [True] + [False] * 501
    table = DocumentView([Document("K", "t", (Table("rows", ("n",), (("1",),) * 500),))])
    assert [("open" in one) for one in folded(table)] == [True, False]


def test_a_huge_report_is_a_bounded_page():
    ds = report()
    ds.ContentSequence = [item(ValueType="TEXT", TextValue="x" * 50) for _ in range(8_000)]
    view = dv.view(ds)
    assert len(view._repr_html_()) < 2_000_000
    assert "3,000 more not shown" in page(view).said


def test_curves_are_drawn():
    view = dv.view(PYDICOM_FILES / "waveform_ecg.dcm")
    pictures = [attributes for tag, attributes in page(view).tags if tag == "img"]
    assert [one["alt"] for one in pictures] == ["RHYTHM: 12 channels", "MEDIAN BEAT: 12 channels"]
    assert all(base64.b64decode(one["src"].split(",")[1]).startswith(b"\x89PNG") for one in pictures)


def drawn(values, **changes):
    curves = replace(dv.view(PYDICOM_FILES / "waveform_ecg.dcm").document.curves[1], values=values, **changes)
    return curves_png(curves)


def test_long_curves_say_what_is_drawn():
    _, words = drawn(np.zeros((40, 20_000), np.float32), names=("$x$ <b>",) * 40, units=("",) * 40)
    assert words.endswith("the first 32 of 40 channels, the first 10,000 of 20,000 samples")


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e38, 0.0])
def test_values_that_are_none_are_not_drawn(value):
    png, _ = drawn(np.full((2, 50), value, np.float32), rate=0.0)
    assert png.startswith(b"\x89PNG")
