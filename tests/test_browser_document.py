"""In a real JupyterLab: a report unfolds, what is in it does nothing, and the link gives the embedded file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import phantoms
import pytest
from pydicom import uid as uids

from dicomview.demo.synthetic import write

if TYPE_CHECKING:
    from conftest import Lab, OpenNotebook

pytestmark = pytest.mark.browser

CONTENT = b"%PDF-1.4 \x00\xff<script>"


def test_a_report_and_a_pdf(open_notebook: OpenNotebook, lab: Lab) -> None:
    nasty = "<script>window.harmed = 1</script><img src=x onerror='window.harmed = 1'>"
    ds = phantoms.report()
    inner = phantoms.item(ValueType="TEXT", RelationshipType="CONTAINS", TextValue=nasty)
    ds.ContentSequence = [phantoms.item(ValueType="CONTAINER", RelationshipType="CONTAINS", ContentSequence=[inner])]
    write([ds], lab.folder / "a_report")
    pdf = phantoms.named(phantoms.report(), "pdf")
    pdf.SOPClassUID = pdf.file_meta.MediaStorageSOPClassUID = uids.EncapsulatedPDFStorage
    pdf.MIMETypeOfEncapsulatedDocument, pdf.EncapsulatedDocument = "application/pdf", CONTENT + b"\0"
    pdf.EncapsulatedDocumentLength = len(CONTENT)
    write([pdf], lab.folder / "a_letter")
    notebook = open_notebook(
        "documents.ipynb",
        ["import dicomview as dv\ndv.view('a_report')", "dv.view('a_letter')"],
    )
    output = notebook.run(0)
    line = output.get_by_text(nasty)
    line.wait_for(timeout=30_000)
    assert line.is_visible()
    output.locator("summary", has_text="container").click()
    assert not line.is_visible()
    with notebook.page.expect_download() as download:
        notebook.run(1).get_by_text("Save a copy").click()
    assert download.value.suggested_filename == "document.pdf"
    assert Path(download.value.path()).read_bytes() == CONTENT
    assert notebook.page.evaluate("() => window.harmed") is None
    assert notebook.problems == []
