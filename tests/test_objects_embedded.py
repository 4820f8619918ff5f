"""Embedded documents: the bytes that were put in come out."""

from __future__ import annotations

import io

import pytest
from matplotlib.figure import Figure
from phantoms import item
from pydicom import uid as uids

from dicomview.objects import document_of


@pytest.fixture(scope="module")
def pdf():
    stream = io.BytesIO()
    Figure(figsize=(1, 1)).savefig(stream, format="pdf")
    content = stream.getvalue()
    return content if len(content) % 2 else content + b"\n"


def embedded(content, **elements):
    return item(
        SOPClassUID=uids.EncapsulatedPDFStorage,
        DocumentTitle="Letter <i>",
        MIMETypeOfEncapsulatedDocument="application/pdf",
        EncapsulatedDocument=content,
        PatientName="Fictitious^Phantom",
        **elements,
    )


def test_a_pdf_comes_out_as_it_went_in(pdf, tmp_path):
    assert len(pdf) % 2
    document = document_of(embedded(pdf + b"\0", EncapsulatedDocumentLength=len(pdf)))
    assert (document.kind, document.title) == ("Encapsulated PDF", "Letter <i>")
    assert document.attachment.save(tmp_path / "x.pdf").read_bytes() == pdf
    assert f"Size: {len(pdf):,} bytes" in document.outline()
    assert "Fictitious" not in document.outline()
    assert document.notes == ()


def test_without_its_length_nothing_is_cut(pdf):
    assert document_of(embedded(pdf + b"\0")).attachment.content == pdf + b"\0"


@pytest.mark.parametrize("content", [b"", None])
def test_a_document_that_is_not_there(content):
    document = document_of(embedded(content))
    assert document.attachment is None
    assert document.notes == ("the document itself is not there",)


def test_a_document_that_is_too_short():
    document = document_of(embedded(b"%PDF", EncapsulatedDocumentLength=100))
    assert document.notes == ("the document should be 100 bytes long, and 4 are there",)


@pytest.mark.parametrize(
    ("mime", "suffix"),
    [("text/XML", ".xml"), ("model/stl", ".stl"), ("text/html", ".bin"), ("../../x", ".bin"), ("", ".bin")],
)
def test_the_suffix_is_one_of_ours(mime, suffix):
    ds = embedded(b"1234")
    ds.SOPClassUID, ds.MIMETypeOfEncapsulatedDocument = uids.EncapsulatedCDAStorage, mime
    assert document_of(ds).attachment.suffix == suffix
