"""A copy that says nothing of the patient, of data sets from files and from memory."""

from __future__ import annotations

import io

import pydicom
import pytest
from oracles import PYDICOM_FILES
from pydicom.dataset import Dataset
from test_elements_identity import SECRET, secrets

from dicomview.elements import HIDDEN, masked, rows_of
from dicomview.quiet import quiet


def from_file(ds, *, implicit):
    written = io.BytesIO()
    pydicom.dcmwrite(written, ds, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    return pydicom.dcmread(io.BytesIO(written.getvalue()), force=True)


@pytest.mark.parametrize(
    "road", [lambda ds: ds, lambda ds: from_file(ds, implicit=True), lambda ds: from_file(ds, implicit=False)]
)
def test_nothing_of_it_is_left_and_the_original_is_as_it_was(road):
    ds = road(secrets(3))
    before = str(rows_of(ds))
    copy = masked(ds)
    with quiet():
        assert SECRET not in str(copy)
        assert SECRET not in str(copy.to_json_dict())
    assert str(rows_of(ds)) == before
    assert before.count(SECRET) > 20
    inner = copy.ReferencedStudySequence[0].ReferencedStudySequence[0].ReferencedStudySequence[0]
    assert (inner.Modality, inner.PatientName) == ("CT", HIDDEN)
    assert copy.RequestAttributesSequence == HIDDEN


@pytest.mark.parametrize("name", ["CT_small.dcm", "rtplan.dcm", "reportsi.dcm", "liver_1frame.dcm"])
def test_it_hides_what_the_table_hides(name):
    ds = pydicom.dcmread(PYDICOM_FILES / name, stop_before_pixels=True)
    table, copy = (
        {path for path, *_, value, _, _, _, _ in rows if value in (HIDDEN, (HIDDEN,)) and "[" not in path}
        for rows in (rows_of(ds, hide=True), rows_of(masked(ds)))
    )
    assert table == copy
    assert len(copy) > 2


def test_what_is_empty_stays_empty_and_what_is_no_sequence_goes():
    ds = Dataset()
    ds.PatientName = ""
    ds.add_new(0x00081110, "LO", SECRET)
    ds[0x00081110].VR = "SQ"
    copy = masked(ds)
    assert copy.PatientName == ""
    assert 0x00081110 not in copy
