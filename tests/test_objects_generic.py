"""Any other object is the tree of its elements, without the patient's."""

from __future__ import annotations

import phantoms
from phantoms import item
from pydicom import uid as uids
from pydicom.dataelem import RawDataElement
from pydicom.tag import Tag

from dicomview.elements import COLUMNS, rows_of
from dicomview.objects import document_of, documents_of
from dicomview.space import read_series


def raw_data():
    ds = item(SOPClassUID=uids.RawDataStorage, SeriesDescription="raw <b>", PatientName="Fictitious^Phantom")
    ds.PatientID, ds.PatientComments, ds.Modality = "FICTITIOUS", "secret", "MR"
    code = item(CodeValue="1", CodingSchemeDesignator="99T", CodeMeaning="a purpose")
    ds.PurposeOfReferenceCodeSequence = [code]
    ds.ReferencedInstanceSequence = [item(ReferencedSOPClassUID=uids.MRImageStorage, PatientID="FICTITIOUS"), item()]
    block = ds.private_block(0x0011, "ACME 1.0", create=True)
    block.add_new(1, "LO", "kept")
    block.add_new(2, "OB", b"\1\2")
    return ds


def lines(nodes):
    for node in nodes:
        yield node.label, node.value
        yield from lines(node.children)


def test_every_element_is_there_but_the_patients():
    ds = raw_data()
    document = document_of(ds)
    found = list(lines(document.nodes))
    assert (document.kind, document.title) == ("Raw Data", "raw <b>")
    for row in (dict(zip(COLUMNS, row, strict=True)) for row in rows_of(ds)):
        named = [value for label, value in found if label == row["name"] or row["tag"] in label]
        assert bool(named) is not row["tag"].startswith("(0010")
    assert ("Purpose of Reference Code Sequence", "a purpose (1, 99T)") in found
    assert ("Referenced SOP Class UID", "MR Image") in found
    assert "(0011,1001) ACME 1.0 Private tag data: kept" in document.outline()
    assert ": 01 02" in document.outline()
    for secret in ("Fictitious", "FICTITIOUS", "secret"):
        assert secret not in document.outline()
    assert "group 0010" in document.notes[0]


def test_a_damaged_value_is_shown_as_it_is_written():
    ds = item(SOPClassUID=uids.RawDataStorage)
    ds[Tag(0x00180050)] = RawDataElement(Tag(0x00180050), "DS", 4, b"1,5 ", 0, False, True)
    assert ("Slice Thickness", "1,5") in list(lines(document_of(ds).nodes))


def test_an_image_without_pixels_says_that_it_has_none():
    (document,) = documents_of(read_series(phantoms.report()))
    assert document.notes == ()
    ds = phantoms.report()
    ds.SOPClassUID = uids.CTImageStorage
    (document,) = documents_of(read_series(ds))
    assert document.notes[0] == "CT Image Storage has no pixel data"


def test_of_many_objects_the_first_are_shown():
    pile = [phantoms.copy_of(phantoms.report(), str(k)) for k in range(25)]
    documents = documents_of(read_series(pile))
    assert len(documents) == 20
    assert documents[-1].notes[-1] == "5 more objects of this series are not shown"
